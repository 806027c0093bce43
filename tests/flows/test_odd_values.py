"""A value that is not what its stream says is the same however it is read."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

import duckdb
import pytest

from flows.columns.files import engine
from flows.connectors.moments import Change
from tests.flows.typed_sales import SALE, batch_of, sale

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


@pytest.mark.parametrize("zone", ["utc", "offset", "tenant"])
@pytest.mark.parametrize(("field", "value"), [(name, odd) for name in ODD for odd in ODD[name]])
def test_an_odd_value_is_the_same_however_it_is_read(
    tmp_path: Path, field: str, value: str, zone: Literal["utc", "offset", "tenant"]
) -> None:
    texts = {name: json.dumps(given) for name, given in sale(1).items()} | {field: value}
    odd = "{" + ",".join(f'"{name}":{text}' for name, text in texts.items()) + "}"
    stream = SALE.model_copy(update={"changed": Change(take="at", zone=zone)})
    columns = batch_of(tmp_path, odd, sale(2), stream=stream).typed
    assert columns is not None
    strict, [exact] = columns.strict, columns.exact
    as_text = batch_of(tmp_path, odd, sale(2), stream=stream, as_columns=False)
    in_one_pass = None

    with engine() as db:
        found = "select record_key, changed_at, content_hash, record from"
        with suppress(duckdb.Error):  # then the value is read by itself, as below
            in_one_pass = db.execute(f"{found} ({strict})").fetchall()
        one_by_one = db.execute(f"{found} ({exact}) where reason is null").fetchall()
        rejected = db.execute(f"select reason, payload from ({exact}) where reason <> ''")
        assert rejected.fetchall() == read(db, as_text.rejects, "reason, payload")
        text = read(db, as_text.file, "record_key, changed_at")

    assert in_one_pass in (None, one_by_one)
    assert [row[:2] for row in one_by_one] == text


def read(db: duckdb.DuckDBPyConnection, file: Path, columns: str) -> list[Any]:
    rows: list[Any] = db.execute(f"select {columns} from read_parquet(?)", [str(file)]).fetchall()
    return rows
