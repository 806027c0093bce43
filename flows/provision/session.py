"""An account behind the connector: logs in as the provisioning user, and says no in our words."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from flows.provision.account import (
    AccountUnreachable,
    LoginRefused,
    StatementRefused,
    refusal,
)
from flows.settings import SettingMissing
from flows.warehouse.snowflake_account import Login, SnowflakeAccount, connect
from flows.warehouse.snowflake_connection import SnowflakeConnection
from flows.warehouse.tag import Tag
from flows.warehouse.warehouse import WarehouseBusy, WarehouseRefused, WarehouseUnavailable

# Everybody has it, and it is there before anything of ours is.
FIRST_ROLE = "PUBLIC"


class ConnectorAccount:
    """Use it in a `with` statement.

    :raises LoginRefused, AccountUnreachable: see `docs/operating.md`
    """

    def __init__(self, place: SnowflakeAccount, *, login: Login | None = None) -> None:
        self._user = (login or place.login).user
        with failures(self._user, logging_in=True):
            self._connection: SnowflakeConnection = connect(
                # The database may not be there yet.
                replace(place, database=""),
                role=FIRST_ROLE,
                warehouse="",
                tag=Tag(step="provision"),
                login=login,
            )

    def rows(self, sql: str) -> list[dict[str, Any]]:
        with failures(self._user):
            return self._connection.dicts(sql)

    def run(self, sql: str) -> None:
        with failures(self._user):
            self._connection.run(sql)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()


def admin_login() -> Login:
    """Who provisions, out of the environment.

    :raises SettingMissing: naming the variable
    """
    user = os.environ.get("MERCURIOS_SNOWFLAKE_ADMIN_USER", "")
    key = os.environ.get("MERCURIOS_SNOWFLAKE_ADMIN_PRIVATE_KEY", "")
    for name, value in (("USER", user), ("PRIVATE_KEY", key)):
        if not value:
            raise SettingMissing(
                f"Set MERCURIOS_SNOWFLAKE_ADMIN_{name} where provisioning runs; the worker needs"
                " none."
            )
    passphrase = os.environ.get("MERCURIOS_SNOWFLAKE_ADMIN_PRIVATE_KEY_PASSPHRASE", "")
    return Login(user=user, private_key=key, passphrase=passphrase)


def place() -> SnowflakeAccount:
    """Where the account is, out of the environment, without the worker's login.

    :raises SettingMissing: naming the variable
    """
    account = os.environ.get("MERCURIOS_SNOWFLAKE_ACCOUNT", "")
    if not account:
        raise SettingMissing("Set MERCURIOS_SNOWFLAKE_ACCOUNT to the name of Snowflake's account.")
    port = os.environ.get("MERCURIOS_SNOWFLAKE_PORT") or "443"
    if not re.fullmatch(r"[0-9]{1,5}", port):
        raise SettingMissing("MERCURIOS_SNOWFLAKE_PORT is no number. Correct it.")
    return SnowflakeAccount(
        account=account,
        login=Login(user=""),
        host=os.environ.get("MERCURIOS_SNOWFLAKE_HOST", ""),
        port=int(port),
        protocol=os.environ.get("MERCURIOS_SNOWFLAKE_PROTOCOL") or "https",
    )


@contextmanager
def failures(user: str, *, logging_in: bool = False) -> Iterator[None]:
    """Turn what the warehouse's connection raises into what an operator of the account can do.

    :raises AccountFailure: whichever it is
    """
    try:
        yield
    except (WarehouseUnavailable, WarehouseBusy) as error:
        raise AccountUnreachable(
            "Snowflake does not answer. Try again; if it goes on, look at"
            " MERCURIOS_SNOWFLAKE_ACCOUNT, at the network and at Snowflake's status page."
        ) from error
    except WarehouseRefused as error:
        raise _refusal(user, error, logging_in=logging_in) from error


def _refusal(user: str, error: WarehouseRefused, *, logging_in: bool) -> Exception:
    cause = error.__cause__
    number, said = (
        _number(cause),
        " ".join(str(getattr(cause, "msg", "") or cause or error).split()),
    )
    found = refusal(number=number, said=said, user=user)
    # Without a number it is about what the operator has set: that sentence stands by itself.
    return LoginRefused(str(error)) if logging_in and type(found) is StatementRefused else found


def _number(cause: BaseException | None) -> int:
    """The connector wraps what the server said to a login: the number is in the text."""
    found = re.search(r"\b(39[0-9]{4})\b", str(cause or ""))
    return int(found[1]) if found else int(getattr(cause, "errno", None) or 0)
