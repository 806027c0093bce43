"""The columns of a Parquet file as values for the columns of a table."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from sqlglot import exp

from tests.simulators.snowflake.copy_options import Options
from tests.simulators.snowflake.errors import SqlError

ROW_NUMBER = "METADATA$FILE_ROW_NUMBER"


def matched(
    columns: list[tuple[str, str]], schema: pa.Schema, options: Options
) -> tuple[list[str], list[str]]:
    if options.match_by_column_name == "NONE":
        if len(columns) == 1 and columns[0][1] == "JSON":
            return [columns[0][0]], [_whole(schema)]
        raise SqlError(
            2019,
            "0A000",
            "SQL compilation error:\n"
            "PARQUET file format can produce one and only one column of type variant, object, or "
            "array. Load data into separate columns using the MATCH_BY_COLUMN_NAME copy option or "
            "copy with transformation.",
        )
    is_sensitive = options.match_by_column_name == "CASE_SENSITIVE"
    held = {name if is_sensitive else name.upper(): name for name in schema.names}
    wanted, values = [], []
    for name, kind in columns:
        if name in held:
            column = '"' + held[name] + '"'
            wanted.append(name)
            # A text in the file is a text in a VARIANT: only PARSE_JSON reads it.
            values.append(f"to_json({column})" if kind == "JSON" else column)
    return wanted, values


def field_of_file(expression: Any, schema: pa.Schema, file: str) -> Any:
    """`$1:name` as the file's column; METADATA$FILENAME and METADATA$FILE_ROW_NUMBER as said."""
    if isinstance(expression, exp.JSONExtract) and _is_row(expression.this):
        return _extracted(expression, schema)
    if _is_row(expression):
        return exp.cast(exp.Literal.string("{}"), "VARIANT")
    if isinstance(expression, exp.Column) and expression.name.upper() == "METADATA$FILENAME":
        return exp.Literal.string(file)
    if isinstance(expression, exp.Column) and expression.name.upper() == ROW_NUMBER:
        return exp.Paren(this=exp.column("file_row_number") + 1)
    if isinstance(expression, exp.Column) and expression.name.upper() == "METADATA$FILE_ROW_NUMBER":
        return exp.column("file_row_number")
    return expression


def _is_row(expression: Any) -> bool:
    if isinstance(expression, exp.Dot):
        expression = expression.expression
    if isinstance(expression, exp.Column):
        expression = expression.this
    return isinstance(expression, exp.Parameter) and expression.name == "1"


def _extracted(expression: exp.JSONExtract, schema: pa.Schema) -> exp.Expression:
    keys = list(expression.expression.find_all(exp.JSONPathKey))
    name = str(keys[0].this)
    if name not in schema.names:
        return exp.Null()
    column = exp.column(exp.to_identifier(name, quoted=True))
    parent = expression.parent
    is_cast = isinstance(parent, exp.Cast) and not parent.to.is_type("variant", "object", "array")
    if len(keys) == 1 and is_cast:
        return column
    document: exp.Expression = exp.Anonymous(this="TO_JSON", expressions=[column])
    for key in keys[1:]:
        operator = exp.JSONExtractScalar if is_cast and key is keys[-1] else exp.JSONExtract
        path = exp.JSONPath(expressions=[exp.JSONPathRoot(), exp.JSONPathKey(this=key.this)])
        document = operator(this=document, expression=path)
    return document


def _whole(schema: pa.Schema) -> str:
    pairs = ", ".join(f"'{name}', \"{name}\"" for name in schema.names)
    return f"json_object({pairs})"
