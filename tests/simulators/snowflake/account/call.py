"""One statement of one session: its words, and the rules that all families share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.simulators.snowflake.account.access import Session, access_of
from tests.simulators.snowflake.account.errors import (
    AccountError,
    Path,
    bad_property,
    bad_value,
    exists,
)
from tests.simulators.snowflake.account.model import ACCOUNT, ACCOUNT_KINDS, State, Thing
from tests.simulators.snowflake.account.privileges import OWNERSHIP
from tests.simulators.snowflake.account.words import Value, Words

Check = Callable[[Value], Any]
_NONE_CURRENT = ((90105, "database"), (90106, "schema"))


class Call:
    def __init__(self, state: State, session: Session, words: Words) -> None:
        self.state = state
        self.session = session
        self.words = words
        self.access = access_of(state, session)
        self.replace = False

    @property
    def role(self) -> str:
        return self.access.primary

    def full(self, kind: str, path: Path) -> Path:
        """The path with the session's database and schema before it where they are left out.

        :raises AccountError: 090105 or 090106, where the session has none
        """
        parts = 1 if kind in ACCOUNT_KINDS else 2 if kind == "SCHEMA" else 3
        if len(path) > parts:
            raise self.words.unexpected()
        current = (self.session.database, self.session.schema)[: parts - len(path)]
        for name, (errno, word) in zip(current, _NONE_CURRENT, strict=False):
            if not name:
                raise _none_current(errno, word)
        return (*(str(name) for name in current), *path)

    def parent(self, kind: str, path: Path) -> Thing:
        """What an object of this kind is created in."""
        if kind in ACCOUNT_KINDS:
            return self.state.find(ACCOUNT, ())
        parent = path[:-1]
        # Names resolve from the outside inwards: a foreign database hides its schemas.
        self.access.reach("SCHEMA", path[:2])
        return self.state.find("DATABASE" if len(parent) == 1 else "SCHEMA", parent)

    def begin(self, kind: str) -> tuple[Path, bool]:
        """Read ``[IF NOT EXISTS] name`` of a CREATE; true if there is nothing left to do.

        :raises AccountError: 002002, if it is there; 003001, without the privilege
        """
        lenient = self.words.take("IF", "NOT", "EXISTS")
        if lenient and self.replace:
            raise self.words.unexpected()
        path = self.full(kind, self.words.path())
        self.access.require_to_create(kind, self.parent(kind, path))
        there = self.state.things.get((kind, path))
        if there is not None and self.replace:
            self.access.require(there, OWNERSHIP)
        elif there is not None and not lenient:
            raise exists(path)
        return path, there is not None and lenient

    def existing(self, kind: str, *privileges: str) -> tuple[Thing | None, Path]:
        """Read ``[IF EXISTS] name``; None if it may be missing and is.

        :raises AccountError: 002003 or 003001
        """
        lenient = self.words.take("IF", "EXISTS")
        path = self.full(kind, self.words.path())
        if lenient and not self.state.has(kind, path):
            return None, path
        thing = self.state.find(kind, path)
        self.access.require(thing, *privileges)
        return thing, path

    def options(self, kind: str, known: Mapping[str, Check]) -> dict[str, Any]:
        """Read ``NAME = value …`` to the end of the statement.

        :raises AccountError: 001006 for a property that there is not, 001008 for its value
        """
        found: dict[str, Any] = {}
        while not (self.words.done or self.words.at(";")):
            name = self.words.any_word()
            if name not in known:
                raise bad_property(name, kind)
            self.words.need("=")
            value = self.words.value()
            try:
                found[name] = known[name](value)
            except (ValueError, TypeError) as wrong:
                raise bad_value(name, value) from wrong
            self.words.take(",")
        self.words.finish()
        return found


def _none_current(errno: int, kind: str) -> AccountError:
    text = (
        f"Cannot perform operation. This session does not have a current {kind}. "
        f"Call 'USE {kind.upper()}', or use a qualified name."
    )
    return AccountError(errno, "22000", text)


def text(value: Value) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def switch(value: Value) -> bool:
    if isinstance(value, str):
        value = {"TRUE": True, "FALSE": False}.get(value.upper())
    if not isinstance(value, bool):
        raise TypeError
    return value


def whole(low: int, high: int) -> Check:
    """A whole number between two, both included; also where it was written as a text."""

    def check(value: Value) -> int:
        if isinstance(value, str):
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise ValueError(value)
        return value

    return check


def choice(*words: str) -> Check:
    def check(value: Value) -> str:
        chosen = str(value).upper()
        if chosen not in words:
            raise ValueError(value)
        return chosen

    return check


def or_null(check: Check) -> Check:
    return lambda value: None if value is None else check(value)


def texts(value: Value) -> list[str]:
    if not isinstance(value, list):
        raise TypeError
    return value
