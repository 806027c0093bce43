"""A session that talks to an account alone: statements of the engine are checked, and not run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.simulators.snowflake.account.account import Account
from tests.simulators.snowflake.account.answers import Answer
from tests.simulators.snowflake.account.errors import AccountError


@dataclass
class Client:
    account: Account
    user: str = "ADMIN"
    role: str | None = "ACCOUNTADMIN"
    warehouse: str | None = None
    database: str | None = None
    schema: str | None = None
    secondary_roles: str | None = None

    def run(self, *statements: str) -> Answer | None:
        """The last one's answer; None, if that was the engine's to give."""
        found = None
        for sql in statements:
            found = self.account.answer(sql, self)
            if found is None:
                self.account.check(sql, self)
        return found

    def records(self, sql: str) -> list[dict[str, Any]]:
        found = self.run(sql)
        assert found is not None, "the engine answers this, not the account"
        return found.records()

    def said(self, sql: str) -> str:
        """The one line that a statement without rows answers."""
        return str(self.records(sql)[0]["status"])

    def refusal(self, sql: str) -> AccountError:
        try:
            self.run(sql)
        except AccountError as refused:
            return refused
        raise AssertionError(f"accepted: {sql}")
