"""Network policies: which addresses may come in, for the account or for one user."""

from __future__ import annotations

import ipaddress
from typing import Any

from tests.simulators.snowflake.account import answers
from tests.simulators.snowflake.account.answers import Answer
from tests.simulators.snowflake.account.call import Call, text, texts
from tests.simulators.snowflake.account.errors import refused
from tests.simulators.snowflake.account.model import ACCOUNT, State, Thing
from tests.simulators.snowflake.account.privileges import OWNERSHIP
from tests.simulators.snowflake.account.words import Value

KIND = "NETWORK POLICY"


def _addresses(value: Value) -> list[str]:
    found = texts(value)
    for one in found:
        if ipaddress.ip_network(one, strict=False).version != 4:
            raise ValueError(one)
    return found


_SET = {
    "ALLOWED_IP_LIST": _addresses,
    "BLOCKED_IP_LIST": _addresses,
    "ALLOWED_NETWORK_RULE_LIST": texts,
    "BLOCKED_NETWORK_RULE_LIST": texts,
    "COMMENT": text,
}


def create(call: Call) -> Answer:
    path, nothing_to_do = call.begin(KIND)
    given = call.options(KIND, _SET)
    if nothing_to_do:
        return answers.already(path[0])
    call.state.add(Thing(KIND, path, call.role, given))
    return answers.created(KIND, path[0])


def alter(call: Call) -> Answer:
    thing, _ = call.existing(KIND, OWNERSHIP)
    if call.words.take("UNSET"):
        name = call.words.one_of(*_SET)
        call.words.finish()
        if thing is not None:
            thing.options.pop(name, None)
        return answers.status()
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
    if _in_use(call.state, thing):
        raise refused(f"Cannot drop network policy {thing.name}: it is set for account or users.")
    call.state.remove(thing)
    return answers.dropped(thing.name)


def _in_use(state: State, thing: Thing) -> bool:
    holders = [state.find(ACCOUNT, ()), *state.of_kind("USER")]
    return any(holder.options.get("NETWORK_POLICY") == thing.name for holder in holders)


def lets_in(state: State, user: str, address: str) -> bool:
    """Whether a login from an address is let in: the user's policy goes before the account's."""
    own = state.find("USER", (user,)).options.get("NETWORK_POLICY")
    name = own or state.find(ACCOUNT, ()).options.get("NETWORK_POLICY")
    if name is None:
        return True
    options = state.find(KIND, (name,)).options
    return _within(address, options.get("ALLOWED_IP_LIST", [])) and not _within(
        address, options.get("BLOCKED_IP_LIST", [])
    )


def _within(address: str, networks: list[str]) -> bool:
    its = ipaddress.ip_address(address)
    return any(its in ipaddress.ip_network(network, strict=False) for network in networks)


_COLUMNS = (
    "created_on name comment entries_in_allowed_ip_list entries_in_blocked_ip_list "
    "entries_in_allowed_network_rules entries_in_blocked_network_rules"
)


def show(call: Call, things: list[Thing]) -> Answer:
    return answers.listing(_COLUMNS, [_shown(thing) for thing in things])


def _shown(thing: Thing) -> dict[str, Any]:
    options = thing.options
    return {
        "created_on": thing.created,
        "name": thing.name,
        "comment": options.get("COMMENT", ""),
        "entries_in_allowed_ip_list": len(options.get("ALLOWED_IP_LIST", [])),
        "entries_in_blocked_ip_list": len(options.get("BLOCKED_IP_LIST", [])),
        "entries_in_allowed_network_rules": len(options.get("ALLOWED_NETWORK_RULE_LIST", [])),
        "entries_in_blocked_network_rules": len(options.get("BLOCKED_NETWORK_RULE_LIST", [])),
    }


def describe(call: Call) -> Answer:
    thing, _ = call.existing(KIND, OWNERSHIP, "USAGE")
    call.words.finish()
    if thing is None:
        raise call.words.unexpected()
    rows = [
        (name, ",".join(thing.options[name]))
        for name in _SET
        if name in thing.options and name != "COMMENT"
    ]
    return Answer(["name", "value"], rows)
