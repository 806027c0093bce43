"""Files become records with the values they show: nothing is guessed, rounded or lost."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import openpyxl
import pyarrow
import pyarrow.parquet
import pytest

from flows.connectors.files.csv_file import csv_rows
from flows.connectors.files.parquet_file import parquet_rows
from flows.connectors.files.place import FilesRefused
from flows.connectors.files.shape import Record, Shape, number_text
from flows.connectors.files.xlsx_file import xlsx_rows

LOCAL = datetime.fromisoformat("2026-03-03T09:30:00")
Rows = Callable[..., Iterator[tuple[int, Record]]]


def records(rows: Rows, content: bytes, *, path: str = "sales.csv", **shape: Any) -> list[Record]:
    said = Shape(form="", **shape)
    return [record for _, record in rows(io.BytesIO(content), shape=said, path=path)]


def workbook(*rows: list[object], title: str = "Sheet", **more: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(row)
    for name, others in more.items():
        extra = book.create_sheet(name)
        for row in others:
            extra.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def parquet(columns: dict[str, Any]) -> bytes:
    content = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(columns), content)
    return content.getvalue()


def test_values_of_a_csv_file_stay_as_they_are_written() -> None:
    content = b'id,name,note\n007,"Shirt, ""blue""",NA\n12345678901234567890,NULL,\n'

    assert records(csv_rows, content) == [
        {"id": "007", "name": 'Shirt, "blue"', "note": "NA"},
        {"id": "12345678901234567890", "name": "NULL", "note": ""},
    ]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_what_the_first_row_has_most_of(separator: str) -> None:
    content = separator.join(["id", '"a,b;c"', "x"]) + "\n" + separator.join(["1", "2", "3"])

    assert records(csv_rows, content.encode()) == [{"id": "1", "a,b;c": "2", "x": "3"}]


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("id,name\n1,Grün\n".encode(), None),
        ("\ufeffid,name\n1,Grün\n".encode(), None),
        ("id,name\n1,Grün\n".encode("utf-16"), None),
        ("id,name\n1,Grün\n".encode("windows-1252"), "windows-1252"),
        # A mark at its beginning is louder than what was entered.
        ("\ufeffid,name\n1,Grün\n".encode(), "windows-1252"),
    ],
)
def test_letters_are_read_in_the_files_encoding(content: bytes, encoding: str | None) -> None:
    assert records(csv_rows, content, encoding=encoding) == [{"id": "1", "name": "Grün"}]


def test_another_encoding_than_entered_is_told_and_not_guessed() -> None:
    content = "id,name\n1,Grün\n".encode("windows-1252")

    with pytest.raises(FilesRefused, match=r"sales\.csv.*it is not utf-8.*enter its encoding"):
        records(csv_rows, content)


def test_line_ends_inside_quotation_marks_belong_to_the_value() -> None:
    assert records(csv_rows, b'id,note\r\n1,"two\r\nlines"\r\n\r\n2,\r\n') == [
        {"id": "1", "note": "two\r\nlines"},
        {"id": "2", "note": ""},
    ]


def test_columns_get_the_names_of_the_connector() -> None:
    content = b"Beleg;Betrag;Extra\n1;2,50;x\n"

    assert records(csv_rows, content, columns={"Beleg": "receipt_number", "Betrag": "amount"}) == [
        {"receipt_number": "1", "amount": "2,50", "Extra": "x"}
    ]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "has no column id"),
        (b"name\n1\n", r"has no column id. Its first row must name the columns: add it"),
        (b"id,name\n1\n", "row 1: fewer values than the first row has names. The file may be cut"),
        (b'id,name\n1,"cut off', "row 1: unexpected end of data. The file may be cut off"),
        (b"id,name\n1,2,3\n", "row 1: more values than the first row has names"),
        (b"id,id\n1,2\n", "names a column id more than once"),
        (b"id,_row\n1,2\n", "names a column _row more than once, or as one of ours"),
        (b"id\n" + b"x" * (1 << 21), "row 1: field larger than field limit"),
    ],
)
def test_a_csv_file_that_is_not_whole_is_told_with_its_row(content: bytes, sentence: str) -> None:
    with pytest.raises(FilesRefused, match=rf"sales\.csv.*{sentence}"):
        records(csv_rows, content, columns={"id": "id"})


@pytest.mark.parametrize(
    ("text", "decimal", "number"),
    [
        ("1.234,50", ",", "1234.50"), ("1234,5", ",", "1234.5"), ("-0,99", ",", "-0.99"),
        ("1'234,50", ",", "1234.50"), ("1\u00a0234,50", ",", "1234.50"), ("12,00-", ",", "-12.00"),
        ("+7", ",", "7"), ("1,234.50", ".", "1234.50"), ("1234.5", ".", "1234.5"),
        # What is no number in this spelling stays: a wrong one would be worse.
        ("1,234.50", ",", "1,234.50"), ("12.34.5", ",", "12.34.5"), ("1,2,3", ".", "1,2,3"),
        ("12,00 €", ",", "12,00 €"), ("", ",", ""), ("NA", ",", "NA"), ("-5-", ",", "-5-"),
        ("1.5", ",", "1.5"),
    ],
)  # fmt: skip
def test_a_number_is_read_in_the_spelling_that_was_entered(
    text: str, decimal: str, number: str
) -> None:
    assert number_text(text, decimal=decimal) == number


