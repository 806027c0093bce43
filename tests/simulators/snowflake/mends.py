"""SQL that means something else on the engine than on Snowflake, rewritten."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

import duckdb
from sqlglot import exp

from tests.simulators.snowflake.macros import HOME
from tests.simulators.snowflake.session import Session

_FORMAT_WORDS = {
    "YYYY": "%Y",
    "YY": "%y",
    "MMMM": "%B",
    "MON": "%b",
    "MM": "%m",
    "DD": "%d",
    "DY": "%a",
    "HH24": "%H",
    "HH12": "%I",
    "HH": "%H",
    "MI": "%M",
    "SS": "%S",
    "FF3": "%g",
    "FF6": "%f",
    "FF9": "%n",
    "FF": "%n",
    "AM": "%p",
    "PM": "%p",
}
_FORMAT = re.compile(rf'"([^"]*)"|({"|".join(_FORMAT_WORDS)})', re.IGNORECASE)
_SPANS = {
    "YEAR": "to_years",
    "QUARTER": "to_quarters",
    "MONTH": "to_months",
    "WEEK": "to_weeks",
    "DAY": "to_days",
    "HOUR": "to_hours",
    "MINUTE": "to_minutes",
    "SECOND": "to_seconds",
    "MILLISECOND": "to_milliseconds",
    "MICROSECOND": "to_microseconds",
}
_DATE_SPANS = {"YEAR", "QUARTER", "MONTH", "WEEK", "DAY"}
_WITHOUT_ZONE = {exp.DataType.Type.TIMESTAMP, exp.DataType.Type.TIMESTAMPNTZ}
_RENAMED = {
    "AS_ARRAY": "_sf_as_array",
    "AS_OBJECT": "_sf_as_object",
    "IS_OBJECT": "_sf_is_object",
}


def mended(expression: Any, session: Session | None) -> Any:
    """A statement with its Snowflake meaning spelled out, before fakesnow translates it."""
    if session is not None:
        expression = expression.transform(lambda e: _context(e, session))
    if isinstance(expression, exp.Create):
        _plain_table(expression)
    expression = expression.copy()
    for mend in _MENDS:
        expression = _everywhere(expression, mend)
    return expression


def _everywhere(expression: Any, mend: Callable[[Any], Any]) -> Any:
    """From the inside out: what stands in an argument of a mended call is mended, too."""
    for node in reversed(list(expression.walk(bfs=True))):
        made = mend(node)
        if made is not node:
            if node is expression:
                expression = made
            else:
                node.replace(made)
    return expression


def finished(expression: Any) -> Any:
    """The translated statement, with what depends on types that only the engine knows."""
    for identifier in expression.find_all(exp.Identifier):
        # The engine reserves words that are names on Snowflake, such as AT.
        if identifier.name.lower() in _reserved_words():
            identifier.set("quoted", True)
    return expression.transform(_text)


@cache
def _reserved_words() -> frozenset[str]:
    sql = (
        "SELECT keyword_name FROM duckdb_keywords() "
        "WHERE keyword_category IN ('reserved', 'type_function')"
    )
    with duckdb.connect() as connection:
        return frozenset(word for (word,) in connection.execute(sql).fetchall())


def _context(expression: Any, session: Session) -> Any:
    """CURRENT_USER() and its like as texts."""
    if not isinstance(expression, exp.Func):
        return expression
    values = {
        "CURRENT_ROLE": session.role,
        "CURRENT_WAREHOUSE": session.warehouse,
        "CURRENT_USER": session.user,
        "CURRENT_DATABASE": session.database,
        "CURRENT_SCHEMA": session.schema,
        "CURRENT_SESSION": str(session.number),
        "CURRENT_ACCOUNT": "FAKESNOW",
        "CURRENT_ACCOUNT_NAME": "FAKESNOW",
        "CURRENT_REGION": "LOCAL",
        "CURRENT_TRANSACTION": str(session.snapshot) if session.in_transaction else None,
        "LAST_QUERY_ID": session.last_query,
    }
    name = expression.name if isinstance(expression, exp.Anonymous) else expression.sql_name()
    if name.upper() not in values:
        return expression
    value = values[name.upper()]
    return exp.cast(exp.Literal.string(value) if value is not None else exp.null(), "VARCHAR")


def _plain_table(create: exp.Create) -> None:
    """A definition without what the engine refuses (TEMPORARY) or enforces (keys)."""
    if properties := create.args.get("properties"):
        for temporary in list(properties.find_all(exp.TemporaryProperty)):
            temporary.pop()
    if str(create.args.get("kind")).upper() != "TABLE" or not isinstance(create.this, exp.Schema):
        return
    for column in create.this.find_all(exp.ColumnDef):
        kept = []
        for constraint in column.args.get("constraints") or []:
            kind = constraint.args.get("kind")
            if isinstance(kind, exp.PrimaryKeyColumnConstraint):
                kept.append(exp.ColumnConstraint(kind=exp.NotNullColumnConstraint()))
            elif not isinstance(kind, (exp.UniqueColumnConstraint, exp.Reference)):
                kept.append(constraint)
        column.set("constraints", kept)
    keys = (exp.PrimaryKey, exp.ForeignKey, exp.UniqueColumnConstraint, exp.Constraint)
    create.this.set("expressions", [e for e in create.this.expressions if not isinstance(e, keys)])


def _flatten(expression: Any) -> Any:
    if not isinstance(expression, (exp.Lateral, exp.TableFromRows)):
        return expression
    if not isinstance(expression.this, exp.Explode):
        return expression
    arguments = [expression.this.this, *expression.this.expressions]
    named = {a.this.name.upper(): a.expression for a in arguments if isinstance(a, exp.Kwarg)}
    input_ = named.get("INPUT", arguments[0])
    is_outer = named.get("OUTER", exp.false())
    return exp.Table(
        this=exp.Anonymous(this="_sf_flatten", expressions=[input_, is_outer]),
        db=exp.to_identifier("main"),
        catalog=exp.to_identifier("_fs_global"),
        alias=expression.args.get("alias"),
    )


def _to_char(expression: Any) -> Any:
    if not isinstance(expression, exp.ToChar):
        return expression
    template = expression.args.get("format")
    if template is None:
        return exp.cast(expression.this, "VARCHAR")
    if not isinstance(template, exp.Literal) or not _FORMAT.search(template.name):
        return expression
    words = _FORMAT.sub(
        lambda found: found[1] if found[2] is None else _FORMAT_WORDS[found[2].upper()],
        template.name,
    )
    return _call("_sf_to_char", expression.this, exp.Literal.string(words))


def _date_arithmetic(expression: Any) -> Any:
    if isinstance(expression, exp.TimestampTrunc) and expression.args.get("unit"):
        return _call("_sf_date_trunc", exp.Literal.string(expression.text("unit")), expression.this)
    if not isinstance(expression, (exp.DateAdd, exp.TimestampAdd)):
        return expression
    unit = expression.text("unit").upper()
    if unit not in _SPANS:
        return expression
    is_date_span = unit in _DATE_SPANS
    number = exp.cast(expression.expression, "INT" if is_date_span else "BIGINT")
    span = exp.Anonymous(this=_SPANS[unit], expressions=[number])
    moment = expression.this
    if isinstance(moment, exp.Literal) and moment.is_string:
        moment = exp.cast(moment, "TIMESTAMPNTZ")
    return (
        _call("_sf_date_add", moment, span)
        if is_date_span
        else exp.Paren(this=exp.Add(this=moment, expression=span))
    )


def _semi_structured(expression: Any) -> Any:
    if isinstance(expression, exp.ArrayConstructCompact):
        values = exp.Anonymous(this="json_array", expressions=expression.expressions)
        return _call("_sf_compact", values)
    if isinstance(expression, exp.ArrayToString):
        return _call("_sf_array_to_string", expression.this, expression.expression)
    if isinstance(expression, exp.Typeof):
        return _call("_sf_typeof", expression.this)
    if isinstance(expression, exp.Anonymous):
        name = str(expression.this).upper()
        if name in _RENAMED:
            return _call(_RENAMED[name], *expression.expressions)
        if name == "OBJECT_DELETE":
            pairs = [word for key in expression.expressions[1:] for word in (key, exp.null())]
            patch = exp.Anonymous(this="json_object", expressions=pairs)
            return _call("_sf_object_delete", expression.expressions[0], patch)
        if name == "OBJECT_PICK":
            record, *keys = expression.expressions
            return _call(
                "_sf_object_pick", record, exp.Anonymous(this="json_array", expressions=keys)
            )
    return expression


def _ratio_to_report(expression: Any) -> Any:
    if not isinstance(expression, exp.Window) or not isinstance(expression.this, exp.Anonymous):
        return expression
    if str(expression.this.this).upper() != "RATIO_TO_REPORT":
        return expression
    value = expression.this.expressions[0]
    whole = expression.copy()
    whole.set("this", exp.Sum(this=value.copy()))
    divisor = exp.Anonymous(this="nullif", expressions=[whole, exp.Literal.number(0)])
    return exp.Paren(this=exp.Div(this=exp.cast(value, "DOUBLE"), expression=divisor))


def _order_by_all(expression: Any) -> Any:
    if isinstance(expression, exp.Ordered) and isinstance(expression.this, exp.Column):
        column = expression.this
        if column.name.upper() == "ALL" and not column.table and not column.this.quoted:
            expression.set("this", exp.Var(this="ALL"))
    return expression


def _count_if(expression: Any) -> Any:
    """It is 0 where there are no rows; the engine's is null."""
    if not isinstance(expression, exp.CountIf):
        return expression
    return exp.Count(this=exp.Case(ifs=[exp.If(this=expression.this, true=exp.Literal.number(1))]))


