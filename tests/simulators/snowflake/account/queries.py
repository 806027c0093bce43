"""Statements on data: which tables, views and stages they touch, and what that takes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from tests.simulators.snowflake.account.access import Access
from tests.simulators.snowflake.account.call import Call
from tests.simulators.snowflake.account.errors import Path, compilation, missing
from tests.simulators.snowflake.account.model import Thing
from tests.simulators.snowflake.account.privileges import IMPORTED
from tests.simulators.snowflake.account.words import Words

_STAGE = re.compile(r"""@(~|%?(?:[\w$.]|"[^"]+")+)""")
_CATALOG = "INFORMATION_SCHEMA"


def parsed(sql: str) -> exp.Expr | None:
    """None where sqlglot cannot read it: the engine, which reads with sqlglot too, will refuse."""
    try:
        return sqlglot.parse_one(sql, dialect="snowflake")
    except SqlglotError:
        return None


def name_of(node: exp.Expr | None) -> str:
    if not isinstance(node, exp.Identifier):
        return ""
    return str(node.this) if node.args.get("quoted") else str(node.this).upper()


def path_of(table: exp.Table) -> Path:
    parts = (table.args.get("catalog"), table.args.get("db"), table.this)
    return tuple(name_of(part) for part in parts if part)


def tables_of(tree: exp.Expr, *, but: exp.Expr | None = None) -> Iterator[Path]:
    """The tables and views that are read: no CTEs, no table functions, and not the target."""
    for table in tree.find_all(exp.Table):
        if table is but or not isinstance(table.this, exp.Identifier):
            continue
        path = path_of(table)
        if len(path) > 1 or path[0] not in _ctes_around(table):
            yield path


def _ctes_around(node: exp.Expr) -> set[str]:
    names: set[str] = set()
    above = node.parent
    while above is not None:
        with_ = above.args.get("with_") or above.args.get("with")
        if isinstance(with_, exp.With):
            names |= {cte.alias.upper() for cte in with_.expressions}
        above = above.parent
    return names


def require_reading(call: Call, paths: Iterable[Path]) -> None:
    for path in paths:
        require_on(call, path, "SELECT")


def require_on(call: Call, path: Path, privilege: str) -> None:
    """A privilege on a table or view; a view also needs what its owner reads through it.

    :raises AccountError: 003001, 002003, or 002037 for a view whose owner lost its tables
    """
    full = call.full("TABLE", path)
    if full in call.state.temporary:
        return
    if _is_catalog(call, full):
        return
    thing = call.state.relation(full)
    if thing is None:
        call.access.reach("TABLE", full)
        raise missing("TABLE", full)
    call.access.require(thing, privilege)
    if thing.kind == "VIEW":
        _expand(call, thing)


def _is_catalog(call: Call, path: Path) -> bool:
    database = call.state.find("DATABASE", path[:1])
    if database.options.get("imported"):
        if not call.access.holds(IMPORTED, database):
            raise missing("DATABASE", path[:1])
        return True
    if path[1] != _CATALOG:
        return False
    call.access.reach("SCHEMA", path[:2])
    return True


def _expand(call: Call, view: Thing) -> None:
    owner = Access(call.state, primary=view.owner)
    for written in view.options.get("reads", []):
        path = tuple(written)
        below = call.state.relation(path)
        if below is None and path[1] != _CATALOG and path not in call.state.temporary:
            raise _broken(view, path)
        if below is not None:
            try:
                owner.require(below, "SELECT")
            except Exception as refusal:
                raise _broken(view, path) from refusal
            if below.kind == "VIEW":
                _expand(call, below)


def _broken(view: Thing, path: Path) -> Exception:
    inner = missing("TABLE", path).message
    return compilation(2037, "42601", f"Failure during expansion of view '{view.name}': {inner}")


def select(call: Call, tree: exp.Expr) -> bool:
    """Check what a query reads; whether it needs a warehouse."""
    reads = list(tables_of(tree))
    require_reading(call, reads)
    staged = _reads_stage(tree)
    if staged:
        require_stages(call, call.words.sql, "READ")
    return bool(reads) or staged


