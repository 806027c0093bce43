"""The one place where fakesnow is changed. Each change says what would go wrong without it."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from string import Template
from typing import Any

import fakesnow.arrow
import fakesnow.converter
import fakesnow.cursor
import fakesnow.info_schema
import fakesnow.rowtype
import fakesnow.transforms
import fakesnow.variables
import pyarrow as pa
from sqlglot import exp

from tests.simulators.snowflake.mends import finished, mended

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - a TIMESTAMP_NTZ has no time zone

_VIEWS = """
    union all by name
    select
        database_name as "TABLE_CATALOG",
        schema_name as "TABLE_SCHEMA",
        view_name as "TABLE_NAME",
        'SYSADMIN' as "TABLE_OWNER",
        'VIEW' as "TABLE_TYPE"
    from duckdb_views()
    where database_name = '${catalog}' and schema_name != '_fs_information_schema' and not internal
"""

_timestamps = fakesnow.arrow.timestamp_to_sf_struct
_columns_of_table_as = fakesnow.transforms.create_table_as
_transform = fakesnow.cursor.FakeSnowflakeCursor._transform
_inline_variables = fakesnow.variables.Variables.inline_variables
_from_binding = fakesnow.converter.from_binding


def apply() -> None:
    """Change fakesnow for this process. To be called once, before the first session."""
    fakesnow.arrow.timestamp_to_sf_struct = _timestamps_with_nulls
    fakesnow.cursor.FakeSnowflakeCursor._transform = _mended_transform
    fakesnow.variables.Variables.inline_variables = _known_variables
    # Small whole numbers have types of their own in the engine, which fakesnow cannot name.
    fakesnow.rowtype.duckdb_to_sf_type.update(
        dict.fromkeys(("TINYINT", "SMALLINT", "UTINYINT", "USMALLINT", "UINTEGER"), "fixed"),
        FLOAT="real",
        UUID="text",
    )
    # Sums of NUMBER would go through doubles, and come back rounded.
    fakesnow.transforms.numeric_agg_implicit_cast = lambda expression: expression
    fakesnow.transforms.create_table_as = _create_table_as
    # DESCRIBE looks in the session's database for the columns of another one.
    described = fakesnow.transforms.transforms.SQL_DESCRIBE_TABLE.template
    fakesnow.transforms.transforms.SQL_DESCRIBE_TABLE = Template(
        described.replace("FROM _fs_", "FROM ${catalog}._fs_")
    )
    # INFORMATION_SCHEMA.TABLES leaves out the views.
    tables = fakesnow.info_schema.SQL_CREATE_INFORMATION_SCHEMA_TABLES_VIEW.template
    fakesnow.info_schema.SQL_CREATE_INFORMATION_SCHEMA_TABLES_VIEW = Template(tables + _VIEWS)


def binding_value(binding: dict[str, Any]) -> Any:
    """A bound value as the engine takes it.

    fakesnow reads FIXED with int(), which fails for decimals, and gives timestamps a time zone.
    """
    kind, value = binding["type"], binding["value"]
    if value is None:
        return None
    if kind == "FIXED":
        return Decimal(value) if "." in value or "E" in value.upper() else int(value)
    if kind == "REAL":
        return float(value)
    if kind == "TIMESTAMP_NTZ":
        return _EPOCH + timedelta(microseconds=int(value) // 1000)
    return _from_binding(binding)


def _timestamps_with_nulls(timestamps: Any) -> Any:
    # The struct is built without a validity mask: a null arrives as 1970-01-01.
    if isinstance(timestamps, pa.ChunkedArray):
        timestamps = timestamps.combine_chunks()
    if timestamps.type.tz:  # of the session; fakesnow sends UTC only
        timestamps = timestamps.cast(pa.timestamp(timestamps.type.unit, "UTC"))
    made = _timestamps(timestamps.fill_null(0) if timestamps.null_count else timestamps)
    fields = [made.field(i) for i in range(made.type.num_fields)]
    return pa.StructArray.from_arrays(fields, fields=list(made.type), mask=timestamps.is_null())


def _mended_transform(self: Any, expression: Any, params: Any) -> Any:
    session = getattr(self._conn, "session", None)
    return finished(_transform(self, mended(expression, session), params))


def _create_table_as(expression: Any, connection: Any) -> Any:
    # It describes a star's columns in the wrong dialect.
    is_listed = isinstance(expression, exp.Create) and isinstance(expression.this, exp.Schema)
    if is_listed and isinstance(expression.expression, exp.Query):
        query: Any = expression.expression.unnest()
        if any(isinstance(column, exp.Star) for column in query.expressions):
            sql = finished(query.copy()).sql(dialect="duckdb")
            names = [row[0] for row in connection.execute(f"DESCRIBE {sql}").fetchall()]
            query.set("expressions", [exp.column(exp.to_identifier(name)) for name in names])
    return _columns_of_table_as(expression, connection)


def _known_variables(self: Any, sql: str) -> Any:
    # It refuses every text with a dollar sign and a letter in it, even inside quotes.
    return _inline_variables(self, sql) if self._variables else sql
