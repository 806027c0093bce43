"""An account: asked about every statement, before the engine sees it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from tests.simulators.snowflake.account import (
    dispatch,
    engine,
    logins,
    monitors,
    network,
    seen,
    storage,
)
from tests.simulators.snowflake.account.access import Session
from tests.simulators.snowflake.account.answers import Answer
from tests.simulators.snowflake.account.call import Call
from tests.simulators.snowflake.account.evaluation import Record
from tests.simulators.snowflake.account.matrix import Matrix, future_matrix, matrix
from tests.simulators.snowflake.account.model import State
from tests.simulators.snowflake.account.plain import plain
from tests.simulators.snowflake.account.undo import Change, Kept
from tests.simulators.snowflake.account.words import Words

_Result = TypeVar("_Result")


class Account:
    """Ask ``answer`` first; where it is None, ``check``, and then let the engine run it.

    An engine that fails to run what was checked says so with ``undo``.
    """

    def __init__(self, state: State, folder: Path | None = None) -> None:
        self.state = state
        self.notices: list[str] = []
        # Warehouse and statement of each time that one was woken by work.
        self.wakes: list[tuple[str, str]] = []
        self._folder = folder
        self._lock = threading.RLock()
        self._changes: dict[int, Change] = {}

    @classmethod
    def fresh(cls, *, name: str = "FAKESNOW", user: str = "ADMIN") -> Account:
        return cls(storage.fresh(name, user))

    @classmethod
    def load(cls, folder: Path, *, name: str = "FAKESNOW", user: str = "ADMIN") -> Account:
        """The account kept in a folder; a fresh one, if there is none yet."""
        return cls(storage.load(folder) or storage.fresh(name, user), folder)

    def save(self) -> None:
        if self._folder is None:
            raise ValueError("This account was not loaded from a folder.")
        with self._lock:
            storage.save(self.state, self._folder)

    def answer(self, sql: str, session: Session) -> Answer | None:
        """None, where this is the engine's to run.

        :raises AccountError: where Snowflake would refuse
        """
        return self._whole(sql, session, dispatch.answer)

    def check(self, sql: str, session: Session) -> None:
        """Check what the engine is about to run, and record what it makes and drops.

        :raises AccountError: where Snowflake would refuse
        """
        with self._lock:
            kept = Kept(self.state)
            if self._whole(sql, session, engine.check):
                call = Call(self.state, session, Words(sql))
                try:
                    woken = engine.wake(call)
                except Exception:
                    kept.restore(self.state)
                    raise
                if woken is not None:
                    self.wakes.append((woken, sql))
            self._changes[id(session)] = kept.change(self.state)

    def for_engine(self, sql: str) -> str:
        """A checked CREATE without the clauses that no engine understands: policies, tags…"""
        return plain(sql)

    def undo(self, session: Session) -> None:
        """Take back what the last ``check`` of this session recorded: the engine failed."""
        with self._lock:
            change = self._changes.pop(id(session), None)
            if change is not None:
                change.undo(self.state)

    def _whole(self, sql: str, session: Session, step: Callable[[Call], _Result]) -> _Result:
        """A statement happens as a whole or not at all."""
        with self._lock:
            kept = Kept(self.state)
            try:
                return step(Call(self.state, session, Words(sql)))
            except Exception:
                kept.restore(self.state)
                raise

    def log_in(self, session: Session) -> None:
        """Give a new session its user's defaults where the login named nothing else.

        :raises AccountError: 390189, for a role that the user was not granted
        """
        with self._lock:
            logins.log_in(self.state, session)

    def use_credits(self, warehouse: str, credits: float) -> list[str]:
        """Let a warehouse use credits; the notices that its monitors sent because of it."""
        with self._lock:
            thing = self.state.find("WAREHOUSE", (warehouse,))
            sent = monitors.use_credits(self.state, thing, credits)
            self.notices += sent
            return sent

    def new_period(self) -> None:
        """The first of the next month: every monitor starts from zero."""
        with self._lock:
            monitors.new_period(self.state)

    def rest(self) -> list[str]:
        """Let the auto-suspend time of every warehouse pass; those that fell asleep."""
        with self._lock:
            asleep = [
                thing
                for thing in self.state.of_kind("WAREHOUSE")
                if thing.options["AUTO_SUSPEND"] and thing.options["state"] == "STARTED"
            ]
            for thing in asleep:
                thing.options["state"] = "SUSPENDED"
            return [thing.name for thing in asleep]

    def visible_rows(
        self,
        role: str,
        relation: str,
        rows: Sequence[Record],
        tables: Mapping[str, Sequence[Record]] | None = None,
    ) -> list[Record]:
        """Those of a view's rows that a role sees; ``tables`` is what the policy reads."""
        return seen.visible_rows(self.state, role, relation, rows, tables or {})

    def masked(
        self,
        role: str,
        column: str,
        value: Any,
        *,
        others: Record | None = None,
        tables: Mapping[str, Sequence[Record]] | None = None,
    ) -> Any:
        """What a role sees of a value in ``DATABASE.SCHEMA.VIEW.COLUMN``."""
        return seen.masked(self.state, role, column, value, others or {}, tables or {})

    def lets_in(self, user: str, address: str) -> bool:
        """Whether network policies let a user log in from an address."""
        return network.lets_in(self.state, user, address)

    def public_keys(self, user: str) -> list[str]:
        """The keys a user may log in with, base64 of DER; none for who may not log in at all."""
        thing = self.state.things.get(("USER", (user,)))
        if thing is None or thing.options.get("DISABLED"):
            return []
        names = ("RSA_PUBLIC_KEY", "RSA_PUBLIC_KEY_2")
        return [thing.options[name] for name in names if name in thing.options]

    def matrix(self) -> Matrix:
        return matrix(self.state)

    def future_matrix(self) -> Matrix:
        return future_matrix(self.state)

    def options(self, kind: str, name: str) -> dict[str, Any]:
        """What is set on an object, for tests that look closer than SHOW."""
        return dict(self.state.find(kind, Words(name).path()).options)