def _reads_stage(tree: exp.Expr) -> bool:
    return any("@" in str(table.this) for table in tree.find_all(exp.Table))


def insert_of_values(call: Call) -> bool:
    """Check an INSERT of plain rows, which may be many, by its head alone; whether it is one."""
    words = Words(call.words.sql)
    if not words.take("INSERT", "INTO"):
        return False
    path = words.path()
    if words.at("("):
        words.names()
    if not words.at("VALUES") or "select" in call.words.sql.lower():
        return False
    require_on(call, path, "INSERT")
    return True


def change(call: Call, tree: exp.Expr) -> None:
    """INSERT, UPDATE, DELETE and MERGE."""
    target = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    if not isinstance(target, exp.Table):
        return
    for privilege in _needed(tree):
        require_on(call, path_of(target), privilege)
    require_reading(call, tables_of(tree, but=target))


def _needed(tree: exp.Expr) -> list[str]:
    if isinstance(tree, exp.Insert):
        return ["INSERT", "DELETE"] if tree.args.get("overwrite") else ["INSERT"]
    # Reading the rows to choose among is reading: a change with a condition asks for SELECT.
    if isinstance(tree, exp.Update):
        return ["UPDATE", "SELECT"] if tree.args.get("where") else ["UPDATE"]
    if isinstance(tree, exp.Delete):
        return ["DELETE", "SELECT"] if tree.args.get("where") else ["DELETE"]
    actions = {_action(when) for when in tree.find_all(exp.When)}
    return ["SELECT", *sorted(actions)]


def _action(when: exp.When) -> str:
    then = when.args["then"]
    if isinstance(then, exp.Insert):
        return "INSERT"
    return "UPDATE" if isinstance(then, exp.Update) else "DELETE"


def truncate(call: Call) -> None:
    words = call.words
    words.take("TABLE")
    lenient = words.take("IF", "EXISTS")
    path = call.full("TABLE", words.path())
    if lenient and call.state.relation(path) is None:
        return
    require_on(call, path, "TRUNCATE")


def copy(call: Call) -> None:
    words = call.words
    words.need("COPY", "INTO")
    if words.at("@"):
        require_stages(call, words.sql, "WRITE", most=1)
        tree = parsed(words.sql[words.sql.upper().index("FROM") + 4 :].strip())
        if tree is not None:
            require_reading(call, tables_of(tree))
        return
    require_on(call, words.path(), "INSERT")
    require_stages(call, words.sql, "READ", most=1)
    if re.search(r"\bPURGE\s*=\s*TRUE\b", words.sql, re.IGNORECASE):
        require_stages(call, words.sql, "WRITE", most=1)
    if found := re.search(r"\bFORMAT_NAME\s*=\s*'?([\w.$\"]+)", words.sql, re.IGNORECASE):
        path = call.full("FILE FORMAT", Words(found[1]).path())
        call.access.require(call.state.find("FILE FORMAT", path), "USAGE")


def files(call: Call, privilege: str) -> None:
    """PUT, GET, LIST and REMOVE."""
    # PUT names the stage behind the file, whose name may have an @ in it.
    sql = call.words.rest
    require_stages(call, sql[sql.rindex("@") :] if call.words.at("PUT") else sql, privilege, most=1)


def require_stages(call: Call, sql: str, privilege: str, most: int | None = None) -> None:
    for found in _STAGE.findall(sql)[:most]:
        if found == "~":
            continue  # everybody's own
        if found.startswith("%"):
            _table_stage(call, found[1:])
            continue
        path = call.full("STAGE", Words(found).path())
        if path in call.state.temporary:
            continue
        call.access.reach("STAGE", path)
        stage = call.state.find("STAGE", path)
        call.access.require(stage, "USAGE" if stage.options.get("external") else privilege)


def _table_stage(call: Call, name: str) -> None:
    """A table's own stage has no grants: it is its owner's."""
    path = call.full("TABLE", Words(name).path())
    if path not in call.state.temporary:
        call.access.require(call.state.find("TABLE", path), "OWNERSHIP")
