"""Users: people with a password, services with a key, and nobody's secret to be read again."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from tests.simulators.snowflake.account import answers
from tests.simulators.snowflake.account.answers import Answer
from tests.simulators.snowflake.account.call import Call, choice, switch, text, whole
from tests.simulators.snowflake.account.errors import (
    Path,
    bad_property,
    compilation,
    denied,
    refused,
)
from tests.simulators.snowflake.account.model import Thing
from tests.simulators.snowflake.account.privileges import OWNERSHIP
from tests.simulators.snowflake.account.words import Value

KIND = "USER"
PERSON, SERVICE, LEGACY_SERVICE = "PERSON", "SERVICE", "LEGACY_SERVICE"
_KEYS = ("RSA_PUBLIC_KEY", "RSA_PUBLIC_KEY_2")
# A service does not type: what only a person has cannot be set for it.
_OF_PEOPLE = frozenset({
    "PASSWORD", "FIRST_NAME", "MIDDLE_NAME", "LAST_NAME", "MUST_CHANGE_PASSWORD",
    "MINS_TO_BYPASS_MFA",
})  # fmt: skip
_OWN = frozenset({"DEFAULT_ROLE", "DEFAULT_WAREHOUSE", "DEFAULT_NAMESPACE"})


def _key(value: Value) -> str:
    """The key without header and footer, as Snowflake wants it."""
    written = "".join(text(value).split())
    try:
        key = load_der_public_key(base64.b64decode(written, validate=True))
    except (binascii.Error, ValueError, UnsupportedAlgorithm) as wrong:
        raise compilation(1440, "42601", "New public key rejected by current policy.") from wrong
    if not isinstance(key, RSAPublicKey) or key.key_size < 2048:
        raise compilation(1440, "42601", "New public key rejected by current policy.")
    return written


def _roles(value: Value) -> list[str]:
    found = [str(one).upper() for one in value] if isinstance(value, list) else None
    if found is None or found not in ([], ["ALL"]):
        raise ValueError(value)
    return found


def _name(value: Value) -> str:
    return text(value).upper()


_SET = {
    "PASSWORD": text, "LOGIN_NAME": _name, "DISPLAY_NAME": text, "FIRST_NAME": text,
    "MIDDLE_NAME": text, "LAST_NAME": text, "EMAIL": text, "MUST_CHANGE_PASSWORD": switch,
    "DISABLED": switch, "DAYS_TO_EXPIRY": whole(0, 10**6), "MINS_TO_UNLOCK": whole(0, 10**6),
    "MINS_TO_BYPASS_MFA": whole(0, 10**6), "DEFAULT_WAREHOUSE": _name, "DEFAULT_NAMESPACE": _name,
    "DEFAULT_ROLE": _name, "DEFAULT_SECONDARY_ROLES": _roles, "RSA_PUBLIC_KEY": _key,
    "RSA_PUBLIC_KEY_2": _key, "COMMENT": text, "NETWORK_POLICY": _name,
    "TYPE": choice(PERSON, SERVICE, LEGACY_SERVICE),
    "STATEMENT_TIMEOUT_IN_SECONDS": whole(0, 604_800),
}  # fmt: skip


def create(call: Call) -> Answer:
    path, nothing_to_do = call.begin(KIND)
    given = _checked(call, call.options(KIND, _SET), old={})
    if nothing_to_do:
        return answers.already(path[0])
    call.state.add(Thing(KIND, path, call.role, given))
    return answers.status(f"User {path[0]} successfully created.")


def alter(call: Call) -> Answer:
    """The owner alters a user; everybody alters their own defaults."""
    words = call.words
    lenient = words.take("IF", "EXISTS")
    path = call.full(KIND, words.path())
    if lenient and not call.state.has(KIND, path):
        return answers.status()
    thing = call.state.find(KIND, path)
    if words.take("UNSET"):
        names = [words.any_word()]
        while words.take(","):
            names.append(words.any_word())
        words.finish()
        _allow(call, thing, names)
        _unset(thing, names)
    elif words.take("RENAME", "TO"):
        new: Path = (words.name(),)
        words.finish()
        call.access.require(thing, OWNERSHIP)
        call.state.move(thing, new)
    else:
        words.need("SET")
        given = call.options(KIND, _SET)
        _allow(call, thing, list(given))
        thing.options.update(_checked(call, given, old=thing.options))
    return answers.status()


def drop(call: Call) -> Answer:
    thing, path = call.existing(KIND, OWNERSHIP)
    call.words.finish()
    if thing is None:
        return answers.already_dropped(path[0])
    for member in list(call.state.members.values()):
        if (member.grantee_kind, member.grantee) == (KIND, thing.name):
            del call.state.members[member.role, member.grantee_kind, member.grantee]
    call.state.remove(thing)
    return answers.dropped(thing.name)


def _allow(call: Call, thing: Thing, names: list[str]) -> None:
    if thing.name == call.session.user and set(names) <= _OWN:
        return
    if not call.access.holds(OWNERSHIP, thing):
        raise denied(KIND, thing.path)


def _unset(thing: Thing, names: list[str]) -> None:
    for name in names:
        if name not in _SET:
            raise bad_property(name, KIND)
        thing.options.pop(name, None)


def _checked(call: Call, given: dict[str, Any], *, old: dict[str, Any]) -> dict[str, Any]:
    merged = {**old, **given}
    if merged.get("TYPE") == SERVICE:
        for name in sorted(_OF_PEOPLE & set(given)):
            raise refused(f"Cannot set property '{name}' on a user with TYPE=SERVICE.")
        if given.get("TYPE") == SERVICE and _OF_PEOPLE & set(old):
            # Turning a person into a service clears what only people have.
            for name in _OF_PEOPLE:
                old.pop(name, None)
    if "NETWORK_POLICY" in given:
        call.state.find("NETWORK POLICY", (given["NETWORK_POLICY"],))
    if "PASSWORD" in given:
        # Nobody reads a password again, the model neither.
        given["PASSWORD"] = hashlib.sha256(given["PASSWORD"].encode()).hexdigest()
    return given


def fingerprint(key: str | None) -> str | None:
    """``SHA256:…``, as in a key-pair login's issuer."""
    if key is None:
        return None
    digest = hashlib.sha256(base64.b64decode(key)).digest()
    return "SHA256:" + base64.b64encode(digest).decode()


