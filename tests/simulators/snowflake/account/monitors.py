"""Resource monitors: quotas, triggers, and what happens when credits are used up."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.simulators.snowflake.account import answers
from tests.simulators.snowflake.account.answers import Answer
from tests.simulators.snowflake.account.call import Call, choice, text, texts, whole
from tests.simulators.snowflake.account.errors import bad_property, bad_value, exists, refused
from tests.simulators.snowflake.account.model import ACCOUNT, State, Thing
from tests.simulators.snowflake.account.privileges import OWNERSHIP
from tests.simulators.snowflake.account.words import Words

KIND = "RESOURCE MONITOR"
NOTIFY, SUSPEND, SUSPEND_IMMEDIATE = "NOTIFY", "SUSPEND", "SUSPEND_IMMEDIATE"
_MOST = {NOTIFY: 5, SUSPEND: 1, SUSPEND_IMMEDIATE: 1}
_SET = {
    "CREDIT_QUOTA": whole(1, 10**9),
    "FREQUENCY": choice("MONTHLY", "DAILY", "WEEKLY", "YEARLY", "NEVER"),
    "START_TIMESTAMP": text,
    "END_TIMESTAMP": text,
    "NOTIFY_USERS": texts,
}
Trigger = tuple[int, str]  # at how many percent, and what


def create(call: Call) -> Answer:
    """No privilege allows it: only account administrators create monitors."""
    call.access.require_role("ACCOUNTADMIN")
    path, nothing_to_do = _begin(call)
    call.words.take("WITH")
    given, triggers = _definition(call)
    if nothing_to_do:
        return answers.already(path[0])
    options = {"used": 0.0, "fired": [], "triggers": triggers or [], **given}
    call.state.add(Thing(KIND, path, call.role, options))
    return answers.created(KIND, path[0])


def _begin(call: Call) -> tuple[tuple[str, ...], bool]:
    lenient = call.words.take("IF", "NOT", "EXISTS")
    path = call.full(KIND, call.words.path())
    there = call.state.has(KIND, path)
    if there and not call.replace and not lenient:
        raise exists(path)
    return path, there and lenient


def alter(call: Call) -> Answer:
    thing, _ = call.existing(KIND, "MODIFY")
    call.words.take("SET")
    given, triggers = _definition(call)
    if thing is None:
        return answers.status()
    thing.options.update(given)
    if triggers is not None:
        thing.options["triggers"] = triggers
    return answers.status()


def drop(call: Call) -> Answer:
    thing, path = call.existing(KIND, OWNERSHIP)
    call.words.finish()
    if thing is None:
        return answers.already_dropped(path[0])
    for warehouse in assigned(call.state, thing):
        warehouse.options["RESOURCE_MONITOR"] = None
    call.state.remove(thing)
    return answers.dropped(thing.name)


def _definition(call: Call) -> tuple[dict[str, Any], list[Trigger] | None]:
    given: dict[str, Any] = {}
    words = call.words
    while not (words.done or words.at(";") or words.at("TRIGGERS")):
        name = words.any_word()
        if name not in _SET:
            raise bad_property(name, KIND)
        words.need("=")
        given[name] = _value(name, words)
    if given.get("START_TIMESTAMP") == "IMMEDIATELY":
        given["START_TIMESTAMP"] = datetime.now(UTC).isoformat()
    triggers = _triggers(words) if words.take("TRIGGERS") else None
    words.finish()
    if "FREQUENCY" in given and "START_TIMESTAMP" not in given:
        raise refused("FREQUENCY of a resource monitor needs START_TIMESTAMP beside it.")
    return given, triggers


def _value(name: str, words: Words) -> Any:
    value = words.value()
    try:
        return _SET[name](value)
    except (ValueError, TypeError) as wrong:
        raise bad_value(name, value) from wrong


def _triggers(words: Words) -> list[Trigger]:
    found: list[Trigger] = []
    words.need("ON")
    while True:
        percent = int(words.number())
        words.need("PERCENT", "DO")
        found.append((percent, words.one_of(SUSPEND_IMMEDIATE, SUSPEND, NOTIFY)))
        if not words.take("ON"):
            break
    for action, most in _MOST.items():
        if sum(1 for _, its in found if its == action) > most:
            raise refused(f"A resource monitor has at most {most} trigger(s) with {action}.")
    return found


def assigned(state: State, monitor: Thing) -> list[Thing]:
    """The warehouses that it holds: its own, or all if it is the account's."""
    account = state.find(ACCOUNT, ())
    if account.options.get("RESOURCE_MONITOR") == monitor.name:
        return state.of_kind("WAREHOUSE")
    return [
        warehouse
        for warehouse in state.of_kind("WAREHOUSE")
        if warehouse.options["RESOURCE_MONITOR"] == monitor.name
    ]


