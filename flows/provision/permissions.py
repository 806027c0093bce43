"""Who may do what: the table of `docs/snowflake.md` as data."""

from __future__ import annotations

from dataclasses import dataclass

from flows.provision.names import (
    ADMIN,
    ANALYST,
    ANALYTICS_WH,
    API,
    DEV_WH,
    DEVELOPER,
    LAYERS,
    LOADING_WH,
    TRANSFORMER,
    tenant_role,
    tenant_schema,
)
from flows.provision.settings import ProvisionSettings

SHARED_WORK = ("RAW", "STANDARD", "ANALYTICS")
BUILT = LAYERS[1:]
# With these the administrator makes, and so owns, all the rest.
OF_ADMIN = ("CREATE DATABASE", "CREATE ROLE", "CREATE USER", "CREATE WAREHOUSE")
SNOWFLAKE = "SNOWFLAKE"


@dataclass(frozen=True, order=True)
class Grant:
    """A privilege on one object. `name` is complete; on an account it is empty."""

    role: str
    privilege: str
    kind: str
    name: str


@dataclass(frozen=True, order=True)
class Reach:
    """A privilege on all tables, or all views, that a schema has or will ever have."""

    role: str
    privilege: str
    kind: str
    schema: str


@dataclass(frozen=True, order=True)
class RoleGrant:
    """`kind` says whether the receiver is a ROLE or a USER."""

    role: str
    kind: str
    receiver: str


@dataclass(frozen=True)
class Permissions:
    of_admin: tuple[Grant, ...]
    roles: tuple[RoleGrant, ...]
    grants: tuple[Grant, ...]
    reaches: tuple[Reach, ...]


def roles_of(settings: ProvisionSettings, slugs: tuple[str, ...]) -> tuple[str, ...]:
    """All roles below the administrator's."""
    return (
        DEVELOPER,
        ANALYST,
        settings.loader_role,
        TRANSFORMER,
        API,
        *(tenant_role(slug) for slug in slugs),
    )


def permissions(
    *, settings: ProvisionSettings, slugs: tuple[str, ...], views: list[str]
) -> Permissions:
    """
    :param views: the shared views of ANALYTICS
    """
    roles = roles_of(settings, slugs)
    worker = (settings.loader_role, TRANSFORMER, API)
    grants, reaches = _shared(settings, roles, views), list[Reach]()
    for slug in slugs:
        more, further = _of_tenant(settings, slug, views)
        grants += more
        reaches += further
    return Permissions(
        of_admin=(
            *(Grant(ADMIN, privilege, "ACCOUNT", "") for privilege in OF_ADMIN),
            Grant(ADMIN, "IMPORTED PRIVILEGES", "DATABASE", SNOWFLAKE),
        ),
        roles=(
            *(RoleGrant(role, "ROLE", ADMIN) for role in roles),
            *(RoleGrant(role, "USER", settings.worker_user) for role in worker),
        ),
        grants=tuple(grants),
        reaches=tuple(reaches),
    )


def _shared(settings: ProvisionSettings, roles: tuple[str, ...], views: list[str]) -> list[Grant]:
    base = settings.database
    grants = [Grant(role, "USAGE", "DATABASE", base) for role in roles]
    grants += [
        Grant(role, "USAGE", "WAREHOUSE", warehouse)
        for role, warehouse in (
            (settings.loader_role, LOADING_WH),
            (TRANSFORMER, ANALYTICS_WH),
            (API, ANALYTICS_WH),
            (ANALYST, ANALYTICS_WH),
            (DEVELOPER, DEV_WH),
        )
    ]
    grants += [
        Grant(DEVELOPER, privilege, "SCHEMA", f"{base}.{schema}")
        for schema in SHARED_WORK
        for privilege in ("USAGE", "CREATE TABLE", "CREATE VIEW")
    ]
    return grants + _shared_views(base, ANALYST, views)


def _shared_views(base: str, role: str, views: list[str]) -> list[Grant]:
    # View by view: a future grant would open whatever is put beside them without the row policy.
    return [
        Grant(role, "USAGE", "SCHEMA", f"{base}.ANALYTICS"),
        *(Grant(role, "SELECT", "VIEW", f"{base}.ANALYTICS.{view}") for view in views),
    ]


def _of_tenant(
    settings: ProvisionSettings, slug: str, views: list[str]
) -> tuple[list[Grant], list[Reach]]:
    base, loader, own = settings.database, settings.loader_role, tenant_role(slug)
    schema = {layer: f"{base}.{tenant_schema(slug, layer)}" for layer in LAYERS}
    on_schemas = [
        *((loader, each, "RAW") for each in ("USAGE", "CREATE TABLE", "CREATE STAGE")),
        (TRANSFORMER, "USAGE", "RAW"),
        *(
            (TRANSFORMER, each, layer)
            for layer in BUILT
            for each in ("USAGE", "CREATE TABLE", "CREATE VIEW")
        ),
        (API, "USAGE", "ANALYTICS"),
        (own, "USAGE", "ANALYTICS"),
    ]
    grants = [Grant(role, each, "SCHEMA", schema[layer]) for role, each, layer in on_schemas]
    grants += [Grant(own, "USAGE", "WAREHOUSE", ANALYTICS_WH), *_shared_views(base, own, views)]
    written = ("SELECT", "INSERT", "UPDATE", "DELETE")
    reaches = [Reach(loader, each, "TABLE", schema["RAW"]) for each in written]
    reaches.append(Reach(TRANSFORMER, "SELECT", "TABLE", schema["RAW"]))
    reaches += [
        Reach(role, "SELECT", kind, schema["ANALYTICS"])
        for role in (API, own)
        for kind in ("TABLE", "VIEW")
    ]
    return grants, reaches
