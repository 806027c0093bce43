"""Databases and schemas: made and dropped with all that is in them, and how long they remember."""

from __future__ import annotations

from typing import Any

from tests.simulators.snowflake.account import answers
from tests.simulators.snowflake.account.answers import Answer
from tests.simulators.snowflake.account.call import Call, switch, text, whole
from tests.simulators.snowflake.account.errors import (
    Path,
    bad_value,
    exists,
    refused,
    unusable,
)
from tests.simulators.snowflake.account.grants import apply_future
from tests.simulators.snowflake.account.model import State, Thing
from tests.simulators.snowflake.account.privileges import OWNERSHIP

DATABASE, SCHEMA = "DATABASE", "SCHEMA"
RETENTION = "DATA_RETENTION_TIME_IN_DAYS"
_PROPERTIES = {
    RETENTION: whole(0, 90),
    "MAX_DATA_EXTENSION_TIME_IN_DAYS": whole(0, 90),
    "DEFAULT_DDL_COLLATION": text,
    "LOG_LEVEL": text,
    "REPLACE_INVALID_CHARACTERS": switch,
    "COMMENT": text,
}
OF_TABLES = {
    **_PROPERTIES,
    "CHANGE_TRACKING": switch,
    "ENABLE_SCHEMA_EVOLUTION": switch,
}


def create(call: Call, kind: str, *, transient: bool) -> None:
    """Record a database or schema: the engine makes it, too."""
    words = call.words
    path, nothing_to_do = call.begin(kind)
    if words.take("CLONE"):
        source = call.full(kind, words.path())
        call.access.require(call.state.find(kind, source), "USAGE")
    managed = kind == SCHEMA and words.take("WITH", "MANAGED", "ACCESS")
    given = call.options(kind, _PROPERTIES)
    transient = transient or (kind == SCHEMA and _is_transient(call.state, path[:1]))
    check_retention(given, transient=transient)
    if not nothing_to_do:
        _add(call, Thing(kind, path, call.role, _options(given, transient, managed)))
    _make_current(call, path)


def _options(given: dict[str, Any], transient: bool, managed: bool) -> dict[str, Any]:
    return {**given, "transient": transient, "managed": managed}


def _add(call: Call, thing: Thing) -> None:
    if old := call.state.things.get(thing.key):
        remove(call.state, old)
    call.state.add(thing)
    if thing.kind == DATABASE:
        options = {"transient": thing.options["transient"]}
        for name in ("PUBLIC", "INFORMATION_SCHEMA"):
            call.state.add(Thing(SCHEMA, (thing.name, name), call.role, dict(options)))
    else:
        apply_future(call.state, thing)


def _make_current(call: Call, path: Path) -> None:
    call.session.database = path[0]
    call.session.schema = path[1] if len(path) == 2 else "PUBLIC"


def _is_transient(state: State, path: Path) -> bool:
    thing = state.things.get((DATABASE if len(path) == 1 else SCHEMA, path))
    return bool(thing and thing.options.get("transient"))


def check_retention(given: dict[str, Any], *, transient: bool) -> None:
    """:raises AccountError: 001008, as what is transient remembers a day at most"""
    if transient and given.get(RETENTION, 0) > 1:
        raise bad_value(RETENTION, given[RETENTION])


def alter(call: Call, kind: str) -> Answer | None:
    """None where the engine has something to do, too."""
    words = call.words
    thing, _ = call.existing(kind, "MODIFY", OWNERSHIP)
    if words.take("SET"):
        given = call.options(kind, _PROPERTIES)
        if thing is not None:
            check_retention(given, transient=bool(thing.options.get("transient")))
            thing.options.update(given)
    elif words.take("UNSET"):
        _unset(call, thing)
    elif words.at("ENABLE") or words.at("DISABLE"):
        managed = words.one_of("ENABLE", "DISABLE") == "ENABLE"
        words.need("MANAGED", "ACCESS")
        words.finish()
        if thing is not None:
            call.access.require(thing, OWNERSHIP)
            thing.options["managed"] = managed
    elif words.take("RENAME", "TO"):
        if thing is not None:
            _rename(call, thing)
        return None
    else:
        raise words.unexpected()
    return answers.status()


def _unset(call: Call, thing: Thing | None) -> None:
    words = call.words
    while True:
        name = words.one_of(*_PROPERTIES)
        if thing is not None:
            thing.options.pop(name, None)
        if not words.take(","):
            break
    words.finish()


def _rename(call: Call, thing: Thing) -> None:
    path = call.full(thing.kind, call.words.path())
    call.words.finish()
    call.access.require(thing, OWNERSHIP)
    if call.state.has(thing.kind, path):
        raise exists(path)
    old = thing.path
    for inner in inside(call.state, thing):
        call.state.move(inner, (*path, *inner.path[len(old) :]))
    call.state.move(thing, path)


def drop(call: Call, kind: str) -> None:
    thing, _ = call.existing(kind, OWNERSHIP)
    if not call.words.take("CASCADE"):
        call.words.take("RESTRICT")
    call.words.finish()
    if thing is None:
        return
    held = _held_outside(call.state, thing)
    if held:
        raise refused(f"Cannot drop {kind.lower()} '{thing.name}': policy '{held}' is in use.")
    remove(call.state, thing)
    session = call.session
    if (session.database, session.schema)[: len(thing.path)] == thing.path:
        session.schema = None
        if kind == DATABASE:
            session.database = None


def inside(state: State, around: Thing) -> list[Thing]:
    depth = len(around.path)
    kinds_around = (DATABASE, SCHEMA)
    return [
        thing
        for thing in state.things.values()
        if len(thing.path) > depth
        and thing.path[:depth] == around.path
        and around.kind == kinds_around[depth - 1]
    ]


def remove(state: State, around: Thing) -> None:
    """Exactly this, what is in it, and what was granted on it for the future."""
    for thing in inside(state, around):
        state.remove(thing)
    for key, future in list(state.future.items()):
        if future.scope[: len(around.path)] == around.path:
            del state.future[key]
    state.remove(around)


def _held_outside(state: State, around: Thing) -> str | None:
    """A policy in here that protects something elsewhere keeps its schema."""
    depth = len(around.path)
    for use in state.uses:
        if use.policy[:depth] == around.path and use.path[:depth] != around.path:
            return use.policy[-1]
    return None


def use(call: Call) -> None:
    """``USE DATABASE d``, ``USE SCHEMA [d.]s``, and without a word ``USE d`` or ``USE d.s``."""
    words = call.words
    said = next((kind for kind in (DATABASE, SCHEMA) if words.take(kind)), None)
    name = words.path()
    words.finish()
    kind = said or (SCHEMA if len(name) == 2 else DATABASE)
    path = call.full(kind, name)
    thing = call.state.things.get((kind, path))
    if thing is None or not call.access.holds("USAGE", thing):
        raise unusable()
    call.access.reach(kind, path)
    call.session.database = path[0]
    if kind == SCHEMA:
        call.session.schema = path[1]
        return
    has_public = call.state.has(SCHEMA, (path[0], "PUBLIC"))
    call.session.schema = "PUBLIC" if has_public else None


def retention(state: State, thing: Thing) -> int:
    """Days of time travel: its own, or those of what is around it."""
    for depth in range(len(thing.path), 0, -1):
        kind = (DATABASE, SCHEMA, thing.kind)[depth - 1]
        around = state.things.get((kind, thing.path[:depth]))
        if around is not None and RETENTION in around.options:
            days = int(around.options[RETENTION])
            return min(days, 1) if thing.options.get("transient") else days
    return 1
