"""What the connector says is turned into what an operator of the account can do."""

from __future__ import annotations

import pytest
from snowflake.connector import errors

from flows.provision.account import (
    AccountFailure,
    AccountUnreachable,
    LoginRefused,
    PrivilegeMissing,
    StatementRefused,
)
from flows.provision.session import failures
from flows.warehouse.snowflake_errors import as_ours


def told(error: errors.Error, *, logging_in: bool = False) -> AccountFailure:
    with (
        pytest.raises(AccountFailure) as found,
        failures("ADMIN", logging_in=logging_in),
        as_ours(),
    ):
        raise error
    return found.value


def test_no_answer_may_be_tried_again() -> None:
    found = told(errors.OperationalError(msg="250001: Could not connect", errno=250001))

    assert isinstance(found, AccountUnreachable)
    assert str(found).startswith("Snowflake does not answer. Try again;")


@pytest.mark.parametrize("number", [390144, 390100, 390106, 390422])
def test_a_login_that_is_refused_names_the_user(number: int) -> None:
    found = told(errors.DatabaseError(msg=f"{number} (08001): no.", errno=250001), logging_in=True)

    assert isinstance(found, LoginRefused)
    assert str(found).startswith("Snowflake does not let ADMIN in:")


@pytest.mark.parametrize("number", [3001, 2003, 2043, 606])
def test_a_missing_privilege_says_who_can_give_it(number: int) -> None:
    found = told(errors.ProgrammingError(msg="Insufficient privileges.", errno=number))

    assert isinstance(found, PrivilegeMissing)
    assert "An administrator of the account has to run" in str(found)


def test_a_role_that_was_not_granted_names_the_user() -> None:
    found = told(errors.ProgrammingError(msg="Requested role 'X' is not assigned.", errno=3013))

    assert isinstance(found, PrivilegeMissing)
    assert str(found).startswith("ADMIN may not use a role that this needs:")


def test_a_quota_that_is_used_up_says_how_to_raise_it() -> None:
    found = told(errors.ProgrammingError(msg="Warehouse cannot be resumed.", errno=90073))

    assert isinstance(found, StatementRefused)
    assert "MERCURIOS_SNOWFLAKE_CREDITS" in str(found)


def test_anything_else_is_said_as_it_is() -> None:
    found = told(errors.ProgrammingError(msg="syntax error", errno=1003))

    assert isinstance(found, StatementRefused)
    assert "syntax error" in str(found)
