"""SHOW DATABASES, SCHEMAS, TABLES and VIEWS: the documented columns, as far as they are needed."""

from __future__ import annotations

from typing import Any

from tests.simulators.snowflake.account import answers
from tests.simulators.snowflake.account.answers import Answer
from tests.simulators.snowflake.account.call import Call
from tests.simulators.snowflake.account.containers import retention
from tests.simulators.snowflake.account.model import Thing


def _base(call: Call, thing: Thing) -> dict[str, Any]:
    kinds = [word for word in ("transient", "managed") if thing.options.get(word)]
    words = {"transient": "TRANSIENT", "managed": "MANAGED ACCESS"}
    return {
        "created_on": thing.created,
        "name": thing.name,
        "owner": thing.owner,
        "comment": thing.options.get("COMMENT", ""),
        "options": ", ".join(words[kind] for kind in kinds),
        "retention_time": str(retention(call.state, thing)),
        "owner_role_type": "ROLE",
        "is_default": "N",
    }


def show_databases(call: Call, things: list[Thing]) -> Answer:
    columns = (
        "created_on name is_default is_current origin owner comment options retention_time kind "
        "owner_role_type"
    )
    return answers.listing(columns, [_shown_database(call, thing) for thing in things])


def _shown_database(call: Call, thing: Thing) -> dict[str, Any]:
    current = "Y" if thing.name == call.session.database else "N"
    imported = bool(thing.options.get("imported"))
    return {
        **_base(call, thing),
        "is_current": current,
        "origin": "SNOWFLAKE.ACCOUNT_USAGE" if imported else "",
        "kind": "APPLICATION" if imported else "STANDARD",
    }


def show_schemas(call: Call, things: list[Thing]) -> Answer:
    columns = (
        "created_on name is_default is_current database_name owner comment options "
        "retention_time owner_role_type"
    )
    current = (call.session.database, call.session.schema)
    records = [
        {
            **_base(call, thing),
            "database_name": thing.path[0],
            "is_current": "Y" if thing.path == current else "N",
        }
        for thing in things
    ]
    return answers.listing(columns, records)


def show_tables(call: Call, things: list[Thing]) -> Answer:
    columns = (
        "created_on name database_name schema_name kind comment cluster_by rows bytes owner "
        "retention_time automatic_clustering change_tracking is_external owner_role_type"
    )
    return answers.listing(columns, [_shown_relation(call, thing) for thing in things])


def show_views(call: Call, things: list[Thing]) -> Answer:
    columns = (
        "created_on name reserved database_name schema_name owner comment text is_secure "
        "is_materialized owner_role_type change_tracking"
    )
    return answers.listing(columns, [_shown_relation(call, thing) for thing in things])


def _shown_relation(call: Call, thing: Thing) -> dict[str, Any]:
    return {
        **_base(call, thing),
        "database_name": thing.path[0],
        "schema_name": thing.path[1],
        "kind": "TRANSIENT" if thing.options.get("transient") else thing.kind,
        "cluster_by": thing.options.get("cluster_by", ""),
        "reserved": "",
        "text": thing.options.get("text"),
        "is_secure": str(bool(thing.options.get("secure"))).lower(),
        "is_materialized": "false",
        "is_external": "N",
        "automatic_clustering": "ON" if thing.options.get("cluster_by") else "OFF",
        "change_tracking": "OFF",
    }


def show_stages(call: Call, things: list[Thing]) -> Answer:
    columns = "created_on name database_name schema_name url owner comment type owner_role_type"
    records = [
        {
            **_base(call, thing),
            "database_name": thing.path[0],
            "schema_name": thing.path[1],
            "url": thing.options.get("url", ""),
            "type": "EXTERNAL" if thing.options.get("external") else "INTERNAL",
        }
        for thing in things
    ]
    return answers.listing(columns, records)
