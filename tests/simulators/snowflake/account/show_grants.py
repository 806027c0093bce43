"""SHOW GRANTS in its forms: on an object, to and of a role, to a user, and those to come."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.simulators.snowflake.account import answers
from tests.simulators.snowflake.account.answers import Answer
from tests.simulators.snowflake.account.call import Call
from tests.simulators.snowflake.account.errors import dotted, missing
from tests.simulators.snowflake.account.model import ACCOUNT, FutureGrant, Grant, State, Thing
from tests.simulators.snowflake.account.privileges import OWNERSHIP
from tests.simulators.snowflake.account.targets import ONE, read_target

_GRANTS = "created_on privilege granted_on name granted_to grantee_name grant_option granted_by"
_MEMBERS = "created_on role granted_to grantee_name granted_by"
_FUTURE = "created_on privilege grant_on name grant_to grantee_name grant_option"


def show(call: Call) -> Answer:
    words = call.words
    if words.take("ON"):
        target = read_target(call)
        words.finish()
        if target.which != ONE:
            raise words.unexpected()
        thing = call.state.find(target.kind, target.path)
        if not call.access.sees(thing) and not call.access.holds_global("MANAGE GRANTS"):
            raise missing(*thing.key)
        return answers.listing(_GRANTS, _on(call.state, thing))
    if words.take("OF", "ROLE"):
        return answers.listing(_MEMBERS, _of(call.state, _named(call, "ROLE")))
    if words.take("TO", "USER"):
        user = _named(call, "USER")
        return answers.listing(_MEMBERS, _members(call.state, "USER", user))
    if words.take("TO"):
        words.take("ROLE")
        return answers.listing(_GRANTS, _to(call.state, _named(call, "ROLE")))
    words.finish()
    user = call.session.user
    return answers.listing(_MEMBERS, _members(call.state, "USER", user))


def show_future(call: Call) -> Answer:
    words = call.words
    if words.take("TO"):
        words.take("ROLE")
        role = _named(call, "ROLE")
        found = [g for g in call.state.future.values() if g.role == role]
    else:
        words.need("IN")
        kind = words.one_of("SCHEMA", "DATABASE")
        path = call.full(kind, words.path())
        words.finish()
        call.state.find(kind, path)
        found = [g for g in call.state.future.values() if g.scope == path]
    return answers.listing(_FUTURE, [_shown_future(g) for g in found])


def _named(call: Call, kind: str) -> str:
    path = call.words.path()
    call.words.finish()
    return call.state.find(kind, path).name


def _on(state: State, thing: Thing) -> Iterator[dict[str, Any]]:
    yield _owned(thing)
    if thing.kind == "ROLE":
        for role, kind, grantee in state.members:
            if role == thing.name:
                yield _member_as_grant(role, kind, grantee)
    for grant in state.grants_on(thing):
        yield _shown(state, grant)


def _to(state: State, role: str) -> Iterator[dict[str, Any]]:
    for thing in list(state.things.values()):
        if thing.owner == role and thing.kind != ACCOUNT:
            yield _owned(thing)
    for member in state.members.values():
        if (member.grantee_kind, member.grantee) == ("ROLE", role):
            yield _member_as_grant(member.role, "ROLE", role)
    for grant in state.grants.values():
        if grant.role == role:
            yield _shown(state, grant)


def _of(state: State, role: str) -> Iterator[dict[str, Any]]:
    for member in state.members.values():
        if member.role == role:
            yield {
                "role": role,
                "granted_to": member.grantee_kind,
                "grantee_name": member.grantee,
                "granted_by": member.by,
            }


def _members(state: State, kind: str, grantee: str) -> Iterator[dict[str, Any]]:
    for member in state.members.values():
        if (member.grantee_kind, member.grantee) == (kind, grantee):
            yield {
                "role": member.role,
                "granted_to": kind,
                "grantee_name": grantee,
                "granted_by": member.by,
            }


def _named_on(kind: str) -> str:
    return kind.replace(" ", "_")


def _owned(thing: Thing) -> dict[str, Any]:
    return {
        "created_on": thing.created,
        "privilege": OWNERSHIP,
        "granted_on": _named_on(thing.kind),
        "name": dotted(thing.path),
        "granted_to": "ROLE",
        "grantee_name": thing.owner,
        "grant_option": "true",
        "granted_by": thing.owner,
    }


def _shown(state: State, grant: Grant) -> dict[str, Any]:
    return {
        "created_on": state.find(grant.kind, grant.path).created,
        "privilege": "USAGE" if grant.privilege == "IMPORTED PRIVILEGES" else grant.privilege,
        "granted_on": _named_on(grant.kind),
        "name": dotted(grant.path) if grant.path else state.name,
        "granted_to": "ROLE",
        "grantee_name": grant.role,
        "grant_option": str(grant.option).lower(),
        "granted_by": grant.by,
    }


def _member_as_grant(role: str, kind: str, grantee: str) -> dict[str, Any]:
    return {
        "privilege": "USAGE",
        "granted_on": "ROLE",
        "name": role,
        "granted_to": kind,
        "grantee_name": grantee,
        "grant_option": "false",
    }


def _shown_future(grant: FutureGrant) -> dict[str, Any]:
    return {
        "privilege": grant.privilege,
        "grant_on": _named_on(grant.kind),
        "name": f"{dotted(grant.scope)}.<{_named_on(grant.kind)}>",
        "grant_to": "ROLE",
        "grantee_name": grant.role,
        "grant_option": str(grant.option).lower(),
    }
