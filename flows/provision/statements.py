"""The text of each statement. Names are checked here, texts are quoted; nothing else is let in."""

from __future__ import annotations

from flows.provision.desired import (
    MappingRow,
    Monitor,
    NetworkPolicy,
    Policy,
    Schema,
    ServiceUser,
    Warehouse,
)
from flows.provision.names import MAPPING, checked, text
from flows.provision.permissions import Grant, Reach, RoleGrant

MADE_BY = "made by Mercurios; a change by hand is undone"


def create_monitor(monitor: Monitor) -> str:
    return (
        f"CREATE RESOURCE MONITOR {checked(monitor.name)} WITH CREDIT_QUOTA = {monitor.credits}"
        f" FREQUENCY = {monitor.frequency} START_TIMESTAMP = IMMEDIATELY{_triggers(monitor)}"
    )


def alter_monitor(monitor: Monitor, *, frequency_too: bool) -> str:
    # A new start would begin the month anew, with all of its credits.
    frequency = f" FREQUENCY = {monitor.frequency} START_TIMESTAMP = IMMEDIATELY"
    return (
        f"ALTER RESOURCE MONITOR {checked(monitor.name)} SET CREDIT_QUOTA = {monitor.credits}"
        f"{frequency if frequency_too else ''}{_triggers(monitor)}"
    )


def _triggers(monitor: Monitor) -> str:
    notify = "".join(f" ON {percent} PERCENT DO NOTIFY" for percent in monitor.notify)
    suspend = "".join(f" ON {percent} PERCENT DO SUSPEND" for percent in monitor.suspend)
    return f" TRIGGERS{notify}{suspend}"


def watch_warehouse(warehouse: str, monitor: str) -> str:
    return f"ALTER WAREHOUSE {checked(warehouse)} SET RESOURCE_MONITOR = {checked(monitor)}"


def create_warehouse(warehouse: Warehouse) -> str:
    clusters = (
        f" MIN_CLUSTER_COUNT = 1 MAX_CLUSTER_COUNT = {warehouse.max_clusters}"
        " SCALING_POLICY = ECONOMY"
        if warehouse.max_clusters > 1  # fewer editions know more than one
        else ""
    )
    return (
        f"CREATE WAREHOUSE {checked(warehouse.name)} WITH WAREHOUSE_SIZE = {warehouse.size}"
        f" AUTO_SUSPEND = {warehouse.suspend_seconds} AUTO_RESUME = TRUE"
        f"{clusters} INITIALLY_SUSPENDED = TRUE COMMENT = {text(MADE_BY)}"
    )


def alter_warehouse(name: str, changes: dict[str, str]) -> str:
    """
    :param changes: property → value as it is written
    """
    pairs = " ".join(f"{property} = {value}" for property, value in changes.items())
    return f"ALTER WAREHOUSE {checked(name)} SET {pairs}"


def suspend(warehouse: str) -> str:
    return f"ALTER WAREHOUSE {checked(warehouse)} SUSPEND"


def resume(warehouse: str) -> str:
    return f"ALTER WAREHOUSE {checked(warehouse)} RESUME"


def create_role(name: str) -> str:
    return f"CREATE ROLE {checked(name)} COMMENT = {text(MADE_BY)}"


def drop_role(name: str) -> str:
    return f"DROP ROLE {checked(name)}"


def create_database(name: str) -> str:
    return f"CREATE DATABASE {checked(name)} COMMENT = {text(MADE_BY)}"


def create_schema(database: str, schema: Schema) -> str:
    transient = "TRANSIENT " if schema.is_transient else ""
    return (
        f"CREATE {transient}SCHEMA {checked(f'{database}.{schema.name}')} WITH MANAGED ACCESS"
        f" DATA_RETENTION_TIME_IN_DAYS = {schema.retention_days}"
    )


def manage_access(schema: str) -> str:
    return f"ALTER SCHEMA {checked(schema)} ENABLE MANAGED ACCESS"


def retain(schema: str, days: int) -> str:
    return f"ALTER SCHEMA {checked(schema)} SET DATA_RETENTION_TIME_IN_DAYS = {days}"


def drop_schema(schema: str) -> str:
    return f"DROP SCHEMA {checked(schema)}"


def create_user(user: ServiceUser) -> str:
    """It has one role at a time: with all of them at once each session could do everything."""
    return (
        f"CREATE USER {checked(user.name)} TYPE = SERVICE"
        f" DEFAULT_ROLE = {checked(user.default_role)}"
        f" DEFAULT_WAREHOUSE = {checked(user.default_warehouse)}"
        f" DEFAULT_SECONDARY_ROLES = () COMMENT = {text(MADE_BY)}"
    )


