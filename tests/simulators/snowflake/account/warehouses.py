"""Warehouses: who makes and alters them, suspended and resumed, and woken by a statement."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.simulators.snowflake.account import answers
from tests.simulators.snowflake.account.answers import Answer
from tests.simulators.snowflake.account.call import (
    Call,
    choice,
    or_null,
    switch,
    text,
    whole,
)
from tests.simulators.snowflake.account.errors import (
    AccountError,
    bad_property,
    bad_value,
    exists,
)
from tests.simulators.snowflake.account.model import State, Thing
from tests.simulators.snowflake.account.monitors import blocking, monitors_of
from tests.simulators.snowflake.account.privileges import OWNERSHIP
from tests.simulators.snowflake.account.words import Value

KIND = "WAREHOUSE"
STARTED, SUSPENDED = "STARTED", "SUSPENDED"
_WEEK = 604_800
_SIZES = {
    "XSMALL": "X-Small", "SMALL": "Small", "MEDIUM": "Medium", "LARGE": "Large",
    "XLARGE": "X-Large", "XXLARGE": "2X-Large", "X2LARGE": "2X-Large", "2XLARGE": "2X-Large",
    "XXXLARGE": "3X-Large", "X3LARGE": "3X-Large", "3XLARGE": "3X-Large", "X4LARGE": "4X-Large",
    "4XLARGE": "4X-Large", "X5LARGE": "5X-Large", "5XLARGE": "5X-Large", "X6LARGE": "6X-Large",
    "6XLARGE": "6X-Large",
}  # fmt: skip


def _size(value: Value) -> str:
    size = _SIZES.get(str(value).upper().replace("-", ""))
    if size is None:
        raise ValueError(value)
    return size


PARAMETERS = {
    "MAX_CONCURRENCY_LEVEL": 8,
    "STATEMENT_QUEUED_TIMEOUT_IN_SECONDS": 0,
    "STATEMENT_TIMEOUT_IN_SECONDS": 172_800,
}
_SET = {
    "WAREHOUSE_TYPE": choice("STANDARD", "SNOWPARK-OPTIMIZED"),
    "WAREHOUSE_SIZE": _size,
    "MIN_CLUSTER_COUNT": whole(1, 300),
    "MAX_CLUSTER_COUNT": whole(1, 300),
    "SCALING_POLICY": choice("STANDARD", "ECONOMY"),
    "AUTO_SUSPEND": or_null(whole(0, 2**31 - 1)),
    "AUTO_RESUME": switch,
    "RESOURCE_MONITOR": or_null(text),
    "COMMENT": text,
    "ENABLE_QUERY_ACCELERATION": switch,
    "QUERY_ACCELERATION_MAX_SCALE_FACTOR": whole(0, 100),
    "MAX_CONCURRENCY_LEVEL": whole(1, 32),
    "STATEMENT_QUEUED_TIMEOUT_IN_SECONDS": whole(0, _WEEK),
    "STATEMENT_TIMEOUT_IN_SECONDS": whole(0, _WEEK),
}
_NEW: dict[str, Any] = {
    "WAREHOUSE_TYPE": "STANDARD", "WAREHOUSE_SIZE": "X-Small", "MIN_CLUSTER_COUNT": 1,
    "MAX_CLUSTER_COUNT": 1, "SCALING_POLICY": "STANDARD", "AUTO_SUSPEND": 600,
    "AUTO_RESUME": True, "RESOURCE_MONITOR": None, "COMMENT": "",
    "ENABLE_QUERY_ACCELERATION": False, "QUERY_ACCELERATION_MAX_SCALE_FACTOR": 8,
}  # fmt: skip


def create(call: Call) -> Answer:
    path, nothing_to_do = call.begin(KIND)
    call.words.take("WITH")
    given = call.options(KIND, {**_SET, "INITIALLY_SUSPENDED": switch})
    if nothing_to_do:
        return answers.already(path[0])
    asleep = given.pop("INITIALLY_SUSPENDED", False)
    thing = Thing(KIND, path, call.role, {**_NEW, **_checked(call, _NEW, given)})
    thing.options["state"] = SUSPENDED if asleep else STARTED
    call.state.add(thing)
    call.session.warehouse = thing.name
    return answers.created(KIND, thing.name)


def alter(call: Call) -> Answer:
    words = call.words
    thing, _ = call.existing(KIND, "MODIFY", "OPERATE")
    if thing is None:
        return answers.status()
    if words.take("SUSPEND"):
        words.finish()
        call.access.require(thing, "OPERATE")
        suspend(thing)
    elif words.take("RESUME"):
        only_if = words.take("IF", "SUSPENDED")
        words.finish()
        call.access.require(thing, "OPERATE")
        if thing.options["state"] == STARTED and not only_if:
            raise _invalid(90063, thing, "resumed")
        resume(call.state, thing)
    elif words.take("ABORT", "ALL", "QUERIES"):
        words.finish()
        call.access.require(thing, "OPERATE")
    else:
        call.access.require(thing, "MODIFY")
        _change(call, thing)
    return answers.status()


def _change(call: Call, thing: Thing) -> None:
    words = call.words
    if words.take("SET"):
        thing.options.update(_checked(call, thing.options, call.options(KIND, _SET)))
    elif words.take("UNSET"):
        for name in _listed(call):
            if name in PARAMETERS:
                thing.options.pop(name, None)
            else:
                thing.options[name] = _NEW[name]
    elif words.take("RENAME", "TO"):
        rename(call, thing)
    else:
        raise words.unexpected()


def _listed(call: Call) -> list[str]:
    names = [call.words.any_word()]
    while call.words.take(","):
        names.append(call.words.any_word())
    call.words.finish()
    for name in names:
        if name not in _SET:
            raise bad_property(name, KIND)
    return names


def rename(call: Call, thing: Thing) -> None:
    path = call.full(KIND, call.words.path())
    call.words.finish()
    call.access.require(thing, OWNERSHIP)
    if call.state.has(KIND, path):
        raise exists(path)
    call.state.move(thing, path)


def drop(call: Call) -> Answer:
    thing, path = call.existing(KIND, OWNERSHIP)
    call.words.finish()
    if thing is None:
        return answers.already_dropped(path[0])
    call.state.remove(thing)
    return answers.dropped(thing.name)


def suspend(thing: Thing) -> None:
    """:raises AccountError: 090064, if it sleeps already"""
    if thing.options["state"] == SUSPENDED:
        raise _invalid(90064, thing, "suspended")
    thing.options["state"] = SUSPENDED


def resume(state: State, thing: Thing) -> None:
    """:raises AccountError: 090073, as long as a resource monitor holds it"""
    if monitor := blocking(state, thing):
        text = (
            f"Warehouse '{thing.name}' cannot be resumed because resource monitor "
            f"'{monitor.name}' has exceeded its quota."
        )
        raise AccountError(90073, "22000", text)
    thing.options["state"] = STARTED
    thing.options["resumed_on"] = datetime.now(UTC).isoformat()


def _invalid(errno: int, thing: Thing, done: str) -> AccountError:
    text = f"Invalid state. Warehouse '{thing.name}' cannot be {done}."
    return AccountError(errno, "22000", text)


def _checked(call: Call, old: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    merged = {**old, **given}
    if merged["MIN_CLUSTER_COUNT"] > merged["MAX_CLUSTER_COUNT"]:
        raise bad_value("MIN_CLUSTER_COUNT", merged["MIN_CLUSTER_COUNT"])
    if "RESOURCE_MONITOR" in given:
        # Only account administrators assign monitors.
        call.access.require_role("ACCOUNTADMIN")
        if given["RESOURCE_MONITOR"] is not None:
            given["RESOURCE_MONITOR"] = given["RESOURCE_MONITOR"].upper()
            call.state.find("RESOURCE MONITOR", (given["RESOURCE_MONITOR"],))
    return given


def wake(call: Call) -> Thing | None:
    """Have the session's warehouse run; the warehouse if it slept, None if it ran.

    :raises AccountError: 000606 without one that the role may use, or while it sleeps for good;
        090073, as long as a resource monitor holds it
    """
    name = call.session.warehouse
    thing = call.state.things.get((KIND, (name,))) if name else None
    if thing is None or not call.access.holds("USAGE", thing):
        text = (
            "No active warehouse selected in the current session.  "
            "Select an active warehouse with the 'use warehouse' command."
        )
        raise AccountError(606, "57P03", text)
    if monitors_of(call.state, thing) and blocking(call.state, thing):
        resume(call.state, thing)
    if thing.options["state"] == STARTED:
        return None
    if not thing.options["AUTO_RESUME"]:
        text = (
            f"Warehouse '{thing.name}' is suspended. "
            f"Use 'alter warehouse {thing.name} resume;' command if you need to use it again."
        )
        raise AccountError(606, "57P03", text)
    resume(call.state, thing)
    return thing
