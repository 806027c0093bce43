"""Refusals with Snowflake's numbers, and how the engine's own errors become them."""

from __future__ import annotations

import re
from typing import NamedTuple

import duckdb
import snowflake.connector.errors
from sqlglot.errors import ParseError


class SqlError(Exception):
    """A statement is refused. `errno` and `sqlstate` are those a real account answers with."""

    def __init__(self, errno: int, sqlstate: str, message: str) -> None:
        super().__init__(message)
        self.errno = errno
        self.sqlstate = sqlstate
        self.message = message


class Conflict(Exception):
    """Another transaction changes the same rows: wait for it, then try again."""


class _Refusal(NamedTuple):
    pattern: str
    errno: int
    sqlstate: str
    message: str


# The first that fits wins; `{0}` is the pattern's first group. The texts are Snowflake's.
_KNOWN = [
    _Refusal(
        r"(?:Table|View) with name (\S+) does not exist",
        2003,
        "42S02",
        "SQL compilation error:\nObject '{0}' does not exist or not authorized.",
    ),
    _Refusal(
        r"Schema with name (\S+?) does not exist|no schema named (\S+?)[. ]",
        2043,
        "02000",
        "SQL compilation error:\nObject does not exist, or operation cannot be performed.",
    ),
    _Refusal(
        r'(?:Catalog|Database|database) "?(\S+?)"? does not exist',
        2003,
        "02000",
        "SQL compilation error:\nDatabase '{0}' does not exist or not authorized.",
    ),
    _Refusal(
        r'"?(\S+?)"? already exists',
        2002,
        "42710",
        "SQL compilation error:\nObject '{0}' already exists.",
    ),
    _Refusal(
        r"Function with name (\S+) does not exist",
        2140,
        "42601",
        "SQL compilation error:\nUnknown function {0}.",
    ),
    _Refusal(
        r'Referenced column "(\S+?)" (?:not found|was not found)',
        904,
        "42000",
        "SQL compilation error: error line 1 at position 0\ninvalid identifier '{0}'",
    ),
    _Refusal(
        r'does not have a column (?:named|with name) "(\S+?)"',
        904,
        "42000",
        "SQL compilation error: error line 1 at position 0\ninvalid identifier '{0}'",
    ),
    _Refusal(
        r'Referenced table "(\S+?)" not found',
        904,
        "42000",
        "SQL compilation error: error line 1 at position 0\ninvalid identifier '{0}'",
    ),
    _Refusal(
        r'Ambiguous reference to (?:column name|table) "(\S+?)"',
        2028,
        "42601",
        "SQL compilation error:\nambiguous column name '{0}'",
    ),
    _Refusal(
        r"NOT NULL constraint failed: (\S+)",
        100072,
        "22000",
        "NULL result in a non-nullable column ({0})",
    ),
    _Refusal(r"Malformed JSON .*Input: (.*)", 100069, "22P02", "Error parsing JSON: {0}"),
    _Refusal(
        r"cannot affect the same target row more than once",
        100090,
        "42P18",
        "Duplicate row detected during DML action",
    ),
    _Refusal(
        r'No catalog \+ schema named "(\S+?)" found',
        2043,
        "02000",
        "SQL compilation error:\nObject does not exist, or operation cannot be performed.",
    ),
    _Refusal(r"[Dd]ivision by zero", 100051, "22012", "Division by zero"),
]
_KINDS: list[tuple[type[Exception], int, str]] = [
    (duckdb.ParserException, 1003, "42000"),
    (duckdb.SyntaxException, 1003, "42000"),
    (duckdb.OutOfRangeException, 100039, "22003"),
    (duckdb.CatalogException, 2003, "42S02"),
    (duckdb.BinderException, 2043, "02000"),
    (duckdb.ConstraintException, 100072, "22000"),
]
_DATES = re.compile(r"date|timestamp|time\b", re.IGNORECASE)


def refusal(problem: Exception) -> SqlError:
    """What a real account would answer, as far as the engine's error tells."""
    if isinstance(problem, SqlError):
        return problem
    if isinstance(problem, duckdb.ConversionException):
        return _conversion(str(problem))
    if isinstance(problem, duckdb.Error):
        return _engine_refusal(problem)
    if isinstance(problem, snowflake.connector.errors.Error):
        return _known(str(problem.raw_msg)) or SqlError(
            problem.errno if problem.errno and problem.errno > 0 else 603,
            problem.sqlstate or "XX000",
            str(problem.raw_msg),
        )
    if isinstance(problem, ParseError):
        return SqlError(1003, "42000", f"SQL compilation error:\nsyntax error: {problem}")
    return SqlError(
        603, "XX000", f"SQL execution internal error: {type(problem).__name__}: {problem}"
    )


def is_conflict(problem: BaseException) -> bool:
    """Whether the statement met rows or a table that another open transaction has changed."""
    cause: BaseException | None = problem
    while cause is not None:
        text = str(cause)
        if isinstance(cause, duckdb.TransactionException) and "onflict" in text:
            return True
        # Another connection may have put a table in the place of the one just bound.
        if isinstance(cause, duckdb.Error) and "has been altered" in text:
            return True
        cause = cause.__cause__
    return False


def _engine_refusal(problem: duckdb.Error) -> SqlError:
    text = str(problem)
    if found := _known(text):
        return found
    for kind, errno, sqlstate in _KINDS:
        if isinstance(problem, kind):
            return SqlError(errno, sqlstate, f"SQL compilation error:\n{text}")
    return SqlError(603, "XX000", f"SQL execution internal error: {type(problem).__name__}: {text}")


def _known(text: str) -> SqlError | None:
    for known in _KNOWN:
        if found := re.search(known.pattern, text):
            name = next((group for group in found.groups() if group), "") if found.groups() else ""
            return SqlError(known.errno, known.sqlstate, known.message.format(name.strip("'\"!")))
    if "onversion Error" in text:
        return _conversion(text)
    return None


def _conversion(text: str) -> SqlError:
    first = text.split("\n")[0]
    if _DATES.search(first):
        return SqlError(100035, "22007", first)
    return SqlError(100038, "22018", first)
