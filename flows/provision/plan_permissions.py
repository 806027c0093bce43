"""Steps that give what is missing and take what is too much."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from flows.provision import statements as say
from flows.provision.actual import Actual
from flows.provision.desired import Desired
from flows.provision.names import ACCOUNT_ADMIN, ADMIN
from flows.provision.permissions import Grant, Reach, RoleGrant
from flows.provision.step import Part, Step

# What provisioning can name when it takes it back.
REVOCABLE = frozenset({"ACCOUNT", "WAREHOUSE", "DATABASE", "SCHEMA", "TABLE", "VIEW", "STAGE"})


def admin_steps(wanted: Desired, held: Actual, *, kinds: Collection[str]) -> Iterator[Step]:
    """What the administrator's own role gets, which only the account's may give."""
    for each in wanted.admin_roles:
        if each.kind in kinds and each not in held.role_grants:
            yield Step(
                f"grant the role {each.role} to {each.receiver}",
                say.grant_role(each),
                ACCOUNT_ADMIN,
                Part.ACCOUNT,
            )
    if "ROLE" not in kinds:
        return
    ours = {*wanted.roles, "PUBLIC", wanted.users[0].name}
    for each in sorted(held.role_grants):
        if each.role == ADMIN and each.receiver in ours:
            yield _take_role(each, ACCOUNT_ADMIN)
    for grant in sorted(held.grants):
        if grant.role == ADMIN and grant.kind == "ACCOUNT" and grant not in wanted.admin_privileges:
            yield _take(grant)
    for grant in wanted.admin_privileges:
        if grant not in held.grants:
            yield Step(_give(grant), say.grant(grant), ACCOUNT_ADMIN, Part.ACCOUNT)


def role_grant_steps(wanted: Desired, held: Actual) -> Iterator[Step]:
    """A role belongs to our administrator and to the worker; people get it from their own."""
    ours = {ADMIN, *wanted.roles}
    worker = wanted.users[0].name
    right = {*wanted.role_grants, *wanted.admin_roles}
    for each in sorted(held.role_grants - right):
        if each.receiver in {*ours, "PUBLIC", worker} and each.role != ADMIN:
            yield _take_role(each, ADMIN)
    for each in wanted.role_grants:
        if each not in held.role_grants:
            yield Step(
                f"grant the role {each.role} to {each.receiver}",
                say.grant_role(each),
                ADMIN,
                Part.PERMISSIONS,
            )


def revoke_steps(wanted: Desired, held: Actual) -> Iterator[Step]:
    """Whatever anybody may do with what is ours, unless it is in the table."""
    right, reaches = {*wanted.grants, *wanted.admin_privileges}, frozenset(wanted.reaches)
    for grant in sorted(held.grants - right):
        if grant.role == ADMIN or not _is_ours(grant, wanted) or _is_reached(grant, reaches):
            continue
        if grant.kind == "ACCOUNT" and held.monitors is None:
            continue  # the account's administrator will see it
        yield _take(grant)
    for reach in sorted(held.futures - set(wanted.reaches)):
        # In a database only who manages all grants may say what will be granted.
        of_schema = len(say.split_name(reach.schema)) == 2
        yield Step(
            f"no longer let {reach.role} {reach.privilege} each new {reach.kind.lower()} in"
            f" {reach.schema}",
            say.revoke_on_future(reach),
            ADMIN if of_schema else ACCOUNT_ADMIN,
            Part.PERMISSIONS,
        )


def grant_steps(wanted: Desired, held: Actual) -> Iterator[Step]:
    for grant in wanted.grants:
        if grant not in held.grants:
            yield Step(_give(grant), say.grant(grant), ADMIN, Part.PERMISSIONS)
    for reach in wanted.reaches:
        whom = f"{reach.role} {reach.privilege}"
        what = f"{reach.kind.lower()} in {reach.schema}"
        if any(grant not in held.grants for grant in _reached_by(reach, held)):
            sql = say.grant_on_all(reach)
            yield Step(f"let {whom} each {what}", sql, ADMIN, Part.PERMISSIONS)
        if reach not in held.futures:
            sql = say.grant_on_future(reach)
            yield Step(f"let {whom} each new {what}", sql, ADMIN, Part.PERMISSIONS)


def _give(grant: Grant) -> str:
    return f"grant {grant.privilege} on {_named(grant)} to {grant.role}"


def _take(grant: Grant) -> Step:
    return Step(
        f"take {grant.privilege} on {_named(grant)} from {grant.role}",
        say.revoke(grant),
        ACCOUNT_ADMIN if grant.kind == "ACCOUNT" else ADMIN,
        Part.PERMISSIONS,
    )


def _take_role(each: RoleGrant, by: str) -> Step:
    sentence = f"take the role {each.role} from {each.receiver}"
    return Step(sentence, say.revoke_role(each), by, Part.PERMISSIONS)


def _named(grant: Grant) -> str:
    return f"{grant.kind.lower()} {grant.name}".strip()


def _is_ours(grant: Grant, wanted: Desired) -> bool:
    """On an account what our roles may do is ours; on all else, what lies in our database."""
    if grant.kind not in REVOCABLE:
        return False
    if grant.kind == "ACCOUNT":
        return grant.role in wanted.roles
    if grant.kind == "WAREHOUSE":
        return grant.name in {each.name for each in wanted.warehouses}
    parts = say.split_name(grant.name)
    if parts[0] != wanted.database:
        return False
    # A schema that is no tenant's is left alone, and so is what it holds.
    return len(parts) == 1 or parts[1] in {schema.name for schema in wanted.schemas}


def _is_reached(grant: Grant, reaches: Collection[Reach]) -> bool:
    """By where it lies, not by a list of tables: a run may have made one since they were listed."""
    parts = say.split_name(grant.name)
    around = ".".join(parts[:2])
    return len(parts) == 3 and Reach(grant.role, grant.privilege, grant.kind, around) in reaches


def _reached_by(reach: Reach, held: Actual) -> list[Grant]:
    _, schema = say.split_name(reach.schema)
    names = (held.tables if reach.kind == "TABLE" else held.views).get(schema, frozenset())
    return [
        Grant(reach.role, reach.privilege, reach.kind, f"{reach.schema}.{say.quoted(name)}")
        for name in names
    ]