_COLUMNS = (
    "name created_on login_name display_name first_name last_name email mins_to_unlock "
    "days_to_expiry comment disabled must_change_password snowflake_lock default_warehouse "
    "default_namespace default_role default_secondary_roles owner has_password "
    "has_rsa_public_key type"
)


def show(call: Call, things: list[Thing]) -> Answer:
    return answers.listing(_COLUMNS, [_shown(thing) for thing in things])


def _shown(thing: Thing) -> dict[str, Any]:
    options = {name.lower(): value for name, value in thing.options.items()}
    return {
        **options,
        "name": thing.name,
        "created_on": thing.created,
        "login_name": options.get("login_name", thing.name),
        "display_name": options.get("display_name", thing.name),
        "disabled": str(options.get("disabled", False)).lower(),
        "must_change_password": str(options.get("must_change_password", False)).lower(),
        "snowflake_lock": "false",
        "default_secondary_roles": str(options.get("default_secondary_roles", ["ALL"])),
        "owner": thing.owner,
        "has_password": str("password" in options).lower(),
        "has_rsa_public_key": str("rsa_public_key" in options).lower(),
        "type": options.get("type"),
    }


def describe(call: Call) -> Answer:
    thing, _ = call.existing(KIND, OWNERSHIP, "MONITOR")
    call.words.finish()
    assert thing is not None
    described: dict[str, Any] = {"NAME": thing.name, "LOGIN_NAME": thing.name, "COMMENT": None}
    described |= dict.fromkeys(_SET)
    described |= {"LOGIN_NAME": thing.name, **thing.options}
    described["PASSWORD"] = "********" if "PASSWORD" in thing.options else None
    for name in _KEYS:
        described[name + "_FP"] = fingerprint(thing.options.get(name))
    rows = [(n, None if v is None else str(v), "null", "") for n, v in described.items()]
    return Answer(["property", "value", "default", "description"], rows)
