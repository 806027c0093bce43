"""Tables, views, stages and the like as they come and go: the engine makes them, this records."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.simulators.snowflake.account import queries
from tests.simulators.snowflake.account.attachments import Wanted, attach
from tests.simulators.snowflake.account.call import Call
from tests.simulators.snowflake.account.columns import read_columns, read_policy
from tests.simulators.snowflake.account.containers import RETENTION, check_retention
from tests.simulators.snowflake.account.errors import Path, compilation, dotted
from tests.simulators.snowflake.account.grants import apply_future
from tests.simulators.snowflake.account.model import Grant, Thing
from tests.simulators.snowflake.account.privileges import OWNERSHIP
from tests.simulators.snowflake.account.stages import stage_options

SIMPLE = ("FILE FORMAT", "SEQUENCE", "FUNCTION", "PROCEDURE", "STREAM", "TASK", "PIPE")


@dataclass
class Definition:
    """What follows the name in CREATE TABLE or VIEW, as far as the account minds."""

    options: dict[str, Any] = field(default_factory=dict)
    wanted: list[Wanted] = field(default_factory=list)
    query: str = ""
    source: Path = ()
    copy_grants: bool = False


def create(call: Call, kind: str, *, temporary: bool, transient: bool, secure: bool) -> bool:
    """Record a table or view; whether making it needs a warehouse."""
    if temporary:
        return _create_temporary(call)
    path, nothing_to_do = call.begin(kind)
    _no_namesake(call, kind, path)
    definition = _definition(call)
    reads = _check_sources(call, definition)
    schema = call.state.find("SCHEMA", path[:2])
    options = definition.options | {"transient": transient or bool(schema.options.get("transient"))}
    check_retention(options, transient=options["transient"])
    if nothing_to_do:
        return False
    if kind == "VIEW":
        options |= {"secure": secure, "text": call.words.sql, "reads": [list(p) for p in reads]}
    _record(call, Thing(kind, path, call.role, options), definition)
    return kind == "TABLE" and bool(definition.query)


def _record(call: Call, thing: Thing, definition: Definition) -> None:
    kept = call.state.grants_on(thing) if definition.copy_grants else []
    call.state.add(thing)
    apply_future(call.state, thing)
    for grant in kept:
        call.state.give(Grant(grant.privilege, *thing.key, grant.role, grant.by, grant.option))
    for wanted in definition.wanted:
        attach(call, thing, wanted)


def _create_temporary(call: Call) -> bool:
    """No CREATE TABLE is needed, and other sessions never see it."""
    lenient = call.words.take("IF", "NOT", "EXISTS")
    path = call.full("TABLE", call.words.path())
    call.access.reach("TABLE", path)
    call.state.find("SCHEMA", path[:2])
    definition = _definition(call)
    _check_sources(call, definition)
    if not (lenient and path in call.state.temporary):
        call.state.temporary[path] = Thing("TABLE", path, call.role, definition.options)
    return bool(definition.query)


def _no_namesake(call: Call, kind: str, path: Path) -> None:
    other = call.state.relation(path)
    if other is not None and other.kind != kind:
        text = f"Object '{dotted(path)}' already exists as {other.kind}."
        raise compilation(2002, "42710", text)


def _check_sources(call: Call, definition: Definition) -> list[Path]:
    paths = [definition.source] if definition.source else []
    if definition.query:
        tree = queries.parsed(definition.query)
        paths += [] if tree is None else list(queries.tables_of(tree))
    queries.require_reading(call, paths)
    return [call.full("TABLE", path) for path in paths]


def _definition(call: Call) -> Definition:
    words = call.words
    found = Definition()
    if words.at("("):
        columns, found.wanted = read_columns(call)
        found.options["columns"] = columns
    while not (words.done or words.at(";")):
        if words.take("AS"):
            found.query = words.rest
            break
        _clause(call, found)
    return found


def _clause(call: Call, found: Definition) -> None:
    words = call.words
    if wanted := read_policy(call):
        found.wanted.append(wanted)
    elif words.take("CLONE") or words.take("LIKE"):
        found.source = words.path()
    elif words.take("COPY", "GRANTS"):
        found.copy_grants = True
    elif words.take("CLUSTER", "BY"):
        found.options["cluster_by"] = "(" + ", ".join(_inside_brackets(call)) + ")"
    elif words.at("COMMENT", "=") or words.at(RETENTION, "="):
        name = words.any_word()
        words.need("=")
        found.options[name] = words.value()
    elif words.at("("):
        _inside_brackets(call)
    else:
        words.skip()


def _inside_brackets(call: Call) -> list[str]:
    words = call.words
    words.need("(")
    depth, parts = 1, [""]
    while depth:
        token = words.skip()
        depth += {"(": 1, ")": -1}.get(token.text, 0) if token.kind == "sign" else 0
        if depth == 1 and token.text == ",":
            parts.append("")
        elif depth:
            parts[-1] += token.text
    return parts


def create_other(call: Call, kind: str, *, temporary: bool) -> None:
    """A stage, file format, sequence and so on."""
    if temporary:
        call.words.take("IF", "NOT", "EXISTS")
        path = call.full(kind, call.words.path())
        call.access.reach(kind, path)
        call.state.temporary[path] = Thing(kind, path, call.role)
        return
    path, nothing_to_do = call.begin(kind)
    options = stage_options(call) if kind == "STAGE" else {}
    if not nothing_to_do:
        thing = call.state.add(Thing(kind, path, call.role, options))
        apply_future(call.state, thing)


def drop(call: Call, kind: str) -> None:
    """The owner drops an object, or the owner of its schema."""
    words = call.words
    lenient = words.take("IF", "EXISTS")
    path = call.full(kind, words.path())
    if call.state.temporary.pop(path, None):
        return
    thing = call.state.things.get((kind, path))
    if thing is None:
        _missing(call, kind, path, lenient=lenient)
        return
    schema = call.state.find("SCHEMA", path[:2])
    if not call.access.holds(OWNERSHIP, schema):
        call.access.require(thing, OWNERSHIP)
    call.state.remove(thing)


def _missing(call: Call, kind: str, path: Path, *, lenient: bool) -> None:
    other = call.state.relation(path) if kind in ("TABLE", "VIEW") else None
    if other is not None:
        text = f"Object found is of type '{other.kind}', not specified type '{kind}'."
        raise compilation(2203, "02000", text)
    if not lenient:
        call.access.reach(kind, path)
        call.state.find(kind, path)


def alter(call: Call, kind: str) -> None:
    """What the engine alters: columns, names, clustering. The owner may."""
    thing, _ = call.existing(kind, OWNERSHIP)
    words = call.words
    if thing is None:
        return
    if words.take("RENAME", "TO"):
        call.state.move(thing, call.full(kind, words.path()))
    elif words.take("SWAP", "WITH"):
        _swap(call, thing, call.full(kind, words.path()))
    elif words.take("CLUSTER", "BY"):
        thing.options["cluster_by"] = "(" + ", ".join(_inside_brackets(call)) + ")"


def _swap(call: Call, thing: Thing, path: Path) -> None:
    other = call.state.find(thing.kind, path)
    call.access.require(other, OWNERSHIP)
    here = thing.path
    call.state.move(thing, (*path[:2], "\0"))
    call.state.move(other, here)
    call.state.move(thing, path)
