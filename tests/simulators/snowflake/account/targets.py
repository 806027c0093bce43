"""What a GRANT or REVOKE names: one object, all of a kind, or those to come."""

from __future__ import annotations

from dataclasses import dataclass

from tests.simulators.snowflake.account.call import Call
from tests.simulators.snowflake.account.errors import Path, compilation, missing
from tests.simulators.snowflake.account.model import ACCOUNT, Thing
from tests.simulators.snowflake.account.privileges import (
    IMPORTED,
    OWNERSHIP,
    PLURALS,
    PRIVILEGES,
    exists_for,
)

ONE, ALL, FUTURE = "ONE", "ALL", "FUTURE"


@dataclass(frozen=True)
class Target:
    which: str
    kind: str
    path: Path  # of the object, or of the schema or database around all of them

    def things(self, call: Call) -> list[Thing]:
        if self.which == ONE:
            return [call.state.find(self.kind, self.path)]
        found = call.state.of_kind(self.kind, within=self.path)
        return [t for t in found if t.name != "INFORMATION_SCHEMA" or self.kind != "SCHEMA"]


def read_target(call: Call) -> Target:
    words = call.words
    if words.take(ACCOUNT):
        return Target(ONE, ACCOUNT, ())
    for which in (ALL, FUTURE):
        if words.take(which):
            kind = PLURALS[words.one_of(*PLURALS)]
            words.need("IN")
            around = words.one_of("SCHEMA", "DATABASE")
            if around == kind:
                raise words.unexpected()
            path = call.full(around, words.path())
            call.state.find(around, path)
            return Target(which, kind, path)
    kind = words.one_of(*(kind for kind in PRIVILEGES if kind != ACCOUNT))
    path = call.full(kind, words.path())
    if kind in ("FUNCTION", "PROCEDURE") and words.take("("):
        while not words.take(")"):
            words.skip()
    if not call.state.has(kind, path):
        raise missing(kind, path)
    return Target(ONE, kind, path)


def read_privileges(call: Call) -> list[str]:
    """``SELECT, CREATE TABLE``; ``ALL [PRIVILEGES]`` is the one word ALL."""
    words = call.words
    if words.take("ALL"):
        words.take("PRIVILEGES")
        return ["ALL"]
    found = []
    while True:
        privilege = words.any_word()
        while not (words.at(",") or words.at("ON")):
            privilege += " " + words.any_word()
        found.append(privilege)
        if not words.take(","):
            return found


def fitting(privileges: list[str], kind: str) -> list[str]:
    """The privileges that are meant, each of which exists for this kind of object.

    :raises AccountError: for INSERT on a schema, say, which is a privilege of tables
    """
    if privileges == ["ALL"]:
        return sorted(PRIVILEGES[kind])
    for privilege in privileges:
        if privilege == OWNERSHIP or not exists_for(privilege, kind):
            text = f"Invalid object type '{kind}' for privilege '{privilege}'."
            raise compilation(3008, "42601", text)
    return privileges


def is_imported(thing: Thing) -> bool:
    return bool(thing.options.get("imported"))


def check_imported(thing: Thing, privileges: list[str]) -> None:
    """A shared database is granted as a whole, any other one never so."""
    if thing.kind == "DATABASE" and is_imported(thing) != (privileges == [IMPORTED]):
        text = (
            "Granting individual privileges on imported database is not allowed. "
            "Use 'GRANT IMPORTED PRIVILEGES' instead."
            if is_imported(thing)
            else f"Invalid object type 'DATABASE' for privilege '{IMPORTED}'."
        )
        raise compilation(3011, "42501", text)
