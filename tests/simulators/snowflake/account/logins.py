"""Logins, as far as the account decides: which role and warehouse a new session has."""

from __future__ import annotations

from tests.simulators.snowflake.account.access import Session, granted_to_user, inherited
from tests.simulators.snowflake.account.errors import AccountError
from tests.simulators.snowflake.account.model import State


def log_in(state: State, session: Session) -> None:
    """:raises AccountError: 390100 for unknown users, 390101 for disabled ones, 390189 for a role
    that is not theirs"""
    user = state.things.get(("USER", (session.user.upper(),)))
    if user is None:
        raise AccountError(390100, "08001", "Incorrect username or password was specified.")
    if user.options.get("DISABLED"):
        text = "User access disabled. Contact your local system administrator."
        raise AccountError(390101, "08001", text)
    granted = inherited(state, granted_to_user(state, session.user))
    if session.role is None:
        default = user.options.get("DEFAULT_ROLE")
        session.role = default if default in granted else "PUBLIC"
    elif session.role not in granted:
        text = (
            f"Role '{session.role}' specified in the connect string does not exist or not "
            "authorized. Contact your local system administrator, or attempt to login with "
            "another role, e.g. PUBLIC."
        )
        raise AccountError(390189, "08001", text)
    session.warehouse = session.warehouse or user.options.get("DEFAULT_WAREHOUSE")
