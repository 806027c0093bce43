"""Bodies of policies: expressions over the policy's arguments, with subqueries allowed."""

from __future__ import annotations

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from tests.simulators.snowflake.account import queries
from tests.simulators.snowflake.account.call import Call
from tests.simulators.snowflake.account.errors import AccountError, Path, compilation, missing
from tests.simulators.snowflake.account.model import State

# Snowflake has them, sqlglot does not know them.
_KNOWN = frozenset({
    "CURRENT_ROLE", "CURRENT_AVAILABLE_ROLES", "CURRENT_SECONDARY_ROLES", "CURRENT_ACCOUNT",
    "CURRENT_DATABASE", "CURRENT_REGION", "CURRENT_SESSION", "CURRENT_STATEMENT",
    "CURRENT_WAREHOUSE", "INVOKER_ROLE", "INVOKER_SHARE", "IS_ROLE_IN_SESSION",
    "IS_DATABASE_ROLE_IN_SESSION", "IS_GRANTED_TO_INVOKER_ROLE", "SHA2", "SHA1", "MD5_HEX",
    "GETVARIABLE", "REGEXP_REPLACE", "HASH", "SYSTEM$GET_TAG_ON_CURRENT_COLUMN",
    "SYSTEM$GET_TAG_ON_CURRENT_TABLE", "CURRENT_USER", "CURRENT_IP_ADDRESS",
})  # fmt: skip


def parse_body(body: str) -> exp.Expr:
    """:raises AccountError: 001003, if this is no single expression"""
    try:
        trees = sqlglot.parse(f"SELECT {body}", dialect="snowflake")
    except SqlglotError as wrong:
        raise _no_expression(body) from wrong
    tree = trees[0] if len(trees) == 1 else None
    whole = isinstance(tree, exp.Select) and len(tree.expressions) == 1
    if tree is None or not whole or any(tree.args.get(k) for k in ("from_", "from", "where")):
        raise _no_expression(body)
    found: exp.Expr = tree.expressions[0]
    if isinstance(found, exp.Alias | exp.Star):
        raise _no_expression(body)
    return found


def _no_expression(body: str) -> AccountError:
    first = body.split() or ["<EOF>"]
    return compilation(1003, "42000", f"syntax error line 1 at position 0 unexpected '{first[0]}'.")


def check_body(call: Call, body: str, arguments: list[str], *, schema: Path) -> None:
    """:raises AccountError: for functions, names and tables that do not exist"""
    tree = parse_body(body)
    _check_functions(call.state, tree)
    for column in tree.find_all(exp.Column):
        inside_query = column.find_ancestor(exp.Select) is not None and _has_from(column)
        if not inside_query and queries.name_of(column.this) not in arguments:
            raise compilation(904, "42000", f"invalid identifier '{column.sql()}'")
    for path in queries.tables_of(tree):
        full = (*schema[: 3 - len(path)], *path)
        relation = call.state.relation(full)
        if relation is None:
            raise missing("TABLE", full)
        call.access.require(relation, "SELECT")


def _has_from(column: exp.Expr) -> bool:
    select = column.find_ancestor(exp.Select)
    while select is not None:
        if select.args.get("from_") or select.args.get("from"):
            return True
        select = select.find_ancestor(exp.Select)
    return False


def _check_functions(state: State, tree: exp.Expr) -> None:
    written = {thing.name for thing in state.of_kind("FUNCTION")}
    for call in tree.find_all(exp.Anonymous):
        name = str(call.this).upper()
        if name not in _KNOWN and name not in written:
            raise compilation(2140, "42601", f"Unknown function {name}")
