"""Roles and their hierarchy: created, granted to roles and users, used, dropped."""

from __future__ import annotations

from typing import Any

from tests.simulators.snowflake.account import answers
from tests.simulators.snowflake.account.access import granted_to_user, inherited
from tests.simulators.snowflake.account.answers import Answer
from tests.simulators.snowflake.account.call import Call, text
from tests.simulators.snowflake.account.errors import (
    AccountError,
    denied,
    missing,
    refused,
    unusable,
)
from tests.simulators.snowflake.account.model import SYSTEM_ROLES, Member, State, Thing
from tests.simulators.snowflake.account.privileges import OWNERSHIP

KIND = "ROLE"


def create(call: Call) -> Answer:
    path, nothing_to_do = call.begin(KIND)
    given = call.options(KIND, {"COMMENT": text})
    if nothing_to_do:
        return answers.already(path[0])
    if path[0] in SYSTEM_ROLES:
        raise denied(KIND, path)
    if old := call.state.things.get((KIND, path)):
        forget(call.state, old, heir=call.role)
    call.state.add(Thing(KIND, path, call.role, {"COMMENT": given.get("COMMENT", "")}))
    return answers.created(KIND, path[0])


def alter(call: Call) -> Answer:
    thing, _ = call.existing(KIND, OWNERSHIP)
    if call.words.take("UNSET", "COMMENT"):
        given: dict[str, Any] = {"COMMENT": ""}
        call.words.finish()
    else:
        call.words.need("SET")
        given = call.options(KIND, {"COMMENT": text})
    if thing is not None:
        thing.options.update(given)
    return answers.status()


def drop(call: Call) -> Answer:
    thing, path = call.existing(KIND, OWNERSHIP)
    call.words.finish()
    if thing is None:
        return answers.already_dropped(path[0])
    if thing.name in SYSTEM_ROLES:
        raise denied(KIND, path)
    forget(call.state, thing, heir=call.role)
    return answers.dropped(thing.name)


def forget(state: State, role: Thing, *, heir: str) -> None:
    """Whoever drops a role gets what it owned; what was granted to it is gone."""
    for thing in state.things.values():
        if thing.owner == role.name:
            thing.owner = heir
    for key in [k for k, g in state.grants.items() if g.role == role.name]:
        del state.grants[key]
    for future in [k for k, g in state.future.items() if g.role == role.name]:
        del state.future[future]
    for member in list(state.members.values()):
        if role.name == member.role or (KIND, role.name) == (member.grantee_kind, member.grantee):
            del state.members[member.role, member.grantee_kind, member.grantee]
    state.remove(role)


def grant(call: Call) -> Answer:
    role, kind, grantee = _grant_words(call, "TO")
    if kind == KIND and grantee in inherited(call.state, [role]) - {"PUBLIC"}:
        raise refused(f"Granting role '{role}' to role '{grantee}' would create a cycle.")
    key = (role, kind, grantee)
    call.state.members.setdefault(key, Member(role, kind, grantee, by=call.role))
    return answers.status()


def revoke(call: Call) -> Answer:
    role, kind, grantee = _grant_words(call, "FROM")
    call.state.members.pop((role, kind, grantee), None)
    return answers.status()


def _grant_words(call: Call, preposition: str) -> tuple[str, str, str]:
    words = call.words
    role = words.name()
    words.need(preposition)
    kind = words.one_of("ROLE", "USER")
    grantee = words.name()
    words.finish()
    thing = call.state.find(KIND, (role,))
    call.state.find(kind, (grantee,))
    if not call.access.holds_global("MANAGE GRANTS") and thing.owner not in call.access.roles:
        raise denied(KIND, (role,))
    return role, kind, grantee


def use(call: Call) -> Answer:
    """:raises AccountError: 003013, if the user was not granted it, not even through a role"""
    words = call.words
    if words.token.kind == "text":
        raise words.unexpected()
    role = words.path()[0]
    words.finish()
    if not call.state.has(KIND, (role,)):
        raise missing(KIND, (role,))
    if role not in inherited(call.state, granted_to_user(call.state, call.session.user)):
        text = (
            f"Requested role '{role}' is not assigned to the executing user.  "
            "Specify another role to activate."
        )
        raise AccountError(3013, "42501", f"SQL access control error:\n{text}")
    call.session.role = role
    return answers.status()


def use_secondary(call: Call) -> Answer:
    call.words.need("ROLES")
    chosen = call.words.one_of("ALL", "NONE")
    call.words.finish()
    call.session.secondary_roles = chosen  # type: ignore[attr-defined]
    return answers.status()


def use_warehouse(call: Call) -> Answer:
    """:raises AccountError: 002043, also where it is there but not for this role"""
    path = call.words.path()
    call.words.finish()
    thing = call.state.things.get(("WAREHOUSE", path))
    if thing is None or not call.access.holds("USAGE", thing):
        raise unusable()
    call.session.warehouse = thing.name
    return answers.status()


_COLUMNS = (
    "created_on name is_default is_current is_inherited assigned_to_users granted_to_roles "
    "granted_roles owner comment"
)


def show(call: Call, things: list[Thing]) -> Answer:
    return answers.listing(_COLUMNS, [_shown(call, thing) for thing in things])


def _shown(call: Call, thing: Thing) -> dict[str, Any]:
    members = call.state.members.values()
    return {
        "created_on": thing.created,
        "name": thing.name,
        "is_default": "N",
        "is_current": "Y" if thing.name == call.role else "N",
        "is_inherited": "Y" if thing.name in call.access.roles else "N",
        "assigned_to_users": sum(
            1 for m in members if m.role == thing.name and m.grantee_kind == "USER"
        ),
        "granted_to_roles": sum(
            1 for m in members if m.role == thing.name and m.grantee_kind == KIND
        ),
        "granted_roles": sum(
            1 for m in members if (m.grantee_kind, m.grantee) == (KIND, thing.name)
        ),
        "owner": thing.owner,
        "comment": thing.options.get("COMMENT", ""),
    }