def _try_cast(expression: Any) -> Any:
    """TRY_TO_TIMESTAMP and TRY_TO_NUMBER give null; fakesnow makes them raise."""
    if isinstance(expression, exp.ToNumber) and expression.args.get("safe"):
        places = [
            expression.args.get(key) or exp.Literal.number(0) for key in ("precision", "scale")
        ]
        kind = f"DECIMAL({places[0].name}, {places[1].name})"
        return exp.TryCast(this=expression.this, to=exp.DataType.build(kind))
    if isinstance(expression, exp.TryCast) and expression.to.this in _WITHOUT_ZONE:
        return _call("_sf_try_timestamp", expression.this)
    return expression


def _text(expression: Any) -> Any:
    """A cast to text, by the type of what is cast."""
    if type(expression) is not exp.Cast or expression.to.this not in exp.DataType.TEXT_TYPES:
        return expression
    known = (
        exp.Literal,
        exp.Null,
        exp.JSONExtract,
        exp.JSONExtractScalar,
        exp.Cast,
        exp.Placeholder,
    )
    if expression.to.expressions or isinstance(expression.this, known):
        return expression
    return _call("_sf_text", expression.this)


def _call(name: str, *arguments: Any) -> exp.Anonymous:
    return exp.Anonymous(this=f"{HOME}.{name}", expressions=list(arguments))


_MENDS: list[Callable[[Any], Any]] = [
    _flatten,
    _to_char,
    _date_arithmetic,
    _semi_structured,
    _ratio_to_report,
    _order_by_all,
    _count_if,
    _try_cast,
]
