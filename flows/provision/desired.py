"""What an account has to hold: pure data, made of the settings, the tenants and the models."""

from __future__ import annotations

from dataclasses import dataclass

from flows.portal import TenantPlace
from flows.provision.names import (
    ADMIN,
    ANALYST,
    DATE_MASK,
    LAYERS,
    MAPPING,
    NETWORK_POLICY,
    ROW_POLICY,
    SHARED,
    TASK_WH,
    TEXT_MASK,
    WAREHOUSES,
    monitor_of,
    tenant_role,
    tenant_schema,
)
from flows.provision.permissions import Grant, Reach, RoleGrant, permissions, roles_of
from flows.provision.published import Published
from flows.provision.settings import EVERYBODY, TRANSIENT, ProvisionSettings, SettingWrong

ENGINE = "SNOWFLAKE"


@dataclass(frozen=True)
class Monitor:
    """A quota of credits, and at how many per cent of it what happens."""

    name: str
    credits: int
    notify: tuple[int, ...] = (75, 90)
    suspend: tuple[int, ...] = (100,)
    suspend_at_once: tuple[int, ...] = ()
    frequency: str = "MONTHLY"


@dataclass(frozen=True)
class Warehouse:
    name: str
    size: str
    suspend_seconds: int
    max_clusters: int


@dataclass(frozen=True)
class Schema:
    """Always one of managed access: who owns a table there may not hand it on."""

    name: str
    retention_days: int
    is_transient: bool = False


@dataclass(frozen=True)
class Policy:
    """`kind` is ROW ACCESS POLICY or MASKING POLICY; `name` is complete."""

    kind: str
    name: str
    argument: str
    type: str
    returns: str
    body: str


@dataclass(frozen=True)
class MappingRow:
    role: str
    tenant: str


@dataclass(frozen=True)
class ServiceUser:
    name: str
    default_role: str
    default_warehouse: str


@dataclass(frozen=True)
class NetworkPolicy:
    name: str
    addresses: tuple[str, ...]


@dataclass(frozen=True)
class Desired:
    """`roles` without the administrator's own, which only the account's can make."""

    database: str
    admin_privileges: tuple[Grant, ...]
    admin_roles: tuple[RoleGrant, ...]
    monitors: tuple[Monitor, ...]
    warehouses: tuple[Warehouse, ...]
    roles: tuple[str, ...]
    role_grants: tuple[RoleGrant, ...]
    schemas: tuple[Schema, ...]
    grants: tuple[Grant, ...]
    reaches: tuple[Reach, ...]
    policies: tuple[Policy, ...]
    mapping: tuple[MappingRow, ...]
    users: tuple[ServiceUser, ...]
    network: NetworkPolicy | None
    tenants: tuple[TenantPlace, ...]
    published: tuple[Published, ...]


def desired(
    *,
    settings: ProvisionSettings,
    tenants: list[TenantPlace],
    published: tuple[Published, ...],
) -> Desired:
    """Only tenants whose engine is Snowflake count.

    :raises SettingWrong: if an analyst is to see a tenant that there is not
    """
    ours = tuple(
        sorted((each for each in tenants if each.engine == ENGINE), key=lambda each: each.slug)
    )
    slugs = tuple(each.slug for each in ours)
    found = permissions(settings=settings, slugs=slugs, views=[each.name for each in published])
    return Desired(
        database=settings.database,
        admin_privileges=found.of_admin,
        admin_roles=(
            RoleGrant(ADMIN, "ROLE", "SYSADMIN"),
            RoleGrant(ADMIN, "USER", settings.provisioner_user),
        ),
        monitors=_monitors(settings),
        warehouses=tuple(
            Warehouse(
                name, settings.warehouse_size, settings.suspend_seconds, settings.max_clusters
            )
            for name in WAREHOUSES
        ),
        roles=roles_of(settings, slugs),
        role_grants=found.roles,
        schemas=_schemas(settings, slugs),
        grants=found.grants,
        reaches=found.reaches,
        policies=policies(settings.database),
        mapping=_mapping(settings, ours),
        users=(
            ServiceUser(settings.worker_user, settings.loader_role, WAREHOUSES[0]),
            ServiceUser(settings.provisioner_user, ADMIN, TASK_WH),
        ),
        network=NetworkPolicy(NETWORK_POLICY, settings.allowed_addresses)
        if settings.allowed_addresses
        else None,
        tenants=ours,
        published=published,
    )


def policies(database: str) -> tuple[Policy, ...]:
    admin = f"{database}.ADMIN"
    is_admin = f"IS_ROLE_IN_SESSION('{ADMIN}')"
    return (
        Policy(
            "ROW ACCESS POLICY",
            f"{admin}.{ROW_POLICY}",
            "tenant",
            "VARCHAR",
            "BOOLEAN",
            # Both sides are qualified, or named unlike any column: an unqualified name would mean
            # the mapping's own column, and a role with one row would see every tenant.
            f"{is_admin} OR EXISTS (SELECT 1 FROM {admin}.{MAPPING} AS mapping"
            " WHERE mapping.ROLE_NAME = CURRENT_ROLE() AND mapping.TENANT_ID = tenant)",
        ),
        Policy(
            "MASKING POLICY",
            f"{admin}.{TEXT_MASK}",
            "val",
            "VARCHAR",
            "VARCHAR",
            f"CASE WHEN {is_admin} THEN val WHEN val IS NULL THEN NULL ELSE '***' END",
        ),
        Policy(
            "MASKING POLICY",
            f"{admin}.{DATE_MASK}",
            "val",
            "DATE",
            "DATE",
            f"CASE WHEN {is_admin} THEN val ELSE NULL END",
        ),
    )


def _monitors(settings: ProvisionSettings) -> tuple[Monitor, ...]:
    quotas = dict(settings.credits_a_month)
    return tuple(
        Monitor(monitor_of(name), quotas[name.removeprefix("MERCURIOS_").removesuffix("_WH")])
        for name in WAREHOUSES
    )


def _schemas(settings: ProvisionSettings, slugs: tuple[str, ...]) -> tuple[Schema, ...]:
    days = dict(settings.retention_days)
    shared = [Schema(name, days[name]) for name in SHARED]
    of_tenants = [
        Schema(tenant_schema(slug, layer), days[layer], layer in TRANSIENT)
        for slug in slugs
        for layer in LAYERS
    ]
    return (*shared, *of_tenants)


def _mapping(
    settings: ProvisionSettings, tenants: tuple[TenantPlace, ...]
) -> tuple[MappingRow, ...]:
    wanted = set(settings.analyst_tenants)
    if missing := wanted - {EVERYBODY} - {each.slug for each in tenants}:
        raise SettingWrong(
            f"MERCURIOS_SNOWFLAKE_ANALYST_TENANTS names {', '.join(sorted(missing))}, which is no"
            " tenant on Snowflake. Correct it."
        )
    of_analysts = [each for each in tenants if EVERYBODY in wanted or each.slug in wanted]
    return (
        *(MappingRow(tenant_role(each.slug), each.code) for each in tenants),
        *(MappingRow(ANALYST, each.code) for each in of_analysts),
    )
