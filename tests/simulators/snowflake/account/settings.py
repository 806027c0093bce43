"""ALTER ACCOUNT: parameters of the account, its resource monitor and its network policy."""

from __future__ import annotations

from typing import Any

from tests.simulators.snowflake.account import answers
from tests.simulators.snowflake.account.answers import Answer
from tests.simulators.snowflake.account.call import Call, Check, switch, text, whole
from tests.simulators.snowflake.account.errors import bad_property
from tests.simulators.snowflake.account.model import ACCOUNT

_DEFAULTS: dict[str, tuple[Check, Any]] = {
    "ABORT_DETACHED_QUERY": (switch, False),
    "DATA_RETENTION_TIME_IN_DAYS": (whole(0, 90), 1),
    "MIN_DATA_RETENTION_TIME_IN_DAYS": (whole(0, 90), 0),
    "NETWORK_POLICY": (text, ""),
    "PERIODIC_DATA_REKEYING": (switch, False),
    "PREVENT_UNLOAD_TO_INLINE_URL": (switch, False),
    "QUERY_TAG": (text, ""),
    "REQUIRE_STORAGE_INTEGRATION_FOR_STAGE_CREATION": (switch, False),
    "REQUIRE_STORAGE_INTEGRATION_FOR_STAGE_OPERATION": (switch, False),
    "STATEMENT_QUEUED_TIMEOUT_IN_SECONDS": (whole(0, 604_800), 0),
    "STATEMENT_TIMEOUT_IN_SECONDS": (whole(0, 604_800), 172_800),
    "TIMEZONE": (text, "America/Los_Angeles"),
    "WEEK_START": (whole(0, 7), 0),
}
_SET: dict[str, Check] = {
    **{name: check for name, (check, _) in _DEFAULTS.items()},
    "RESOURCE_MONITOR": text,
}


def alter(call: Call) -> Answer:
    """Account administrators set parameters; who may ATTACH POLICY sets the network policy."""
    words = call.words
    account = call.state.find(ACCOUNT, ())
    if words.take("UNSET"):
        names = [words.any_word()]
        while words.take(","):
            names.append(words.any_word())
        words.finish()
        _allow(call, names)
        for name in names:
            if name not in _SET:
                raise bad_property(name, ACCOUNT)
            account.options.pop(name, None)
        return answers.status()
    words.need("SET")
    given = call.options(ACCOUNT, _SET)
    _allow(call, list(given))
    for name, kind in (
        ("NETWORK_POLICY", "NETWORK POLICY"),
        ("RESOURCE_MONITOR", "RESOURCE MONITOR"),
    ):
        if name in given:
            given[name] = given[name].upper()
            call.state.find(kind, (given[name],))
    account.options.update(given)
    return answers.status()


def _allow(call: Call, names: list[str]) -> None:
    if names == ["NETWORK_POLICY"]:
        call.access.require_global("ATTACH POLICY")
    else:
        call.access.require_role("ACCOUNTADMIN")


def parameters(call: Call) -> list[dict[str, Any]]:
    options = call.state.find(ACCOUNT, ()).options
    return [
        {
            "key": name,
            "value": _text(options.get(name, default)),
            "default": _text(default),
            "level": ACCOUNT if name in options else "",
            "type": {bool: "BOOLEAN", int: "NUMBER"}.get(type(default), "STRING"),
        }
        for name, (_, default) in _DEFAULTS.items()
    ]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
