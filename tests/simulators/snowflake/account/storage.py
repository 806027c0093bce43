"""An account on disk: one JSON file, so that a server that was killed finds it again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.simulators.snowflake.account.model import (
    ACCOUNT,
    SYSTEM_ROLES,
    FutureGrant,
    Grant,
    Member,
    PolicyUse,
    State,
    Thing,
)
from tests.simulators.snowflake.account.privileges import IMPORTED, OF_SYSTEM_ROLES

_FILE = "account.json"


def fresh(name: str, user: str) -> State:
    """A new account: its system roles, one user with ACCOUNTADMIN, and the database SNOWFLAKE."""
    state = State(name)
    state.add(Thing(ACCOUNT, (), "ACCOUNTADMIN"))
    for role in SYSTEM_ROLES:
        state.add(Thing("ROLE", (role,), ""))
    for child, parent in (
        ("USERADMIN", "SECURITYADMIN"),
        ("SECURITYADMIN", "ACCOUNTADMIN"),
        ("SYSADMIN", "ACCOUNTADMIN"),
    ):
        state.members[child, "ROLE", parent] = Member(child, "ROLE", parent)
    for role, privileges in OF_SYSTEM_ROLES.items():
        for privilege in privileges:
            state.give(Grant(privilege, ACCOUNT, (), role, by=""))
    state.add(Thing("USER", (user,), "ACCOUNTADMIN", {"DEFAULT_ROLE": "ACCOUNTADMIN"}))
    state.members["ACCOUNTADMIN", "USER", user] = Member("ACCOUNTADMIN", "USER", user)
    state.add(Thing("DATABASE", ("SNOWFLAKE",), "", {"imported": True}))
    state.give(Grant(IMPORTED, "DATABASE", ("SNOWFLAKE",), "ACCOUNTADMIN", by="", option=True))
    return state


def load(folder: Path) -> State | None:
    file = folder / _FILE
    if not file.exists():
        return None
    kept = json.loads(file.read_text())
    state = State(kept["name"])
    for raw in kept["things"]:
        thing = Thing(**_with_paths(raw, "path"))
        state.things[thing.key] = thing
    for raw in kept["grants"]:
        state.give(Grant(**_with_paths(raw, "path")))
    for raw in kept["future"]:
        future = FutureGrant(**_with_paths(raw, "scope"))
        state.future[future.privilege, future.kind, future.scope, future.role] = future
    for raw in kept["members"]:
        member = Member(**raw)
        state.members[member.role, member.grantee_kind, member.grantee] = member
    state.uses = [PolicyUse(**_with_paths(u, "policy", "path", "arguments")) for u in kept["uses"]]
    return state


def _with_paths(raw: dict[str, Any], *names: str) -> dict[str, Any]:
    return raw | {name: tuple(raw[name]) for name in names}


def save(state: State, folder: Path) -> None:
    kept = {
        "name": state.name,
        "things": [vars(thing) for thing in state.things.values()],
        "grants": [vars(grant) for grant in state.grants.values()],
        "future": [vars(grant) for grant in state.future.values()],
        "members": [vars(member) for member in state.members.values()],
        "uses": [vars(use) for use in state.uses],
    }
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f"{_FILE}.new"
    partial.write_text(json.dumps(kept))
    partial.replace(folder / _FILE)
