"""Where the model of an account's roles, grants and warehouses is asked, if it is switched on."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.simulators.snowflake.account import Account, AccountError
from tests.simulators.snowflake.errors import SqlError
from tests.simulators.snowflake.results import Result, listed
from tests.simulators.snowflake.session import Session

_DEFINITION = re.compile(r"(?is)^(create|alter|drop|undrop)\s")


class AccountHook:
    """Without an account nothing is answered and nothing is refused."""

    def __init__(self, account: Account | None) -> None:
        self._account = account
        self._lock = threading.RLock()

    def log_in(self, session: Session) -> None:
        """Give a session its user's role and warehouse.

        :raises SqlError: unknown user, or a role that was not granted
        """
        if self._account is not None:
            with _refusals():
                self._account.log_in(session)

    def answer(self, session: Session, sql: str) -> Result | None:
        """:raises SqlError: the account refuses the statement"""
        if self._account is None:
            return None
        with self._lock, _refusals():
            found = self._account.answer(sql, session)
            if found is None:
                return None
            self._account.save()
        return listed(list(found.columns), [list(row) for row in found.rows])

    @contextmanager
    def checked(self, session: Session, sql: str) -> Iterator[None]:
        """Let the engine run a statement that the account allows.

        :raises SqlError: the role lacks a privilege, or the warehouse cannot run it
        """
        if self._account is None:
            yield
            return
        with self._lock, _refusals():
            self._account.check(sql, session)
        try:
            yield
        except Exception:
            self._account.undo(session)
            raise
        if _DEFINITION.match(sql):
            with self._lock:
                self._account.save()

    def switch(self, name: str, wanted: dict[str, Any]) -> Any:
        """What tests do to an account from outside: let credits be used, time pass, look on.

        :raises KeyError: there is no such switch
        """
        assert self._account is not None, "the account model is switched off"
        account = self._account
        with self._lock:
            if name == "use-credits":
                return account.use_credits(wanted["warehouse"], wanted["credits"])
            switches: dict[str, Callable[[], Any]] = {
                "new-period": account.new_period,
                "rest": account.rest,
                "notices": lambda: account.notices,
                "wakes": lambda: account.wakes,
            }
            return switches[name]()


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except AccountError as refused:
        raise SqlError(refused.errno, refused.sqlstate, refused.message) from refused
