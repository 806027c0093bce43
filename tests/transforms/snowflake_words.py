"""What may stand in a statement to Snowflake by its documentation, and finding what does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from sqlglot.dialects.snowflake import Snowflake
from sqlglot.tokens import Token, TokenType  # type: ignore[attr-defined]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Every function the project calls, and what for. Each has a page of its own in the documentation.
FUNCTIONS = {
    "abs": "rounding half away from zero",
    "array_agg": "lists in JSON",
    "as_array": "a list that may be something else",
    "as_object": "a record that may be something else",
    "boolor_agg": "whether any of them is",
    "cast": "types",
    "chr": "the separators inside our keys",
    "coalesce": "defaults",
    "concat": "ids of several parts",
    "convert_timezone": "local time",
    "count": "counting",
    "dateadd": "moments after others",
    "datediff": "how far a time zone is from UTC",
    "flatten": "the elements of a list",
    "greatest": "the later of two; null if one is",
    "lag": "the version before",
    "last_value": "what was said last",
    "lead": "the version after",
    "left": "the date in a longer text",
    "lower": "flags in any case",
    "max": "the newest",
    "md5": "our keys: 32 hexadecimal digits, as elsewhere",
    "min": "the oldest",
    "mod": "whole quotients",
    "nullif": "values that mean nothing",
    "object_construct_keep_null": "objects in JSON",
    "object_delete": "what no column of ours says",
    "object_pick": "of it, what a frozen stream is known to have",
    "row_number": "one of several",
    "substr": "joined texts",
    "sum": "adding, exactly where the numbers are exact",
    "to_json": "JSON as text",
    "trim": "texts and numbers without spaces around them",
    "try_cast": "what may be unreadable; from text only",
    "upper": "codes",
}
# What else may stand before a parenthesis.
SYNTAX = _words(
    "and as by cluster decimal else from group in join on or order over then values when where"
)
# Words that cannot name a column or a table: docs.snowflake.com/en/sql-reference/reserved-keywords
RESERVED = _words(
    """all alter and any as between by case cast check column connect constraint create cross
    current current_date current_time current_timestamp current_user delete distinct drop else
    exists false following for from full grant group having ilike in increment inner insert
    intersect into is join lateral left like localtime localtimestamp minus natural not null of on
    or order qualify regexp revoke right rlike row rows sample select set some start table
    tablesample then to trigger true try_cast union unique update using values view when whenever
    where with"""
)
# What DuckDB has and Snowflake has not.
UNKNOWN = {
    "an aggregate with a filter": re.compile(r"\bfilter\s*\(\s*where\b", re.IGNORECASE),
    "a whole division": re.compile(r"//"),
    "a list in brackets": re.compile(r"(?<![\w\"\]])\[|\bunnest\b", re.IGNORECASE),
    "a struct in braces": re.compile(r"\{\s*'[^']*'\s*:"),
    "null treatment inside the parentheses": re.compile(
        r"\b(ignore|respect)\s+nulls\s*\)", re.IGNORECASE
    ),
}
# Columns of which every row has one. Of others an order has to say where those without one stand:
# descending, DuckDB puts them last and Snowflake first.
NEVER_NULL = {
    "batch_id",
    "changed_at",
    "content_hash",
    "extracted_at",
    "lines_gained",
    "valid_from",
}


def tokens(sql: str) -> list[Token]:
    return list(Snowflake().tokenize(sql))


def without_texts(sql: str) -> str:
    """The statement without its comments and with empty literals."""
    return re.sub(r"'(?:[^']|'')*'", "''", re.sub(r"(?s)/\*.*?\*/|--[^\n]*", "", sql))


def called(sql: str) -> Iterator[str]:
    """Each word that stands before a parenthesis, but for qualified names: those are tables."""
    found = tokens(sql)
    for before, word, after in zip([None, *found], found, found[1:], strict=False):
        is_qualified = before is not None and before.token_type == TokenType.DOT
        if after.token_type == TokenType.L_PAREN and word.text[:1].isalpha() and not is_qualified:
            yield from word.text.lower().split()[-1:]


def named(sql: str) -> Iterator[str]:
    """Each name that a column or a table is given, without quotes."""
    found = tokens(sql)
    for word, name in pairwise(found):
        is_bare = name.text[:1].isalpha() and name.token_type != TokenType.IDENTIFIER
        if word.token_type == TokenType.ALIAS and is_bare:
            yield name.text.lower()


def descending(sql: str) -> Iterator[str]:
    """Each column by which rows are ordered downwards with nulls where the engine likes them."""
    found = tokens(sql)
    for column, word, after in zip(found, found[1:], found[2:], strict=False):
        if word.token_type == TokenType.DESC and after.text.lower() != "nulls":
            yield column.text.lower()
