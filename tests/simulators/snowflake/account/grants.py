"""GRANT and REVOKE of privileges: who may, on what, and what follows for objects to come."""

from __future__ import annotations

from collections.abc import Iterable

from tests.simulators.snowflake.account import answers
from tests.simulators.snowflake.account.answers import Answer
from tests.simulators.snowflake.account.call import Call
from tests.simulators.snowflake.account.errors import Path, denied, refused
from tests.simulators.snowflake.account.model import FutureGrant, Grant, State, Thing
from tests.simulators.snowflake.account.privileges import NOT_IN_FUTURE, OWNERSHIP
from tests.simulators.snowflake.account.targets import (
    FUTURE,
    ONE,
    Target,
    check_imported,
    fitting,
    read_privileges,
    read_target,
)


def grant(call: Call) -> Answer:
    words = call.words
    privileges = read_privileges(call)
    words.need("ON")
    target = read_target(call)
    words.need("TO")
    role = _role(call)
    option = words.take("WITH", "GRANT", "OPTION")
    words.finish()
    privileges = fitting(privileges, target.kind)
    if target.which == FUTURE:
        _grant_future(call, target, privileges, role, option=option)
        return answers.status()
    things = target.things(call)
    for thing in things:
        check_imported(thing, privileges)
        for privilege in privileges:
            _allow(call, thing, privilege)
        _write_needs_read(call.state, thing, privileges, role)
    for thing in things:
        for privilege in privileges:
            call.state.give(Grant(privilege, *thing.key, role, by=call.role, option=option))
    return answers.status(_affected(target, things))


def revoke(call: Call) -> Answer:
    words = call.words
    only_option = words.take("GRANT", "OPTION", "FOR")
    privileges = read_privileges(call)
    words.need("ON")
    target = read_target(call)
    words.need("FROM")
    role = _role(call)
    if not words.take("CASCADE"):
        words.take("RESTRICT")
    words.finish()
    if target.which == FUTURE:
        _revoke_future(call, target, privileges, role)
        return answers.status()
    privileges = fitting(privileges, target.kind)
    things = target.things(call)
    for thing in things:
        for privilege in privileges:
            _allow(call, thing, privilege)
        _read_goes_last(call.state, thing, privileges, role)
    for thing in things:
        for privilege in privileges:
            _take_back(call.state, (privilege, *thing.key, role), only_option=only_option)
    return answers.status(_affected(target, things))


def _take_back(state: State, key: tuple[str, str, Path, str], *, only_option: bool) -> None:
    found = state.grants.pop(key, None)
    if found is not None and only_option:
        state.grants[key] = Grant(found.privilege, found.kind, found.path, found.role, found.by)


def _affected(target: Target, things: list[Thing]) -> str:
    done = "Statement executed successfully."
    return done if target.which == ONE else f"{done} {len(things)} objects affected."


def _role(call: Call) -> str:
    call.words.take("ROLE")
    role = call.words.name()
    return call.state.find("ROLE", (role,)).name


def _allow(call: Call, thing: Thing, privilege: str) -> None:
    """:raises AccountError: 003001, for who neither owns it, nor holds the privilege to pass on"""
    if may_grant(call, thing):
        return
    for found in call.state.grants_on(thing):
        if found.option and found.privilege == privilege and found.role in call.access.roles:
            return
    raise denied(*thing.key)


def may_grant(call: Call, thing: Thing) -> bool:
    if call.access.holds_global("MANAGE GRANTS"):
        return True
    if schema := _managed(call.state, thing):
        # Owners of objects decide nothing in a schema with managed access.
        return schema.owner in call.access.roles
    return thing.owner in call.access.roles


def _managed(state: State, thing: Thing) -> Thing | None:
    schema = state.things.get(("SCHEMA", thing.path[:2])) if len(thing.path) == 3 else None
    return schema if schema is not None and schema.options.get("managed") else None


def _write_needs_read(state: State, thing: Thing, privileges: list[str], role: str) -> None:
    if thing.kind != "STAGE" or "WRITE" not in privileges or "READ" in privileges:
        return
    if ("READ", *thing.key, role) not in state.grants:
        raise refused("The READ privilege must be granted before or with the WRITE privilege.")


def _read_goes_last(state: State, thing: Thing, privileges: list[str], role: str) -> None:
    if thing.kind != "STAGE" or "READ" not in privileges or "WRITE" in privileges:
        return
    if ("WRITE", *thing.key, role) in state.grants:
        raise refused("The WRITE privilege must be revoked before or with the READ privilege.")


def _allow_future(call: Call, target: Target) -> None:
    """The owner of what is around may not: future grants need MANAGE GRANTS.

    Only in a schema with managed access its owner may, too.
    """
    if call.access.holds_global("MANAGE GRANTS"):
        return
    kind = "SCHEMA" if len(target.path) == 2 else "DATABASE"
    around = call.state.find(kind, target.path)
    if around.options.get("managed") and around.owner in call.access.roles:
        return
    raise denied(kind, target.path)


def check_future(call: Call, target: Target) -> None:
    if target.kind in NOT_IN_FUTURE:
        raise refused(f"Future grants are not supported for {target.kind}.")
    _allow_future(call, target)


def _grant_future(
    call: Call, target: Target, privileges: list[str], role: str, *, option: bool
) -> None:
    check_future(call, target)
    for privilege in privileges:
        key = (privilege, target.kind, target.path, role)
        if key not in call.state.future or option:
            call.state.future[key] = FutureGrant(*key, option=option)


def _revoke_future(call: Call, target: Target, privileges: list[str], role: str) -> None:
    check_future(call, target)
    if privileges != [OWNERSHIP]:
        privileges = fitting(privileges, target.kind)
    for privilege in privileges:
        call.state.future.pop((privilege, target.kind, target.path, role), None)


def apply_future(state: State, thing: Thing) -> None:
    """What a new object gets. Grants on the schema hide those on the database, kind by kind."""
    for found in future_grants_for(state, thing):
        if found.privilege == OWNERSHIP:
            thing.owner = found.role
        else:
            state.give(Grant(found.privilege, *thing.key, found.role, by="", option=found.option))


def future_grants_for(state: State, thing: Thing) -> Iterable[FutureGrant]:
    scopes = (thing.path[:2], thing.path[:1]) if len(thing.path) == 3 else (thing.path[:1],)
    for scope in scopes:
        found = [g for g in state.future.values() if (g.kind, g.scope) == (thing.kind, scope)]
        if found:
            return found
    return []
