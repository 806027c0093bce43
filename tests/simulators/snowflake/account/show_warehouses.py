"""SHOW WAREHOUSES, and SHOW PARAMETERS of one."""

from __future__ import annotations

from typing import Any

from tests.simulators.snowflake.account import answers
from tests.simulators.snowflake.account.answers import Answer
from tests.simulators.snowflake.account.call import Call
from tests.simulators.snowflake.account.model import Thing
from tests.simulators.snowflake.account.warehouses import KIND, PARAMETERS, STARTED

_COLUMNS = (
    "name state type size min_cluster_count max_cluster_count started_clusters running queued "
    "is_default is_current auto_suspend auto_resume available provisioning quiescing other "
    "created_on resumed_on updated_on owner comment enable_query_acceleration "
    "query_acceleration_max_scale_factor resource_monitor scaling_policy owner_role_type"
)


def show(call: Call, things: list[Thing]) -> Answer:
    return answers.listing(_COLUMNS, [_shown(call, thing) for thing in things])


def _shown(call: Call, thing: Thing) -> dict[str, Any]:
    options = thing.options
    runs = options["state"] == STARTED
    return {
        "name": thing.name,
        "state": options["state"],
        "type": options["WAREHOUSE_TYPE"],
        "size": options["WAREHOUSE_SIZE"],
        "min_cluster_count": options["MIN_CLUSTER_COUNT"],
        "max_cluster_count": options["MAX_CLUSTER_COUNT"],
        "started_clusters": options["MIN_CLUSTER_COUNT"] if runs else 0,
        "running": 0,
        "queued": 0,
        "is_default": "N",
        "is_current": "Y" if thing.name == call.session.warehouse else "N",
        "auto_suspend": options["AUTO_SUSPEND"],
        "auto_resume": str(options["AUTO_RESUME"]).lower(),
        "created_on": thing.created,
        "resumed_on": options.get("resumed_on"),
        "updated_on": thing.created,
        "owner": thing.owner,
        "comment": options["COMMENT"],
        "enable_query_acceleration": str(options["ENABLE_QUERY_ACCELERATION"]).lower(),
        "query_acceleration_max_scale_factor": options["QUERY_ACCELERATION_MAX_SCALE_FACTOR"],
        "resource_monitor": options["RESOURCE_MONITOR"] or "null",
        "scaling_policy": options["SCALING_POLICY"],
        "owner_role_type": "ROLE",
    }


def parameters(thing: Thing) -> list[dict[str, Any]]:
    return [
        {
            "key": key,
            "value": str(thing.options.get(key, default)),
            "default": str(default),
            "level": KIND if key in thing.options else "",
            "type": "NUMBER",
        }
        for key, default in PARAMETERS.items()
    ]
