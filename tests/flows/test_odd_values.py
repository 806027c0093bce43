"""A value that is not what its stream says is the same however it is read."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

import duckdb
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from flows.columns.files import engine
from flows.connectors.moments import Change
from flows.native import library
from flows.warehouse.warehouse import Typed
from tests.examples import examples
from tests.flows.typed_sales import SALE, batch_of, sale
from tests.native import require_native

ODD = {
    "id": ['"1e3"', "1e3", '"12345678901234567.5"', "true", '" 1 "', "1.0"],
    "at": [
        *('"2026-11-01T10:00:00+02:00"', '"2026/11/01"', '"290000-01-01"', '" "', '"2026-11-01"'),
        *('"2026-11-01  9:00"', '"2026-11-1  09:00"', '"2026-11-01T 9:00"', '"2026- 1-01T09:00"'),
        *(
            '"2026-11-01\\t09:00"',
            '"-201-11-01T09:00"',
            '"2-01-01-01T09:00"',
            '"2026-11-01T09:00x"',
        ),
    ],
    "total": ["1.005", "12345678901234.565", "true", '"n/a"'],
    "till": ["2.5", "true", "1e400"],
    "void": ["2", '"yes"'],
    "note": ["1.50", '{"a": 1}'],
    "buyer": ['"b"', '""', "null", "[1.50]"],
}
# A stream with a field of each kind.
WIDE = SALE.model_copy(update={"fields": {**SALE.fields, "rate": "percent", "on": "day"}})
PIECES = {
    "id": '"S1"',
    "at": '"2026-11-01T10:00:00Z"',
    "total": '"12.50"',
    "pieces": "1.5",
    "till": "4",
    "void": "false",
    "note": "null",
    "buyer": '{"b":[1.5]}',
    "rate": "7.7",
    "on": '"2026-11-01"',
}


@pytest.fixture(autouse=True)
def few_are_read_as_many_are(monkeypatch: pytest.MonkeyPatch) -> None:
    require_native()
    monkeypatch.setattr("flows.columns.typed._FEW", 0)


@pytest.mark.parametrize("zone", ["utc", "offset", "tenant"])
@pytest.mark.parametrize(("field", "value"), [(name, odd) for name in ODD for odd in ODD[name]])
def test_an_odd_value_is_the_same_however_it_is_read(
    tmp_path: Path, field: str, value: str, zone: Literal["utc", "offset", "tenant"]
) -> None:
    texts = {name: json.dumps(given) for name, given in sale(1).items()} | {field: value}
    odd = written(texts.items())
    stream = SALE.model_copy(update={"changed": Change(take="at", zone=zone)})
    as_text = batch_of(tmp_path, odd, sale(2), stream=stream, as_columns=False)
    typed = batch_of(tmp_path, odd, sale(2), stream=stream).typed
    assert typed is not None

    with engine() as db:
        read, rejected = value_by_value(db, typed)
        assert rejected == in_file(db, as_text.rejects, "reason, payload")
        assert [row[1:3] for row in read] == in_file(db, as_text.file, "record_key, changed_at")
        with suppress(duckdb.Error):  # then each value is read by itself, as above
            assert as_arrived(db, typed) == (read, rejected)


# Texts of JSON values, from such as any source sends to such as none should.
LETTERS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
STRINGS = st.builds(json.dumps, LETTERS, ensure_ascii=st.booleans())
ESCAPED = st.sampled_from(
    [r'"\/"', r'"\ud83d\ude00"', r'"\ud83d"', r'"\u0000"', r'"\u001f"', r'"a\"\\\b\f\n"']
)
DIGITS = st.text("0123456789", min_size=1, max_size=19)
PLACES = st.text("0123456789", max_size=7)
TINY = st.sampled_from(
    ["0.0001", "0.00001", "0.000001", "0.0000001", "-0.00000012", "0.0", "-0.00"]
)
NUMBERS = st.builds(
    lambda sign, whole, places, power: (
        sign + str(int(whole)) + (f".{places}" if places else "") + power
    ),
    st.sampled_from(["", "", "-"]),
    DIGITS,
    PLACES,
    st.sampled_from(["", "", "", "e2", "E+05", "e-7", "e300"]),
)
AS_TEXTS = st.builds(
    lambda before, number, after: json.dumps(before + number + after),
    st.sampled_from(["", "", "", " ", "0", "+"]),
    NUMBERS,
    st.sampled_from(["", "", "", " ", ".", "0"]),
)
MOMENTS = st.builds(
    lambda day, between, time, zone: json.dumps(day + between + time + zone if time else day),
    st.one_of(st.dates().map(str), st.sampled_from(["2026-02-29", "1900-12-31", "0000-01-01"])),
    st.sampled_from(["T", "T", " ", "t", "  "]),
    st.one_of(
        st.times().map(str),
        st.sampled_from(["", "10:00", "24:00:00", "23:59:60", "10:00:00.1234567", "1:00:00"]),
        st.sampled_from(["10:00:00.", "10:00:00.999999999", "10:00:00.12345678901"]),
    ),
    st.sampled_from(
        ["", "Z", "Z", "z", " Z", "+02", "+0230", "-02:30", "+15:59", "-16:00", "+02:60"]
    ),
)
FLAGS = st.sampled_from(["true", "false", "0", "1", '"true"', '"TRUE"', '"0"', '""', "2"])
PLAIN = st.one_of(STRINGS, ESCAPED, NUMBERS, TINY, AS_TEXTS, MOMENTS, FLAGS, st.just("null"))
SPACES = st.sampled_from(["", "", " ", "\t "])
NESTED = st.recursive(
    PLAIN,
    lambda inner: st.one_of(
        st.builds(
            lambda each, space: f"[{space}" + f"{space},".join(each) + "]",
            st.lists(inner, max_size=3),
            SPACES,
        ),
        st.builds(
            lambda each, space: "{" + f",{space}".join(f"{k}{space}:{v}" for k, v in each) + "}",
            st.lists(st.tuples(STRINGS, inner), max_size=3),
            SPACES,
        ),
    ),
    max_leaves=6,
)
ANY = {
    "id": PLAIN,
    "at": MOMENTS | PLAIN,
    "total": NUMBERS | AS_TEXTS | PLAIN,
    "pieces": NUMBERS | AS_TEXTS | PLAIN,
    "till": NUMBERS | AS_TEXTS | PLAIN,
    "void": FLAGS | PLAIN,
    "note": STRINGS | NESTED,
    "buyer": NESTED,
    "rate": NUMBERS | AS_TEXTS | PLAIN,
    "on": MOMENTS | PLAIN,
    "beside": NESTED,
}
# A record of which hardly more than one thing is not as it should be.
MEMBERS = st.sampled_from([*ANY]).flatmap(lambda name: st.tuples(st.just(name), ANY[name]))
RECORDS = st.builds(
    lambda usual, others, again, space: written([*(usual | others).items(), *again], space=space),
    st.just(PIECES) | st.sampled_from([*PIECES]).map(lambda gone: without(gone, PIECES)),
    st.lists(MEMBERS, max_size=2).map(dict),
    st.just([]) | st.just([]) | st.lists(MEMBERS, max_size=2),
    SPACES,
)


@pytest.mark.parametrize("zone", ["utc", "tenant"])
@given(records=st.lists(RECORDS, min_size=1, max_size=12))
@example(records=['{"id":"S1","beside":1,"beside":2}', '{"id":"S2","at":"0000-01-01"}'])
@example(records=['{"id":"S1","rate":99999.99995}', '{"id":"S2","note":0.00000012}'])
@settings(
    max_examples=examples(150),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_what_arrives_as_columns_is_what_is_read_value_by_value(
    tmp_path: Path, records: list[str], zone: Literal["utc", "tenant"]
) -> None:
    stream = WIDE.model_copy(update={"changed": Change(take="at", zone=zone)})
    typed = batch_of(tmp_path / uuid4().hex, *records, stream=stream).typed
    assert typed is not None

    with engine() as db:
        assert as_arrived(db, typed) == value_by_value(db, typed)


@pytest.mark.parametrize("key", [["id"], ["id", "till"], []])
@given(records=st.lists(RECORDS, min_size=1, max_size=12))
@settings(
    max_examples=examples(40),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_what_lands_as_text_is_told_apart_the_same_with_and_without_the_native_reader(
    tmp_path: Path, records: list[str], key: list[str]
) -> None:
    stream = SALE.model_copy(update={"key": key, "fields": {}})

    def landed() -> tuple[list[Any], list[Any]]:
        batch = batch_of(tmp_path / uuid4().hex, *records, stream=stream, as_columns=False)
        with engine() as db:
            columns = "record_key, changed_at, content_hash, payload"
            return in_file(db, batch.file, columns), in_file(db, batch.rejects, "reason, payload")

    found = landed()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(library, "is_there", lambda: False)
        assert found == landed()


@pytest.mark.parametrize(
    "usual",
    [
        sale(1),
        sale(
            2, note='Crème "brûlée" \n / \\ 🍮', buyer={"name": "Zoë", "tags": ["a\tb", None, 1.25]}
        ),
        sale(
            3, total=12.5, pieces="0.125", till="4", void="true", at="2026-11-01 10:00:00.1234567"
        ),
        sale(4, total="12.345", note=1.5, buyer=None, colour={"red": 1e300}),
        {"id": 5, "at": "2026-11-01", "total": "", "pieces": None},
        {"void": 0, "id": "S6"},
        {"id": "S7", "rate": "-0.12345", "on": "2024-02-29"},
    ],
)
def test_a_usual_record_arrives_as_columns(tmp_path: Path, usual: dict[str, Any]) -> None:
    typed = batch_of(tmp_path, usual, json.dumps(usual, ensure_ascii=False), stream=WIDE).typed

    assert typed is not None
    assert not typed.exact


def test_a_record_that_asks_for_a_closer_look_keeps_no_other_from_arriving(tmp_path: Path) -> None:
    typed = batch_of(tmp_path, sale(1), sale(2, total="1e2"), sale(3)).typed
    assert typed is not None

    with engine() as db:
        read, _ = as_arrived(db, typed)
        left, _ = told(db, *typed.exact)

    assert [row[1] for row in read] == ["S1", "S2", "S3"]
    assert [row[:2] for row in left] == [(1, "S2")]


def test_without_the_native_reader_every_record_is_read_value_by_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = batch_of(tmp_path, sale(1), sale(2, total="1e2"), "3").typed
    monkeypatch.setattr(library, "is_there", lambda: False)
    without = batch_of(tmp_path, sale(1), sale(2, total="1e2"), "3").typed
    assert before is not None
    assert without is not None

    with engine() as db:
        assert without.arrived is None
        assert told(db, *without.exact) == as_arrived(db, before)


def without(gone: str, fields: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in fields.items() if name != gone}


def written(fields: Iterable[tuple[str, str]], *, space: str = "") -> str:
    members = (f"{json.dumps(name)}{space}:{space}{text}" for name, text in fields)
    return "{" + space + f"{space},{space}".join(members) + space + "}"


def as_arrived(db: duckdb.DuckDBPyConnection, typed: Typed) -> tuple[list[Any], list[Any]]:
    assert typed.arrived is not None
    db.register("arrived", typed.arrived())
    return told(db, typed.quick, *typed.exact)


def value_by_value(db: duckdb.DuckDBPyConnection, typed: Typed) -> tuple[list[Any], list[Any]]:
    return told(db, *typed.closer)


def told(db: duckdb.DuckDBPyConnection, *queries: str) -> tuple[list[Any], list[Any]]:
    """Records in the order in which they came, and what is rejected."""
    rows: list[Any] = []
    for query in queries:
        rows += db.execute(
            "select position, record_key, changed_at, content_hash, record, reason, payload"
            f" from ({query})"
        ).fetchall()
    rows.sort()
    return (
        [row[:5] for row in rows if row[5] is None],
        [row[5:] for row in rows if row[5] is not None],
    )


def in_file(db: duckdb.DuckDBPyConnection, file: Path, columns: str) -> list[Any]:
    rows: list[Any] = db.execute(f"select {columns} from read_parquet(?)", [str(file)]).fetchall()
    return rows
