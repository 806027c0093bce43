"""Policies evaluated: which rows a role sees, and what of a value, with SQL's own rules for names.

The body becomes the WHERE of a query whose rows carry the policy's arguments. So a name in a
subquery means the subquery's column first, and the argument only where no such column exists: a
mapping's ``tenant_id = tenant_id`` compares a column with itself, whatever the argument is called.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
from sqlglot import exp

from tests.simulators.snowflake.account.access import inherited
from tests.simulators.snowflake.account.bodies import parse_body
from tests.simulators.snowflake.account.errors import Path, dotted
from tests.simulators.snowflake.account.model import State, Thing
from tests.simulators.snowflake.account.queries import path_of

Record = Mapping[str, Any]
Tables = Mapping[Path, Sequence[Record]]
_ROWS = "__rows"


def passing(
    state: State, policy: Thing, *, role: str, arguments: Sequence[Sequence[Any]], tables: Tables
) -> list[int]:
    """The numbers of the argument lists for which a row access policy is true."""
    found = _query(state, policy, role=role, arguments=arguments, tables=tables, wanted="WHERE")
    return [number for (number,) in found]


def value(
    state: State, policy: Thing, *, role: str, arguments: Sequence[Any], tables: Tables
) -> Any:
    """What a masking policy makes of its first argument."""
    found = _query(state, policy, role=role, arguments=[arguments], tables=tables, wanted="SELECT")
    return found[0][0]


def _query(
    state: State,
    policy: Thing,
    *,
    role: str,
    arguments: Sequence[Sequence[Any]],
    tables: Tables,
    wanted: str,
) -> list[tuple[Any, ...]]:
    body = _body(state, policy, role)
    names = [name for name, _ in policy.options["arguments"]]
    types = [_duck(type_) for _, type_ in policy.options["arguments"]]
    with duckdb.connect() as engine:
        for path in _paths(policy):
            _make(engine, state, path, tables.get(path))
        columns = ", ".join(f'"{name}" {type_}' for name, type_ in zip(names, types, strict=True))
        engine.execute(f'CREATE TABLE "{_ROWS}" (__number INTEGER, {columns})')
        marks = ", ".join("?" for _ in range(len(names) + 1))
        for number, row in enumerate(arguments):
            engine.execute(f'INSERT INTO "{_ROWS}" VALUES ({marks})', [number, *row])
        if wanted == "WHERE":
            sql = f'SELECT __number FROM "{_ROWS}" WHERE {body} ORDER BY __number'
        else:
            sql = f'SELECT {body} FROM "{_ROWS}"'
        found: list[tuple[Any, ...]] = engine.execute(sql).fetchall()
        return found


def _make(
    engine: duckdb.DuckDBPyConnection, state: State, path: Path, rows: Sequence[Record] | None
) -> None:
    """A table of the body, with the columns that the account knows, or else those of its rows.

    :raises LookupError: if neither tells them
    """
    thing = state.relation(path)
    known = thing.options.get("columns", []) if thing is not None else []
    pairs = [(name, _duck(type_)) for name, type_ in known if type_]
    names = [name.upper() for name in rows[0]] if rows else []
    if not pairs:
        if not names:
            raise LookupError(f"No columns are known of {dotted(path)}.")
        pairs = [(name, "VARCHAR") for name in names]
    columns = ", ".join(f'"{name}" {type_}' for name, type_ in pairs)
    engine.execute(f'CREATE TABLE "{dotted(path)}" ({columns})')
    for row in rows or ():
        upper = {name.upper(): cell for name, cell in row.items()}
        marks = ", ".join("?" for _ in pairs)
        cells = [upper.get(name) for name, _ in pairs]
        engine.execute(f'INSERT INTO "{dotted(path)}" VALUES ({marks})', cells)


def _duck(type_: str) -> str:
    return exp.DataType.build(type_, dialect="snowflake").sql("duckdb")


def _paths(policy: Thing) -> list[Path]:
    tree = parse_body(policy.options["body"])
    tables = (t for t in tree.find_all(exp.Table) if isinstance(t.this, exp.Identifier))
    return sorted({_full(policy, path_of(table)) for table in tables})


def _full(policy: Thing, path: Path) -> Path:
    """Names in a body are read from the policy's schema."""
    return (*policy.path[: 3 - len(path)], *path)


def _body(state: State, policy: Thing, role: str) -> str:
    tree = parse_body(policy.options["body"])
    return tree.transform(_replaced, state, policy, role).sql("duckdb")


def _replaced(node: exp.Expr, state: State, policy: Thing, role: str) -> exp.Expr:
    if isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier):
        whole = exp.to_identifier(dotted(_full(policy, path_of(node))), quoted=True)
        alias = node.args.get("alias") or exp.TableAlias(
            this=exp.to_identifier(path_of(node)[-1], quoted=True)
        )
        return exp.Table(this=whole, alias=alias)
    name = _function(node)
    if name in ("CURRENT_ROLE", "INVOKER_ROLE"):
        return exp.Literal.string(role)
    if name == "IS_ROLE_IN_SESSION":
        roles = [exp.Literal.string(one) for one in sorted(inherited(state, [role]))]
        return exp.In(this=node.expressions[0].copy(), expressions=roles)
    return node


def _function(node: exp.Expr) -> str:
    if isinstance(node, exp.Anonymous):
        return str(node.this).upper()
    if isinstance(node, exp.Func):
        return str(node.sql_name()).upper()
    return ""
