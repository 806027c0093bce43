"""What an account holds, of what provisioning looks after. `reading.py` asks for it."""

from __future__ import annotations

from dataclasses import dataclass, field

from flows.provision.desired import MappingRow, Monitor, Schema
from flows.provision.permissions import Grant, Reach, RoleGrant


@dataclass(frozen=True)
class WarehouseState:
    owner: str
    size: str
    suspend_seconds: int | None
    resumes: bool
    max_clusters: int
    monitor: str | None
    state: str


@dataclass(frozen=True)
class SchemaState:
    schema: Schema
    owner: str
    is_managed: bool


@dataclass(frozen=True)
class ViewState:
    owner: str
    text: str
    comment: str
    is_secure: bool


@dataclass(frozen=True)
class Guard:
    """A policy on a shared view; `column` is empty for a row access policy."""

    policy: str
    view: str
    column: str


@dataclass(frozen=True)
class UserState:
    owner: str
    default_role: str
    default_warehouse: str
    has_secondary_roles: bool
    network_policy: str | None = None


@dataclass
class Actual:
    """`monitors` and `network` are None where only the account's administrator could look.

    `inside` says whether the administrator of the database could look at it.
    """

    inside: bool = False
    roles: dict[str, str] = field(default_factory=dict)
    warehouses: dict[str, WarehouseState] = field(default_factory=dict)
    users: dict[str, UserState] = field(default_factory=dict)
    databases: dict[str, str] = field(default_factory=dict)
    monitors: dict[str, Monitor] | None = None
    network: tuple[str, ...] | None = None
    schemas: dict[str, SchemaState] = field(default_factory=dict)
    tables: dict[str, frozenset[str]] = field(default_factory=dict)
    views: dict[str, frozenset[str]] = field(default_factory=dict)
    shared_views: dict[str, ViewState] = field(default_factory=dict)
    guards: set[Guard] = field(default_factory=set)
    policies: dict[str, str] = field(default_factory=dict)
    mapping: frozenset[MappingRow] = frozenset()
    has_mapping: bool = False
    grants: set[Grant] = field(default_factory=set)
    futures: set[Reach] = field(default_factory=set)
    role_grants: set[RoleGrant] = field(default_factory=set)
