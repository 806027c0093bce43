"""Tags: names with the values they may take, and what they are set on."""

from __future__ import annotations

from typing import Any

from tests.simulators.snowflake.account import answers
from tests.simulators.snowflake.account.answers import Answer
from tests.simulators.snowflake.account.call import Call, text
from tests.simulators.snowflake.account.errors import Path, bad_value
from tests.simulators.snowflake.account.model import Thing
from tests.simulators.snowflake.account.privileges import OWNERSHIP

KIND = "TAG"


def create(call: Call) -> Answer:
    words = call.words
    path, nothing_to_do = call.begin(KIND)
    allowed: list[str] = []
    if words.take("ALLOWED_VALUES"):
        allowed.append(words.text())
        while words.take(","):
            allowed.append(words.text())
    given = call.options(KIND, {"COMMENT": text})
    if nothing_to_do:
        return answers.already(path[2])
    call.state.add(Thing(KIND, path, call.role, {"allowed": allowed, **given}))
    return answers.created(KIND, path[2])


def drop(call: Call) -> Answer:
    thing, path = call.existing(KIND, OWNERSHIP)
    call.words.finish()
    if thing is None:
        return answers.already_dropped(path[2])
    call.state.remove(thing)
    return answers.dropped(path[2])


def alter_object(call: Call, kind: str) -> Answer | None:
    """``ALTER <kind> name SET TAG t = 'v'`` or ``UNSET TAG t``; None, if it is something else."""
    words = call.words
    lenient = words.take("IF", "EXISTS")
    path = call.full(kind, words.path())
    setting = words.take("SET", "TAG")
    if not setting and not words.take("UNSET", "TAG"):
        return None
    thing = call.state.things.get((kind, path))
    while True:
        tag = call.state.find(KIND, call.full(KIND, words.path()))
        if setting:
            words.need("=")
        value = words.text() if setting else None
        if thing is not None:
            _set(call, thing, tag, value)
        if not words.take(","):
            break
    words.finish()
    if thing is None and not lenient:
        call.state.find(kind, path)
    return answers.status()


def _set(call: Call, thing: Thing, tag: Thing, value: str | None) -> None:
    """Either the account-wide APPLY TAG, or APPLY on the tag and OWNERSHIP of the object."""
    if not call.access.holds_global("APPLY TAG"):
        call.access.require(tag, "APPLY")
        call.access.require(thing, OWNERSHIP)
    if value is not None and tag.options["allowed"] and value not in tag.options["allowed"]:
        raise bad_value(tag.name, value)
    tags: dict[str, str] = thing.options.setdefault("tags", {})
    if value is None:
        tags.pop(_key(tag.path), None)
    else:
        tags[_key(tag.path)] = value


def _key(path: Path) -> str:
    return ".".join(path)


def show(call: Call, things: list[Thing]) -> Answer:
    columns = "created_on name database_name schema_name owner comment allowed_values"
    records: list[dict[str, Any]] = [
        {
            "created_on": thing.created,
            "name": thing.name,
            "database_name": thing.path[0],
            "schema_name": thing.path[1],
            "owner": thing.owner,
            "comment": thing.options.get("COMMENT", ""),
            "allowed_values": str(thing.options["allowed"]) if thing.options["allowed"] else None,
        }
        for thing in things
    ]
    return answers.listing(columns, records)
