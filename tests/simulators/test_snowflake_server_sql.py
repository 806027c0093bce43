"""What SQL means on the local Snowflake: each line states the result that Snowflake documents."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
import snowflake.connector
from snowflake.connector import SnowflakeConnection
from snowflake.connector.errors import Error

from tests.simulators.snowflake.asking import run
from tests.simulators.snowflake.process import SnowflakeServer


@pytest.fixture(scope="module")
def alice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SnowflakeConnection]:
    with (
        SnowflakeServer(tmp_path_factory.mktemp("snowflake")) as server,
        snowflake.connector.connect(**server.parameters()) as connection,
    ):
        run(connection, "create database SHOP")
        run(
            connection,
            "create table X (t timestamp_ntz, d date, v variant, n number(18, 2), s varchar)",
        )
        run(
            connection,
            "insert into X select '2026-03-29 01:30:00.123456'::timestamp_ntz, "
            '\'2026-03-29\'::date, parse_json(\'{"a": 1.10, "b": [1, 2], "c": "x", '
            '"d": null, "e": {"f": 12345678901.25}}\'), 12.50, \'abc\'',
        )
        yield connection


def moment(*parts: int) -> datetime:
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001 - TIMESTAMP_NTZ has no zone


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # What is nothing arrives as nothing.
        ("null::timestamp_ntz", None),
        ("null::timestamp_tz", None),
        # Texts of times and numbers.
        ("to_char(t, 'YYYY-MM')", "2026-03"),
        ("to_varchar(t, 'YYYY-MM-DD HH24:MI:SS')", "2026-03-29 01:30:00"),
        ("to_char(t, 'YYYY-MM-DD\"T\"HH24:MI:SS.FF6')", "2026-03-29T01:30:00.123456"),
        ("to_char(d, 'YYYYMMDD')", "20260329"),
        ("t::varchar", "2026-03-29 01:30:00.123"),
        ("cast(d as varchar)", "2026-03-29"),
        ("to_char(n)", "12.50"),
        # What cannot be read is null.
        ("try_to_timestamp('never')", None),
        ("try_to_timestamp_ntz('2026-01-02 03:04:05')", moment(2026, 1, 2, 3, 4, 5)),
        (
            "try_cast('2026-01-02T03:04:05.123456' as timestamp)",
            moment(2026, 1, 2, 3, 4, 5, 123456),
        ),
        ("try_cast('' as timestamp_ntz)", None),
        ("try_to_date('never')", None),
        ("try_to_date('2026-01-02')", date(2026, 1, 2)),
        ("try_to_number('12')", 12),
        ("try_to_number('twelve')", None),
        ("try_to_decimal('1.25', 18, 2)", Decimal("1.25")),
        ("try_to_double('1.5')", 1.5),
        ("try_to_boolean('yes')", True),
        ("try_cast('maybe' as boolean)", None),
        ("try_cast('1.255' as decimal(18, 2))", Decimal("1.26")),
        ("try_cast('4012345678901.0' as decimal(20, 0))", 4012345678901),
        # VARIANT.
        ("v:a::varchar", "1.1"),
        ("cast(v:c as varchar)", "x"),
        ("cast(v:d as varchar)", None),
        ("cast(v:nothing as varchar)", None),
        ("cast(v:b as varchar)", "[1,2]"),
        ("cast(v:e.f as varchar)", "12345678901.25"),
        ("typeof(v:b)", "ARRAY"),
        ("typeof(v:c)", "VARCHAR"),
        ("typeof(v:d)", "NULL_VALUE"),
        ("is_null_value(v:d)", True),
        ("as_array(v:c)", None),
        ("to_json(as_object(v:e))", '{"f":12345678901.25}'),
        ("to_json(object_delete(v, 'a', 'b', 'd', 'e'))", '{"c":"x"}'),
        ("to_json(object_pick(v, 'c', 'it''s', 'z'))", '{"c":"x"}'),
        ("to_json(object_construct('a', 1, 'b', null))", '{"a":1}'),
        ("to_json(object_construct_keep_null('a', null))", '{"a":null}'),
        ("array_to_string(array_construct_compact('a', null, 'b'), ',')", "a,b"),
        ("array_to_string(array_construct_compact(null, null), ',')", ""),
        ("array_size(v:b)", 2),
        # Time zones, with the clocks going forward on 2026-03-29.
        ("convert_timezone('Europe/Berlin', 'UTC', t)", moment(2026, 3, 29, 0, 30, 0, 123456)),
        ("convert_timezone('UTC', 'Europe/Berlin', t)", moment(2026, 3, 29, 3, 30, 0, 123456)),
        (
            "convert_timezone('Europe/Berlin', 'UTC', '2026-07-01 12:00:00'::timestamp_ntz)",
            moment(2026, 7, 1, 10),
        ),
        (
            "convert_timezone('UTC', '2026-01-01 12:00:00 +02:00'::timestamp_tz)::timestamp_ntz",
            moment(2026, 1, 1, 10),
        ),
        # Arithmetic of dates keeps their type.
        ("dateadd(day, 1, d)", date(2026, 3, 30)),
        ("dateadd(month, -1, d)", date(2026, 2, 28)),
        ("dateadd(second, 30, cast(d as timestamp_ntz))", moment(2026, 3, 29, 0, 0, 30)),
        (
            "timestampadd(microsecond, 5, '2026-01-01'::timestamp_ntz)",
            moment(2026, 1, 1, 0, 0, 0, 5),
        ),
        ("date_trunc('month', d)", date(2026, 3, 1)),
        ("date_trunc('hour', t)", moment(2026, 3, 29, 1)),
        ("datediff(second, '2026-01-01 00:00:00'::timestamp_ntz, d)", 7516800),
        ("datediff(month, '2026-01-31'::date, '2026-02-01'::date)", 1),
        ("last_day(d)", date(2026, 3, 31)),
        ("dayofweekiso(d)", 7),
        # The rest.
        ("md5('a')", "0cc175b9c0f1b6a831c399e269772661"),
        ("greatest_ignore_nulls(1, null, 3)", 3),
        ("greatest(1, null)", None),
        ("equal_null(null, null)", True),
        ("div0(1, 0)", 0),
        ("sign(-5)", -1),
        ("round(2.5)", 3),
        ("concat_ws(',', 'a', null)", None),
    ],
)
def test_an_expression(alice: SnowflakeConnection, expression: str, expected: Any) -> None:
    assert run(alice, f"select {expression} from X") == [(expected,)]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (
            "select f.index, f.value::varchar from X, lateral flatten(input => v:b) f order by 1",
            [(0, "1"), (1, "2")],
        ),
        ("select f.value from X, lateral flatten(input => v:nothing) f", []),
        (
            "select s, f.value from X, lateral flatten(input => v:nothing, outer => true) f",
            [("abc", None)],
        ),
        (
            "select s, f.value from X, lateral flatten(input => parse_json('[]'), outer => true) f",
            [("abc", None)],
        ),
        (
            'select l.k, p.place, p.element from (select 1 as k, \'[{"a":1},{"a":2}]\' as j '
            "union all select 2, '[{\"a\":3}]') l cross join lateral (select f.index + 1 as place, "
            "to_json(f.value) as element from table(flatten(input => parse_json(l.j))) f) as p "
            "order by 1, 2",
            [(1, 1, '{"a":1}'), (1, 2, '{"a":2}'), (2, 1, '{"a":3}')],
        ),
        (
            "select f.key, f.value::varchar from X, lateral flatten(input => v:e) f",
            [("f", "12345678901.25")],
        ),
        (
            "select to_json(array_agg(object_construct('a', x)) within group (order by x desc)) "
            "from (select 1 as x union all select 2)",
            [('[{"a":2},{"a":1}]',)],
        ),
        (
            "select listagg(x, ',') within group (order by x) "
            "from (select 'b' as x union select 'a')",
            [("a,b",)],
        ),
        (
            "select x, ratio_to_report(x) over () from (select 1 as x union select 3) order by 1",
            [(1, 0.25), (3, 0.75)],
        ),
        ("select * from values (2, 'b'), (1, 'a') as t (x, y) order by all", [(1, "a"), (2, "b")]),
        (
            "select x from values (1), (2) as t (x) "
            "qualify row_number() over (order by x desc) = 1",
            [(2,)],
        ),
        ("select count_if(x > 1) from (select 1 as x) where x > 1", [(0,)]),
        (
            "select sum(x) from (select 90071992547409.93::number(18, 2) as x "
            "union all select 0.01)",
            [(Decimal("90071992547409.94"),)],
        ),
        ("select at from (select 1 as at)", [(1,)]),
        ("select '$name' as dollars", [("$name",)]),
    ],
)
def test_a_query(alice: SnowflakeConnection, sql: str, expected: list[Any]) -> None:
    assert run(alice, sql) == expected


def test_a_division_by_zero_is_an_error_only_where_it_is_done(alice: SnowflakeConnection) -> None:
    guarded = "select case when x <> 0 then 1 / x end from values (0), (2) as t (x) order by 1"
    assert run(alice, guarded) == [(0.5,), (None,)]
    with pytest.raises(Error, match="Division by zero"):
        run(alice, "select 1 / x from values (0), (2) as t (x)")
