"""Storage integrations: how stages reach a bucket without keys in any statement."""

from __future__ import annotations

from typing import Any

from tests.simulators.snowflake.account import answers
from tests.simulators.snowflake.account.answers import Answer
from tests.simulators.snowflake.account.call import Call, choice, switch, text, texts
from tests.simulators.snowflake.account.errors import refused
from tests.simulators.snowflake.account.model import Thing
from tests.simulators.snowflake.account.privileges import OWNERSHIP

KIND = "INTEGRATION"
_SET = {
    "TYPE": choice("EXTERNAL_STAGE"),
    "STORAGE_PROVIDER": choice("S3", "S3GOV", "S3CHINA", "GCS", "AZURE"),
    "STORAGE_AWS_ROLE_ARN": text,
    "STORAGE_AWS_EXTERNAL_ID": text,
    "STORAGE_AWS_OBJECT_ACL": text,
    "ENABLED": switch,
    "STORAGE_ALLOWED_LOCATIONS": texts,
    "STORAGE_BLOCKED_LOCATIONS": texts,
    "COMMENT": text,
}
_NEEDED = ("TYPE", "STORAGE_PROVIDER", "ENABLED", "STORAGE_ALLOWED_LOCATIONS")


def create(call: Call) -> Answer:
    path, nothing_to_do = call.begin(KIND)
    given = call.options(KIND, _SET)
    needed = [*_NEEDED]
    if given.get("STORAGE_PROVIDER", "").startswith("S3"):
        needed.append("STORAGE_AWS_ROLE_ARN")
    for name in needed:
        if name not in given:
            raise refused(f"Missing option(s): [{name}]")
    if nothing_to_do:
        return answers.already(path[0])
    call.state.add(Thing(KIND, path, call.role, given))
    return answers.created(KIND, path[0])


def alter(call: Call) -> Answer:
    thing, _ = call.existing(KIND, OWNERSHIP)
    call.words.need("SET")
    given = call.options(KIND, _SET)
    if thing is not None:
        thing.options.update(given)
    return answers.status()


def drop(call: Call) -> Answer:
    thing, path = call.existing(KIND, OWNERSHIP)
    call.words.finish()
    if thing is None:
        return answers.already_dropped(path[0])
    call.state.remove(thing)
    return answers.dropped(path[0])


def show(call: Call, things: list[Thing]) -> Answer:
    records = [
        {
            "name": thing.name,
            "type": thing.options["TYPE"],
            "category": "STORAGE",
            "enabled": str(thing.options["ENABLED"]).lower(),
            "comment": thing.options.get("COMMENT", ""),
            "created_on": thing.created,
        }
        for thing in things
    ]
    return answers.listing("name type category enabled comment created_on", records)


def describe(call: Call) -> Answer:
    thing, _ = call.existing(KIND, OWNERSHIP, "USAGE")
    call.words.finish()
    if thing is None:
        raise call.words.unexpected()
    rows: list[tuple[Any, ...]] = [
        (name, "String", ",".join(value) if isinstance(value, list) else str(value), "")
        for name, value in thing.options.items()
    ]
    return Answer(["property", "property_type", "property_value", "property_default"], rows)
