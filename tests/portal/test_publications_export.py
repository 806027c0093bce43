"""Rows on their way out: exact, and harmless to spreadsheets and terminals."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from portal.publications.export import as_csv, as_json, as_table
from portal.publications.query import Result, ResultColumn

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def result_of(*rows: tuple[Any, ...], columns: str = "name amount") -> Result:
    return Result(
        columns=tuple(ResultColumn(name, "VARCHAR") for name in columns.split()),
        rows=list(rows),
        has_more=False,
    )


def read_back(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_text_that_a_spreadsheet_would_run_is_marked_as_text(start: str) -> None:
    text = "".join(as_csv(["name"], [[start + "cmd|' /C calc'!A0"]]))

    assert read_back(text)[1] == ["'" + start + "cmd|' /C calc'!A0"]


def test_numbers_stay_numbers_in_csv() -> None:
    text = "".join(as_csv(["a", "b", "c"], [[Decimal("-12.30"), -5, -0.5]]))

    assert read_back(text)[1] == ["-12.30", "-5", "-0.5"]


def test_csv_keeps_quotes_commas_and_lines_in_their_cell() -> None:
    name = 'Shirt, "blue"\nsize 4'

    assert read_back("".join(as_csv(["name"], [[name]])))[1] == [name]


def test_nulls_dates_and_truths_have_one_form_in_csv() -> None:
    text = "".join(as_csv(["a", "b", "c", "d"], [[None, date(2026, 1, 2), True, NOON]]))

    assert read_back(text)[1] == ["", "2026-01-02", "true", "2026-11-20T12:00:00+00:00"]


def test_csv_comes_in_pieces_that_lose_nothing() -> None:
    pieces = list(as_csv(["n"], [[number] for number in range(2_500)]))

    assert len(pieces) == 3
    assert [row[0] for row in read_back("".join(pieces))[1:]] == [str(n) for n in range(2_500)]


def test_json_keeps_the_digits_of_decimals_and_large_numbers() -> None:
    said = json.loads(as_json(result_of(("a", Decimal("0.10"))), publication="p"))
    large = json.loads(as_json(result_of((2**70, Decimal("1E+3"))), publication="p"))

    assert said["rows"] == [["a", "0.10"]]
    assert large["rows"] == [[2**70, "1000"]]


def test_json_has_no_numbers_that_json_does_not_know() -> None:
    said = json.loads(as_json(result_of((float("nan"), float("-inf"))), publication="p"))

    assert said["rows"] == [["nan", "-inf"]]


def test_json_takes_nested_and_binary_values() -> None:
    said = json.loads(
        as_json(result_of(([Decimal("1.0")], {"at": NOON}), (b"\x01", None)), publication="p")
    )

    assert said["rows"] == [[["1.0"], {"at": "2026-11-20T12:00:00+00:00"}], ["01", None]]


def test_a_table_lines_up_names_left_and_amounts_right() -> None:
    text = as_table(result_of(("Shoe", Decimal("1.50")), ("Täschchen", Decimal("120.00"))))

    assert text.splitlines() == [
        "name       amount",
        "─────────  ──────",
        "Shoe         1.50",
        "Täschchen  120.00",
    ]


def test_a_table_without_rows_still_has_its_columns() -> None:
    assert as_table(result_of()).splitlines()[0] == "name  amount"


def test_wide_letters_take_the_room_they_need() -> None:
    text = as_table(result_of(("靴", Decimal("1")), ("abcd", Decimal("2"))))

    assert text.splitlines()[2] == "靴         1"


def test_a_name_cannot_steer_the_terminal() -> None:
    text = as_table(result_of(("\x1b[2Jgone\r\n\u202e", None)))

    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\\x1b[2Jgone\\x0d\\x0a" in text
