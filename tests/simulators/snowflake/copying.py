"""COPY INTO a table from Parquet files of a stage or a bucket."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import zip_longest
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
from sqlglot import exp

from tests.simulators.snowflake.buckets import Buckets
from tests.simulators.snowflake.copy_columns import ROW_NUMBER, field_of_file, matched
from tests.simulators.snowflake.copy_options import Options, options_of
from tests.simulators.snowflake.engine import Engine
from tests.simulators.snowflake.errors import SqlError, refusal
from tests.simulators.snowflake.results import Result, listed, said
from tests.simulators.snowflake.session import Session, TableName
from tests.simulators.snowflake.stages import Stages

_COLUMNS = [
    "file",
    "status",
    "rows_parsed",
    "rows_loaded",
    "error_limit",
    "errors_seen",
    "first_error",
    "first_error_line",
    "first_error_character",
    "first_error_column_name",
]


@dataclass(frozen=True)
class Source:
    """A file to load: `shown` is its name in results, `path` where it lies."""

    shown: str
    path: Path

    @property
    def version(self) -> str:
        """Name and content: a file that was replaced is another one."""
        digest = hashlib.md5(self.path.read_bytes(), usedforsecurity=False).hexdigest()
        return f"{self.shown}#{digest}"


class Copying:
    """Loads one statement's files, all or none (ON_ERROR = ABORT_STATEMENT)."""

    def __init__(self, engine: Engine, stages: Stages, buckets: Buckets) -> None:
        self._engine = engine
        self._stages = stages
        self._buckets = buckets

    def is_ours(self, statement: exp.Copy) -> bool:
        """Whether the statement reads Parquet; other formats are fakesnow's."""
        return isinstance(_target(statement), exp.Table) and options_of(statement).is_parquet

    def target(self, session: Session, statement: exp.Copy) -> TableName:
        return self._engine.full_name(session, _target(statement))

    def load(self, session: Session, statement: exp.Copy) -> Result:
        """Load every file that was not loaded before.

        :raises SqlError: 100184 for a file that is torn or no Parquet; nothing is loaded then
        """
        options = options_of(statement)
        table = self.target(session, statement)
        columns = self._engine.columns(session, table)
        with self._sources(session, statement, options) as sources:
            if not sources:
                return said("Copy executed with 0 files processed.")
            schemas = {source: _schema(source) for source in sources}
            rows = []
            for source in sources:
                if not options.force and self._was_loaded(session, table, source):
                    rows.append(
                        [source.shown, "LOAD_SKIPPED", 0, 0, None, 1, "File was loaded before."]
                    )
                    continue
                insert = self._insert(session, statement, table, columns, source, schemas[source])
                count = self._run(session, insert, source)
                self._remember(session, table, source, count)
                rows.append([source.shown, "LOADED", count, count, 1, 0, None])
                if options.purge:
                    session.at_commit.append(partial(source.path.unlink, missing_ok=True))
        return listed(_COLUMNS, [[*row, None, None, None] for row in rows])

    def forget(self, session: Session, table: TableName) -> None:
        """A table that is emptied or made anew may load the same files again."""
        self._engine.native(
            session,
            f"DELETE FROM {_history(table)} WHERE schema_name = ? AND table_name = ?",
            table[1:],
        )

    @contextmanager
    def _sources(
        self, session: Session, statement: exp.Copy, options: Options
    ) -> Iterator[list[Source]]:
        place = _place(statement)
        url = self._stages.url(session, place) if place.startswith("@") else place
        if url is not None:
            with self._buckets.downloaded(url, options.files) as found:
                yield [s for s in (Source(name, path) for name, path in found) if _fits(s, options)]
            return
        found_place = self._stages.place(session, place)
        if options.files:
            named = [found_place.folder / found_place.path / name for name in options.files]
            for path in named:
                if not path.is_file():
                    text = f"Remote file '{found_place.shown(path)}' was not found."
                    raise SqlError(100016, "22000", text)
        else:
            named = found_place.files()
        sources = [Source(found_place.shown(path), path) for path in named]
        yield [source for source in sources if _fits(source, options)]

    def _insert(
        self,
        session: Session,
        statement: exp.Copy,
        table: TableName,
        columns: list[tuple[str, str]],
        source: Source,
        schema: pa.Schema,
    ) -> str:
        from_ = statement.args["files"][0]
        # The word is replaced in the finished SQL: a path may hold what a parser would change.
        numbered = any(column.name.upper() == ROW_NUMBER for column in from_.find_all(exp.Column))
        option = ", file_row_number = true" if numbered else ""
        reading = f"read_parquet('{_escaped(source.path)}'{option})"
        names = [column for column, _ in columns]
        if isinstance(from_, exp.Subquery):
            schema_names = [name.name for name in statement.this.expressions]
            wanted = [n.upper() for n in schema_names] if schema_names else names
            kinds = [dict(columns).get(name, "VARCHAR") for name in wanted]
            values = self._selected(session, from_.this, kinds, schema, source)
        else:
            wanted, values = matched(columns, schema, options_of(statement))
        if len(wanted) != len(values):
            text = "SQL compilation error:\nInsert value list does not match column list expecting "
            raise SqlError(2057, "21S01", f"{text}{len(wanted)} but got {len(values)}")
        target = ".".join(f'"{part}"' for part in table)
        into = ", ".join(f'"{name}"' for name in wanted)
        return f"INSERT INTO {target} ({into}) SELECT {', '.join(values)} FROM {reading}"

    def _selected(
        self,
        session: Session,
        select: exp.Select,
        kinds: list[str],
        schema: pa.Schema,
        source: Source,
    ) -> list[str]:
        values = []
        for expression, kind in zip_longest(select.expressions, kinds, fillvalue="VARCHAR"):
            if not isinstance(expression, exp.Expr):
                break  # fewer values than columns is told by the caller
            value = expression.unalias()
            if isinstance(value, exp.JSONExtract) and kind != "JSON":
                # A value of the file is cast to what it is stored as.
                value = exp.Cast(this=value.copy(), to=exp.DataType.build(kind, dialect="duckdb"))
            value = exp.Paren(this=value.copy()).transform(
                lambda e: field_of_file(e, schema, source.shown)
            )
            values.append(self._engine.transpiled(session, value))
        return values

    def _run(self, session: Session, insert: str, source: Source) -> int:
        try:
            return int(self._engine.native(session, insert)[0][0])
        except Exception as problem:
            refused = refusal(problem)
            refused.message += f"\n  File '{source.shown}'"
            raise refused from problem

    def _was_loaded(self, session: Session, table: TableName, source: Source) -> bool:
        sql = (
            f"SELECT count(*) FROM {_history(table)} "
            "WHERE file_name = ? AND table_name = ? AND schema_name = ?"
        )
        found = self._engine.native(session, sql, [source.version, table[2], table[1]])
        return bool(found[0][0])

    def _remember(self, session: Session, table: TableName, source: Source, count: int) -> None:
        self._engine.native(
            session,
            f"INSERT INTO {_history(table)} "
            "VALUES (?, ?, ?, now(), 'LOADED', ?, ?, NULL, NULL, NULL, NULL, 0, 1)",
            [table[1], source.version, table[2], count, count],
        )