def monitors_of(state: State, warehouse: Thing) -> list[Thing]:
    return [m for m in state.of_kind(KIND) if warehouse in assigned(state, m)]


def blocking(state: State, warehouse: Thing) -> Thing | None:
    """The monitor that keeps a warehouse suspended, if one does."""
    for monitor in monitors_of(state, warehouse):
        for percent, action in _reached(monitor):
            if action != NOTIFY and percent:
                return monitor
    return None


def use_credits(state: State, warehouse: Thing, credits: float) -> list[str]:
    """Let credits be used; what was notified by it, as ``MONITOR: 75 percent: NOTIFY``."""
    notices: list[str] = []
    for monitor in monitors_of(state, warehouse):
        monitor.options["used"] += credits
        for percent, action in _reached(monitor):
            if [percent, action] in monitor.options["fired"]:
                continue
            monitor.options["fired"].append([percent, action])
            # Suspending notifies, too.
            notices.append(f"{monitor.name}: {percent} percent: {action}")
            if action != NOTIFY:
                for held in assigned(state, monitor):
                    held.options["state"] = "SUSPENDED"
    return notices


def new_period(state: State) -> None:
    for monitor in state.of_kind(KIND):
        monitor.options.update(used=0.0, fired=[])


def _reached(monitor: Thing) -> list[Trigger]:
    quota = monitor.options.get("CREDIT_QUOTA")
    if not quota:
        return []
    percent = 100 * monitor.options["used"] / quota
    return [(at, action) for at, action in monitor.options["triggers"] if percent >= at]


_COLUMNS = (
    "name credit_quota used_credits remaining_credits level frequency start_time end_time "
    "notify_at suspend_at suspend_immediately_at created_on owner comment notify_users"
)


def show(call: Call, things: list[Thing]) -> Answer:
    return answers.listing(_COLUMNS, [_shown(call.state, thing) for thing in things])


def _shown(state: State, thing: Thing) -> dict[str, Any]:
    options = thing.options
    quota = options.get("CREDIT_QUOTA")
    return {
        "name": thing.name,
        "credit_quota": _decimal(quota),
        "used_credits": _decimal(options["used"]),
        "remaining_credits": None if quota is None else _decimal(quota - options["used"]),
        "level": _level(state, thing),
        "frequency": options.get("FREQUENCY", "MONTHLY"),
        "start_time": options.get("START_TIMESTAMP"),
        "end_time": options.get("END_TIMESTAMP"),
        "notify_at": _percents(options["triggers"], NOTIFY),
        "suspend_at": _percents(options["triggers"], SUSPEND),
        "suspend_immediately_at": _percents(options["triggers"], SUSPEND_IMMEDIATE),
        "created_on": thing.created,
        "owner": thing.owner,
        "comment": "",
        "notify_users": ",".join(options.get("NOTIFY_USERS", [])),
    }


def _level(state: State, thing: Thing) -> str | None:
    if state.find(ACCOUNT, ()).options.get("RESOURCE_MONITOR") == thing.name:
        return ACCOUNT
    return "WAREHOUSE" if assigned(state, thing) else None


def _percents(triggers: list[Trigger], wanted: str) -> str | None:
    return ",".join(f"{at}%" for at, action in triggers if action == wanted) or None


def _decimal(credits: float | None) -> str | None:
    return None if credits is None else f"{credits:.2f}"
