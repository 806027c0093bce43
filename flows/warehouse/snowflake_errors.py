"""Snowflake's errors in our words: who has to act, and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from snowflake.connector import errors

from flows.warehouse.warehouse import WarehouseBusy, WarehouseRefused, WarehouseUnavailable

LOCKED = {625, 200001}
NOT_ALLOWED = {3001, 2003, 2043}
TORN_FILE = {100184, 100069, 100080, 100038}
EXPIRED_SESSION = {390111, 390112, 390114, 390195}

PASSING = (
    errors.OperationalError,
    errors.InterfaceError,
    errors.HttpError,
    errors.InternalServerError,
    errors.ServiceUnavailableError,
    errors.GatewayTimeoutError,
    errors.BadGatewayError,
    errors.RequestTimeoutError,
    errors.RequestExceedMaxRetryError,
    errors.OtherHTTPRetryableError,
)

PERMISSIONS = "Run `python -m flows.provision repair-permissions`."


@contextmanager
def as_ours() -> Iterator[None]:
    """Turn what the connector raises into what flows know.

    :raises WarehouseBusy, WarehouseUnavailable: what may be tried again
    :raises WarehouseRefused: what an operator has to change first
    """
    try:
        yield
    except errors.Error as error:
        raise _ours(error) from error


def _ours(error: errors.Error) -> Exception:
    number, said = error.errno or -1, _said(error)
    if (refused := _refusal(number, said)) is not None:
        return WarehouseRefused(refused)
    if number in LOCKED or re.search(r"\block(ed)?\b", said, re.IGNORECASE):
        return WarehouseBusy(
            "Another run changes this tenant's tables in Snowflake. Start this one again after it."
        )
    if number in TORN_FILE:
        return WarehouseUnavailable(
            "A file did not reach Snowflake whole. Nothing of it has landed; it is sent again."
        )
    if number in EXPIRED_SESSION or isinstance(error, PASSING):
        return WarehouseUnavailable(
            "Snowflake does not answer. The run is tried again; if it goes on, see Snowflake's"
            " status page and the worker's network."
        )
    return WarehouseRefused(f"Snowflake refused a statement (error {number}): {said}")


def _refusal(number: int, said: str) -> str | None:
    for numbers, sentence in REFUSALS:
        if number in numbers or any(str(each) in said for each in numbers if each > 99999):
            return sentence
    if "resource monitor" in said.lower() or "exceeded its quota" in said.lower():
        return QUOTA_SENTENCE
    if number in NOT_ALLOWED or "not authorized" in said.lower():
        return f"Snowflake does not allow it: {said} {PERMISSIONS}"
    return None


QUOTA_SENTENCE = (
    "The warehouse has used up the credits of its resource monitor, and Snowflake has suspended it."
    " Raise the monitor's quota, or wait for its next month."
)
REFUSALS: tuple[tuple[set[int], str], ...] = (
    (
        {390144},
        "Snowflake does not know the worker's key. Register its public key with the user, or run"
        " `python -m flows.provision rotate-key`.",
    ),
    (
        {390106, 390201},
        "The password of Snowflake's user has expired. Give the user a key instead: see"
        " docs/production.md.",
    ),
    (
        {390100},
        "Snowflake does not know this user and password. Correct MERCURIOS_SNOWFLAKE_USER, or what"
        " MERCURIOS_SNOWFLAKE_PASSWORD leads to.",
    ),
    (
        {390101, 390102},
        "Snowflake has locked or disabled the worker's user. An administrator of the account has to"
        " enable it.",
    ),
    (
        {390186, 390189},
        "Snowflake's user may not take on its role. Run `python -m flows.provision apply`.",
    ),
    (
        {390420, 390422},
        "Snowflake's network policy does not let this machine in. Add its address to the policy.",
    ),
    (
        {606},
        "The role may not use its warehouse, or there is none. " + PERMISSIONS,
    ),
    (
        {90105, 90106},
        "The tenant has no schemas in Snowflake yet. Run `python -m flows.provision apply`.",
    ),
    ({90073}, QUOTA_SENTENCE),
)


def _said(error: errors.Error) -> str:
    """One line of what Snowflake says, without the number and the query's id in front."""
    text = str(error.raw_msg if getattr(error, "raw_msg", None) else error.msg or error)
    return " ".join(text.split())[:300]