def _history(table: TableName) -> str:
    return f'"{table[0]}"._fs_information_schema._fs_load_history'


def _target(statement: exp.Copy) -> exp.Table:
    target = statement.this.this if isinstance(statement.this, exp.Schema) else statement.this
    assert isinstance(target, exp.Table)
    return target


def _place(statement: exp.Copy) -> str:
    from_ = statement.args["files"][0]
    if isinstance(from_, exp.Subquery):
        from_ = from_.this.args["from_"].this
    return str(from_.this.name if isinstance(from_.this, exp.Expression) else from_.this)


def _fits(source: Source, options: Options) -> bool:
    return options.pattern is None or re.fullmatch(options.pattern, source.shown) is not None


def _schema(source: Source) -> pa.Schema:
    try:
        with pyarrow.parquet.ParquetFile(source.path) as file:
            for group in range(file.num_row_groups):
                file.read_row_group(group)
            return file.schema_arrow
    except (pa.ArrowException, OSError) as problem:
        raise SqlError(
            100184,
            "22000",
            f"Error parsing the parquet file: {problem}\n  File '{source.shown}'",
        ) from problem


def _escaped(path: Path) -> str:
    # The engine reads a path as a pattern of names.
    return re.sub(r"([\[\]*?])", r"[\1]", str(path)).replace("'", "''")