def test_only_the_fields_that_are_numbers_are_respelled() -> None:
    content = b"id;amount\n1.234;1.234,5\n"

    found = records(csv_rows, content, decimal=",", numbers=frozenset({"amount"}))

    assert found == [{"id": "1.234", "amount": "1234.5"}]


def test_cells_of_a_workbook_become_what_they_show() -> None:
    content = workbook(
        ["id", "price", "count", "on", "sold", "day", "nothing", "text"],
        [7, 19.99, 3.0, True, LOCAL, date(2026, 3, 3), None, "0012"],
    )

    assert records(xlsx_rows, content, path="sales.xlsx") == [
        {
            "id": "7", "price": "19.99", "count": "3", "on": "true",
            "sold": "2026-03-03T09:30:00", "day": "2026-03-03T00:00:00", "nothing": None,
            "text": "0012",
        }
    ]  # fmt: skip


def test_a_cell_keeps_15_digits_and_the_zeros_it_shows() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["price", "postcode"])
    sheet.append([19.989999999999998, 1067])
    sheet["B2"].number_format = "00000"
    content = io.BytesIO()
    book.save(content)

    assert records(xlsx_rows, content.getvalue()) == [{"price": "19.99", "postcode": "01067"}]


def test_a_number_of_a_cell_is_not_respelled_but_its_text_is() -> None:
    content = workbook(["amount"], [1.5], ["1.234,5"])

    found = records(xlsx_rows, content, decimal=",", numbers=frozenset({"amount"}))

    assert found == [{"amount": "1.5"}, {"amount": "1234.5"}]


def test_the_sheet_of_the_connector_is_read_and_empty_rows_are_none() -> None:
    content = workbook(["x"], Sales=[["id"], [1], [None], [2]])

    numbered = list(
        xlsx_rows(io.BytesIO(content), shape=Shape(form="", sheet="Sales"), path="a.xlsx")
    )

    assert numbered == [(1, {"id": "1"}), (3, {"id": "2"})]


def test_a_sheet_that_says_a_wrong_size_is_read_whole() -> None:
    content = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook(["id", "name"], [1, "a"], [2, "b"]))) as right,
        zipfile.ZipFile(content, "w") as wrong,
    ):
        for part in right.namelist():
            text = right.read(part).replace(b'<dimension ref="A1:B3"', b'<dimension ref="A1"')
            wrong.writestr(part, text)

    assert records(xlsx_rows, content.getvalue()) == [
        {"id": "1", "name": "a"},
        {"id": "2", "name": "b"},
    ]


def test_a_missing_sheet_is_told_with_those_there_are() -> None:
    with pytest.raises(FilesRefused, match=r"a\.xlsx has no sheet Sales. It has: Sheet, Stock"):
        records(xlsx_rows, workbook(["x"], Stock=[["id"]]), path="a.xlsx", sheet="Sales")


@pytest.mark.parametrize("content", [b"PK\x03\x04 cut", b"not a workbook", b"\xd0\xcf\x11\xe0old"])
def test_a_torn_workbook_is_told_with_its_name(content: bytes) -> None:
    with pytest.raises(FilesRefused, match=r"a\.xlsx is no whole workbook"):
        records(xlsx_rows, content, path="a.xlsx")


def test_a_workbook_that_unpacks_to_too_much_is_not_unpacked() -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (64 << 20))

    with pytest.raises(FilesRefused, match=r"a\.xlsx unpacks to more than a workbook should"):
        records(xlsx_rows, content.getvalue(), path="a.xlsx")


def test_values_of_a_parquet_file_keep_their_digits() -> None:
    content = parquet(
        {
            "id": pyarrow.array([2**60 + 1]),
            "amount": pyarrow.array([Decimal("19.90")], pyarrow.decimal128(18, 2)),
            "share": [0.1 + 0.2],
            "sold": pyarrow.array(
                [datetime(2026, 3, 3, 9, 30, tzinfo=UTC)], pyarrow.timestamp("us", "UTC")
            ),
            "local": pyarrow.array([LOCAL], pyarrow.timestamp("us")),
            "day": [date(2026, 3, 3)],
            "on": [False],
            "nothing": pyarrow.array([None], pyarrow.string()),
            "lines": [[{"n": 1}]],
        }
    )

    assert records(parquet_rows, content, path="a.parquet") == [
        {
            "id": "1152921504606846977", "amount": "19.90", "share": "0.30000000000000004",
            "sold": "2026-03-03T09:30:00Z", "local": "2026-03-03T09:30:00", "day": "2026-03-03",
            "on": "false", "nothing": None, "lines": [{"n": "1"}],
        }
    ]  # fmt: skip


def test_a_torn_parquet_file_is_told_with_its_name() -> None:
    content = parquet({"id": list(range(1000))})

    for torn in (content[:-20], content[20:], b"", b"nonsense"):
        with pytest.raises(FilesRefused, match=r"a\.parquet is no whole Parquet file"):
            records(parquet_rows, torn, path="a.parquet")
