"""The seam to a Snowflake account, and how an account says no."""

from __future__ import annotations

from typing import Any, Protocol


class AccountFailure(Exception):
    """An account did not do what it was asked; the sentence says who must act."""


class LoginRefused(AccountFailure):
    """The key, the user or the network is not the right one."""


class AccountUnreachable(AccountFailure):
    """Nothing answered, or not as Snowflake does; it may be tried again."""


class PrivilegeMissing(AccountFailure):
    """The role may not do it."""


class StatementRefused(AccountFailure):
    """Snowflake refuses a statement for another reason."""


LOGIN_REFUSED = {390100, 390101, 390102, 390106, 390144, 390201, 390420, 390422}
ROLE_REFUSED = {3013, 390186, 390189}
PRIVILEGE_REFUSED = {3001, 2003, 2043, 606}
SUSPENDED_BY_QUOTA = {90073}


def refusal(*, number: int, said: str, user: str) -> AccountFailure:
    """What Snowflake's refusal means to an operator.

    :param number: Snowflake's own, without leading zeros
    """
    if number in LOGIN_REFUSED:
        return LoginRefused(
            f"Snowflake does not let {user} in: {said} Correct MERCURIOS_SNOWFLAKE_ADMIN_USER and"
            " MERCURIOS_SNOWFLAKE_ADMIN_PRIVATE_KEY, or have an administrator of the account"
            " register the key."
        )
    if number in ROLE_REFUSED:
        return PrivilegeMissing(
            f"{user} may not use a role that this needs: {said} An administrator of the account has"
            " to grant it, or to run this; see docs/snowflake.md."
        )
    if number in PRIVILEGE_REFUSED:
        return PrivilegeMissing(
            f"Snowflake does not allow it: {said} An administrator of the account has to run"
            " `python -m flows.provision apply`; see docs/snowflake.md."
        )
    if number in SUSPENDED_BY_QUOTA:
        return StatementRefused(
            f"A monitor holds a warehouse: {said} Raise its quota with MERCURIOS_SNOWFLAKE_CREDITS"
            " and set-up-monitors, or wait for the next month."
        )
    return StatementRefused(f"Snowflake refuses a statement: {said}")


class Account(Protocol):
    """A session with a Snowflake account. Both methods raise an `AccountFailure`."""

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """The answer to a SHOW, DESCRIBE or SELECT, by column."""
        ...

    def run(self, sql: str) -> None: ...
