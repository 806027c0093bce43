"""The difference between what is wanted and what an account holds, as steps. Nothing here acts."""

from __future__ import annotations

from collections.abc import Iterator

from flows.provision import statements as say
from flows.provision.actual import Actual
from flows.provision.desired import Desired
from flows.provision.names import ACCOUNT_ADMIN, ADMIN, monitor_of
from flows.provision.obstacles import blocked, notes
from flows.provision.plan_permissions import (
    admin_steps,
    grant_steps,
    revoke_steps,
    role_grant_steps,
)
from flows.provision.step import Part, Plan, Step
from flows.provision.views import SharedView, create_view, fingerprint, selects_of


def plan(*, wanted: Desired, held: Actual, views: list[SharedView]) -> Plan:
    """What to do, in this order. Equal sides give an empty plan. Nothing is ever dropped.

    :param views: the shared views over those tenants whose tables are there
    """
    steps = [*_of_account(wanted, held)]
    if held.inside or ADMIN not in held.roles:
        steps += [
            *_compute(wanted, held),
            *_structure(wanted, held),
            *_users(wanted, held),
            *_policies(wanted, held),
            *role_grant_steps(wanted, held),
            *revoke_steps(wanted, held),
            *_mapping(wanted, held),
            *_views(held, views),
            *grant_steps(wanted, held),
            *_by_account_afterwards(wanted, held),
        ]
    return Plan(
        tuple(steps), notes=tuple(notes(wanted, held)), blocked=tuple(blocked(wanted, held))
    )


def _of_account(wanted: Desired, held: Actual) -> Iterator[Step]:
    """What only the account's administrator may do, and the rest stands on."""
    if held.monitors is None:
        return
    if ADMIN not in held.roles:
        yield Step(f"create the role {ADMIN}", say.create_role(ADMIN), ACCOUNT_ADMIN, Part.ACCOUNT)
    yield from admin_steps(wanted, held, kinds={"ROLE"})
    for monitor in wanted.monitors:
        found = held.monitors.get(monitor.name)
        if found is None:
            yield Step(
                f"create the monitor {monitor.name}: {monitor.credits} credits a month",
                say.create_monitor(monitor),
                ACCOUNT_ADMIN,
                Part.MONITORS,
            )
        elif found != monitor:
            yield Step(
                f"set the monitor {monitor.name} to {monitor.credits} credits a month",
                say.alter_monitor(monitor, frequency_too=found.frequency != monitor.frequency),
                ACCOUNT_ADMIN,
                Part.MONITORS,
            )
    if wanted.network is not None and held.network != wanted.network.addresses:
        sql = say.alter_network_policy if held.network else say.create_network_policy
        yield Step(
            f"let the service users log in from {', '.join(wanted.network.addresses)} alone",
            sql(wanted.network),
            ACCOUNT_ADMIN,
            Part.ACCOUNT,
        )


def _compute(wanted: Desired, held: Actual) -> Iterator[Step]:
    for warehouse in wanted.warehouses:
        found = held.warehouses.get(warehouse.name)
        if found is None:
            yield Step(
                f"create the warehouse {warehouse.name}",
                say.create_warehouse(warehouse),
                ADMIN,
                Part.COMPUTE,
            )
            continue
        changes = {}
        if found.size != warehouse.size:
            changes["WAREHOUSE_SIZE"] = warehouse.size
        if found.suspend_seconds != warehouse.suspend_seconds:
            changes["AUTO_SUSPEND"] = str(warehouse.suspend_seconds)
        if not found.resumes:
            changes["AUTO_RESUME"] = "TRUE"
        if found.max_clusters != warehouse.max_clusters:
            changes["MIN_CLUSTER_COUNT"] = "1"
            changes["MAX_CLUSTER_COUNT"] = str(warehouse.max_clusters)
        if changes:
            told = ", ".join(f"{key} = {value}" for key, value in changes.items())
            yield Step(
                f"set the warehouse {warehouse.name} to {told}",
                say.alter_warehouse(warehouse.name, changes),
                ADMIN,
                Part.COMPUTE,
            )