def alter_user(user: ServiceUser) -> str:
    return (
        f"ALTER USER {checked(user.name)} SET DEFAULT_ROLE = {checked(user.default_role)}"
        f" DEFAULT_WAREHOUSE = {checked(user.default_warehouse)} DEFAULT_SECONDARY_ROLES = ()"
    )


def create_network_policy(policy: NetworkPolicy) -> str:
    return (
        f"CREATE NETWORK POLICY {checked(policy.name)} ALLOWED_IP_LIST = {_list(policy.addresses)}"
    )


def alter_network_policy(policy: NetworkPolicy) -> str:
    return (
        f"ALTER NETWORK POLICY {checked(policy.name)} SET"
        f" ALLOWED_IP_LIST = {_list(policy.addresses)}"
    )


def bind_user(user: str, policy: str) -> str:
    return f"ALTER USER {checked(user)} SET NETWORK_POLICY = {checked(policy)}"


def _list(words: tuple[str, ...]) -> str:
    return "(" + ", ".join(text(word) for word in words) + ")"


def create_policy(policy: Policy) -> str:
    return (
        f"CREATE {policy.kind} {checked(policy.name)} AS ({policy.argument} {policy.type})"
        f" RETURNS {policy.returns} -> {policy.body}"
    )


def set_body(policy: Policy) -> str:
    """A policy in use cannot be replaced, but it can be given another body."""
    return f"ALTER {policy.kind} {checked(policy.name)} SET BODY -> {policy.body}"


def create_mapping(database: str) -> str:
    return (
        f"CREATE TABLE {_mapping(database)} (ROLE_NAME VARCHAR NOT NULL, TENANT_ID VARCHAR NOT"
        " NULL) COMMENT = 'Which role sees which tenant in the shared views.'"
    )


def insert_mapping(database: str, row: MappingRow) -> str:
    return (
        f"INSERT INTO {_mapping(database)} (ROLE_NAME, TENANT_ID)"
        f" VALUES ({text(row.role)}, {text(row.tenant)})"
    )


def delete_mapping(database: str, row: MappingRow) -> str:
    return (
        f"DELETE FROM {_mapping(database)}"
        f" WHERE ROLE_NAME = {text(row.role)} AND TENANT_ID = {text(row.tenant)}"
    )


def _mapping(database: str) -> str:
    return checked(f"{database}.ADMIN.{MAPPING}")


def grant(each: Grant) -> str:
    return f"GRANT {each.privilege} ON {_on(each)} TO ROLE {checked(each.role)}"


def revoke(each: Grant) -> str:
    return f"REVOKE {each.privilege} ON {_on(each)} FROM ROLE {normal(each.role)}"


def _on(each: Grant) -> str:
    return "ACCOUNT" if each.kind == "ACCOUNT" else f"{each.kind} {normal(each.name)}"


def grant_on_all(each: Reach) -> str:
    return (
        f"GRANT {each.privilege} ON ALL {each.kind}S IN SCHEMA {checked(each.schema)}"
        f" TO ROLE {checked(each.role)}"
    )


def grant_on_future(each: Reach) -> str:
    return (
        f"GRANT {each.privilege} ON FUTURE {each.kind}S IN SCHEMA {checked(each.schema)}"
        f" TO ROLE {checked(each.role)}"
    )


def revoke_on_future(each: Reach) -> str:
    around = "SCHEMA" if len(split_name(each.schema)) == 2 else "DATABASE"
    return (
        f"REVOKE {each.privilege} ON FUTURE {each.kind}S IN {around} {normal(each.schema)}"
        f" FROM ROLE {normal(each.role)}"
    )


def grant_role(each: RoleGrant) -> str:
    return f"GRANT ROLE {checked(each.role)} TO {each.kind} {checked(each.receiver)}"


def revoke_role(each: RoleGrant) -> str:
    return f"REVOKE ROLE {checked(each.role)} FROM {each.kind} {normal(each.receiver)}"


def use_role(role: str) -> str:
    return f"USE ROLE {checked(role)}"


def use_warehouse(name: str) -> str:
    return f"USE WAREHOUSE {checked(name)}"


def normal(found: str) -> str:
    """A name that Snowflake answered with: others may have made it, so it may need its quotes."""
    return ".".join(quoted(part) for part in split_name(found))


def split_name(name: str) -> list[str]:
    """`A."b.c".D` → its parts, without quotes."""
    parts, rest = [], name
    while rest:
        if rest.startswith('"'):
            end = rest.replace('""', "\0\0").index('"', 1)
            parts.append(rest[1:end].replace('""', '"'))
            rest = rest[end + 1 :].removeprefix(".")
        else:
            part, _, rest = rest.partition(".")
            parts.append(part)
    return parts


def quoted(part: str) -> str:
    try:
        return checked(part)
    except ValueError:
        return '"' + part.replace('"', '""') + '"'
