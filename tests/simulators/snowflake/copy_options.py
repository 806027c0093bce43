"""The options of a COPY INTO statement."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlglot import exp

from tests.simulators.snowflake.errors import SqlError

_FORMAT_OPTIONS = {
    "TYPE",
    "USE_LOGICAL_TYPE",
    "BINARY_AS_TEXT",
    "COMPRESSION",
    "TRIM_SPACE",
    "NULL_IF",
}


@dataclass
class Options:
    files: list[str] = field(default_factory=list)
    pattern: str | None = None
    force: bool = False
    purge: bool = False
    match_by_column_name: str = "NONE"
    is_parquet: bool = False


def options_of(statement: exp.Copy) -> Options:
    options = Options()
    for parameter in statement.args.get("params") or []:
        name, value = parameter.this.name.upper(), parameter.args.get("expression")
        text = value.name if value is not None else ""
        if name == "FILE_FORMAT":
            words = {p.this.name.upper(): p.args["value"].name for p in parameter.expressions}
            options.is_parquet = str(words.get("TYPE", "CSV")).upper() == "PARQUET"
            if options.is_parquet and (unknown := set(words) - _FORMAT_OPTIONS):
                raise SqlError(
                    1003, "42000", f"SQL compilation error:\ninvalid parameter {unknown}"
                )
        elif name == "FILES":
            options.files = [literal.name for literal in parameter.find_all(exp.Literal)]
        elif name == "PATTERN":
            options.pattern = text
        elif name in ("FORCE", "PURGE"):
            is_true = isinstance(value, exp.Boolean) and value.this
            setattr(options, name.lower(), bool(is_true or text.upper() == "TRUE"))
        elif name == "MATCH_BY_COLUMN_NAME":
            options.match_by_column_name = text.upper()
        elif name == "ON_ERROR" and text.upper() != "ABORT_STATEMENT":
            raise SqlError(1003, "42000", f"This server knows no ON_ERROR = {text}.")
    return options
