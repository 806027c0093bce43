"""INFORMATION_SCHEMA.POLICY_REFERENCES: where a policy is set, or what is set on a table."""

from __future__ import annotations

import re
from typing import Any

from tests.simulators.snowflake.account import answers
from tests.simulators.snowflake.account.answers import Answer
from tests.simulators.snowflake.account.call import Call
from tests.simulators.snowflake.account.errors import missing
from tests.simulators.snowflake.account.model import PolicyUse
from tests.simulators.snowflake.account.words import Words

COLUMNS = (
    "POLICY_DB POLICY_SCHEMA POLICY_NAME POLICY_KIND REF_DATABASE_NAME REF_SCHEMA_NAME "
    "REF_ENTITY_NAME REF_ENTITY_DOMAIN REF_COLUMN_NAME REF_ARG_COLUMN_NAMES TAG_DATABASE "
    "TAG_SCHEMA TAG_NAME POLICY_STATUS"
)
_ASKED = re.compile(
    r"^SELECT\s+(?P<columns>.+?)\s+FROM\s+TABLE\s*\(\s*(?:[\w\"]+\.)?INFORMATION_SCHEMA\."
    r"POLICY_REFERENCES\s*\((?P<arguments>.*?)\)\s*\)\s*;?\s*$",
    re.IGNORECASE | re.DOTALL,
)


def answer(call: Call) -> Answer | None:
    asked = _ASKED.match(call.words.rest)
    if asked is None:
        return None
    records = [_record(use) for use in _uses(call, Words(asked["arguments"]))]
    chosen = asked["columns"].strip()
    if chosen == "*":
        return answers.listing(COLUMNS, records)
    names = [name.strip().strip('"').upper() for name in chosen.split(",")]
    for name in names:
        if name not in COLUMNS.split():
            raise call.words.unexpected()
    return answers.listing(" ".join(names), records)


def _uses(call: Call, arguments: Words) -> list[PolicyUse]:
    given: dict[str, str] = {}
    while not arguments.done:
        name = arguments.one_of("POLICY_NAME", "REF_ENTITY_NAME", "REF_ENTITY_DOMAIN")
        arguments.need("=>")
        given[name] = arguments.text()
        arguments.take(",")
    if "POLICY_NAME" in given:
        path = call.full("ROW ACCESS POLICY", Words(given["POLICY_NAME"]).path())
        return [use for use in call.state.uses if use.policy == path]
    path = call.full("TABLE", Words(given["REF_ENTITY_NAME"]).path())
    thing = call.state.relation(path)
    if thing is None or not call.access.sees(thing):
        raise missing("TABLE", path)
    return [use for use in call.state.uses if use.path == path]


def _record(use: PolicyUse) -> dict[str, Any]:
    database, schema, name = use.policy
    row_access = use.policy_kind == "ROW ACCESS POLICY"
    return {
        "POLICY_DB": database,
        "POLICY_SCHEMA": schema,
        "POLICY_NAME": name,
        "POLICY_KIND": use.policy_kind.replace(" ", "_"),
        "REF_DATABASE_NAME": use.path[0],
        "REF_SCHEMA_NAME": use.path[1],
        "REF_ENTITY_NAME": use.path[2],
        "REF_ENTITY_DOMAIN": use.kind,
        "REF_COLUMN_NAME": use.column or None,
        "REF_ARG_COLUMN_NAMES": str(list(use.arguments)).replace("'", '"') if row_access else None,
        "POLICY_STATUS": "ACTIVE",
    }