def _structure(wanted: Desired, held: Actual) -> Iterator[Step]:
    base = wanted.database
    for role in wanted.roles:
        if role not in held.roles:
            yield Step(f"create the role {role}", say.create_role(role), ADMIN, Part.STRUCTURE)
    if base not in held.databases:
        yield Step(f"create the database {base}", say.create_database(base), ADMIN, Part.STRUCTURE)
    for schema in wanted.schemas:
        name = f"{base}.{schema.name}"
        found = held.schemas.get(schema.name)
        if found is None:
            sql = say.create_schema(base, schema)
            yield Step(f"create the schema {name}", sql, ADMIN, Part.STRUCTURE)
            continue
        if not found.is_managed:
            yield Step(
                f"let nobody but {ADMIN} grant in {name}",
                say.manage_access(name),
                ADMIN,
                Part.PERMISSIONS,
            )
        if found.schema.retention_days != schema.retention_days:
            yield Step(
                f"keep what changes in {name} for {schema.retention_days} days",
                say.retain(name, schema.retention_days),
                ADMIN,
                Part.STRUCTURE,
            )


def _users(wanted: Desired, held: Actual) -> Iterator[Step]:
    for user in wanted.users:
        found = held.users.get(user.name)
        if found is None:
            sql = say.create_user(user)
            yield Step(f"create the service user {user.name}", sql, ADMIN, Part.STRUCTURE)
        elif (found.default_role, found.default_warehouse) != (
            user.default_role,
            user.default_warehouse,
        ) or found.has_secondary_roles:
            sql = say.alter_user(user)
            yield Step(f"set the defaults of {user.name}", sql, ADMIN, Part.STRUCTURE)


def _policies(wanted: Desired, held: Actual) -> Iterator[Step]:
    if not held.has_mapping:
        yield Step(
            "create the mapping of roles to tenants",
            say.create_mapping(wanted.database),
            ADMIN,
            Part.POLICIES,
        )
    for policy in wanted.policies:
        body = held.policies.get(policy.name)
        what = f"the {policy.kind.lower()} {policy.name}"
        if body is None:
            yield Step(f"create {what}", say.create_policy(policy), ADMIN, Part.POLICIES)
        elif body.split() != policy.body.split():
            yield Step(f"mend {what}", say.set_body(policy), ADMIN, Part.POLICIES)


def _mapping(wanted: Desired, held: Actual) -> Iterator[Step]:
    for row in sorted(held.mapping - set(wanted.mapping), key=lambda row: (row.role, row.tenant)):
        yield Step(
            f"hide the tenant {row.tenant} from {row.role}",
            say.delete_mapping(wanted.database, row),
            ADMIN,
            Part.MAPPING,
            wakes=True,
        )
    for row in wanted.mapping:
        if row not in held.mapping:
            yield Step(
                f"show the tenant {row.tenant} to {row.role}",
                say.insert_mapping(wanted.database, row),
                ADMIN,
                Part.MAPPING,
                wakes=True,
            )


def _views(held: Actual, views: list[SharedView]) -> Iterator[Step]:
    for view in views:
        if not agrees(view, held):
            count = len(view.branches)
            yield Step(
                f"make the shared view {view.name} over {count} tenant{'s' * (count != 1)}",
                create_view(view),
                ADMIN,
                Part.VIEWS,
            )


def agrees(view: SharedView, held: Actual) -> bool:
    found = held.shared_views.get(view.published.name)
    return (
        found is not None
        and found.is_secure
        and set(view.guards) <= held.guards
        and found.comment == fingerprint(view)
        and selects_of(found.text) == view.selects
    )


def _by_account_afterwards(wanted: Desired, held: Actual) -> Iterator[Step]:
    """What only the account's administrator may do, and stands on the rest."""
    if held.monitors is None:
        return
    for warehouse in wanted.warehouses:
        found, monitor = held.warehouses.get(warehouse.name), monitor_of(warehouse.name)
        if found is None or found.monitor != monitor:
            yield Step(
                f"let {monitor} watch over {warehouse.name}",
                say.watch_warehouse(warehouse.name, monitor),
                ACCOUNT_ADMIN,
                Part.MONITORS,
            )
    yield from admin_steps(wanted, held, kinds={"USER"})
    if wanted.network is None:
        return
    for user in wanted.users:
        known = held.users.get(user.name)
        if known is None or known.network_policy != wanted.network.name:
            yield Step(
                f"hold {user.name} to {wanted.network.name}",
                say.bind_user(user.name, wanted.network.name),
                ACCOUNT_ADMIN,
                Part.ACCOUNT,
            )
