"""A chunk of records becomes the files of a batch: digits, keys, times and reasons."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from msgspec import Raw

from flows.columns import Chunk, Origin, Payloads
from flows.connectors.streams import Stream

Rows = list[dict[str, Any]]
Make = Callable[..., tuple[Rows, list[tuple[str, str]]]]
ORIGIN = Origin(
    tenant_id="alice",
    connection_id="tills",
    batch_id="b1",
    extracted_at=datetime(2025, 6, 30, 22, 15, tzinfo=UTC),
)


def stream_of(
    *,
    key: tuple[str, ...] = ("id",),
    zone: str = "tenant",
    form: str | list[str] = "iso",
    take: str = "at",
) -> Stream:
    changed = {"take": take, "zone": zone, "format": form}
    return Stream.model_validate({"path": "x", "key": key, "load": "full", "changed": changed})


@pytest.fixture
def made(tmp_path: Path) -> Make:
    """Gives the rows and the rejects of lines that were spooled."""

    def make(
        *lines: str, stream: Stream | None = None, time_zone: str = "Europe/Berlin"
    ) -> tuple[Rows, list[tuple[str, str]]]:
        chunk = Chunk()
        text = "\n".join(lines).encode()
        chunk.add([Raw(line.encode()) for line in lines], text=text, strip=None)
        with Payloads(
            folder=tmp_path,
            name="sale",
            stream=stream or stream_of(),
            origin=ORIGIN,
            time_zone=time_zone,
        ) as batch:
            batch.add(chunk)
            files = batch.close()
        with duckdb.connect() as db:
            found = db.execute("select * from read_parquet(?)", [str(files.file)])
            names = [column[0] for column in found.description or []]
            rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
            rejects = db.execute("select * from read_parquet(?)", [str(files.rejects)]).fetchall()
        return rows, rejects

    return make


def moment(made: Make, text: Any, **options: Any) -> datetime | None:
    """The one time of change that a text becomes, in UTC."""
    rows, rejects = made(json.dumps({"id": 1, "at": text}), stream=stream_of(**options))
    assert rejects == []
    changed: datetime | None = rows[0]["changed_at"]
    return changed


@pytest.mark.parametrize(
    "value",
    [
        "1.10",
        "9007199254740993",
        "100000001.0",
        "1e3",
        "-0",
        "123456789012345678901234567890",
        r'"\u00e9\n\/\"\u0000"',
        '"é, 靴, 👟, \u202e"',
        '{"b" : [1.50,  null]}',
    ],
)
def test_what_the_source_wrote_lands_digit_by_digit(made: Make, value: str) -> None:
    record = f'{{"id": 7, "value": {value}}}'

    rows, _ = made(record)

    assert [row["payload"] for row in rows] == [record]
    assert rows[0]["content_hash"] == hashlib.md5(record.encode()).hexdigest()  # noqa: S324 - a fingerprint


def test_records_stay_in_the_order_of_the_source(made: Make) -> None:
    keys = [str(number * 7919 % 5000) for number in range(5000)]

    rows, _ = made(*(f'{{"id":{key}}}' for key in keys))

    assert [row["record_key"] for row in rows] == keys


def test_an_empty_stream_is_a_batch_without_records(made: Make) -> None:
    rows, rejects = made()

    assert (rows, rejects) == ([], [])


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ('"0012"', "0012"),
        ("12", "12"),
        ('" a "', " a "),
        ("9007199254740993", "9007199254740993"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        ('"1e30"', "1e30"),
    ],
)
def test_a_key_is_text_as_the_source_wrote_it(made: Make, value: str, key: str) -> None:
    rows, _ = made(f'{{"id":{value}}}')

    assert rows[0]["record_key"] == key


def test_a_key_of_two_fields_is_joined(made: Make) -> None:
    rows, _ = made('{"shop":4,"receipt":"A-1"}', stream=stream_of(key=("shop", "receipt")))

    assert rows[0]["record_key"] == "4|A-1"


def test_two_records_never_become_one_because_of_what_joins_their_keys(made: Make) -> None:
    pairs = [("x|y", "z"), ("x", "y|z"), ("x\\", "|z"), ("x", "\\|z"), ("x\\|", "z")]
    records = [json.dumps({"a": a, "b": b}) for a, b in pairs]

    rows, _ = made(*records, stream=stream_of(key=("a", "b")))

    assert len({row["record_key"] for row in rows}) == len(pairs)


def test_a_field_inside_a_field_can_be_the_time_of_change(made: Make) -> None:
    record = '{"id":1,"_info":{"last.Updated":"x","at":"2026-01-05T10:00:00"}}'

    rows, _ = made(record, stream=stream_of(take="_info.at"))

    assert rows[0]["changed_at"] == datetime(2026, 1, 5, 9, 0)  # noqa: DTZ001 - the warehouse's UTC


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-01-05T10:00:00", "2026-01-05T09:00:00"),
        ("2026-07-05T10:00:00", "2026-07-05T08:00:00"),
        ("2026-01-05T10:00:00.1234567", "2026-01-05T09:00:00.123456"),
        ("2026-01-05 10:00", "2026-01-05T09:00:00"),
        ("2026-01-05", "2026-01-04T23:00:00"),
        # The hour that is left out in March is read as the one after it.
        ("2026-03-29T01:59:59", "2026-03-29T00:59:59"),
        ("2026-03-29T02:30:00", "2026-03-29T01:30:00"),
        ("2026-03-29T03:30:00", "2026-03-29T01:30:00"),
        # The hour that comes twice in October is read as its second time.
        ("2026-10-25T01:59:59", "2026-10-24T23:59:59"),
        ("2026-10-25T02:30:00", "2026-10-25T01:30:00"),
        ("2026-10-25T03:00:00", "2026-10-25T02:00:00"),
        # A source that suddenly names the zone is believed.
        ("2026-01-05T10:00:00Z", "2026-01-05T10:00:00"),
        ("2026-01-05T10:00:00.5+05:30", "2026-01-05T04:30:00.500000"),
    ],
)
def test_a_tenants_local_time_becomes_utc(made: Make, text: str, utc: str) -> None:
    found = moment(made, text)

    assert found == datetime.fromisoformat(utc)


@pytest.mark.parametrize(
    ("zone", "form", "value", "utc"),
    [
        ("offset", "iso", "2026-01-05T10:00:00+02:00", "2026-01-05T08:00:00"),
        ("offset", "iso", "2026-01-05T10:00:00.1234567-0330", "2026-01-05T13:30:00.123456"),
        ("offset", "iso", "2026-01-05T10:00:00Z", "2026-01-05T10:00:00"),
        ("utc", "iso", "2026-01-05T10:00:00", "2026-01-05T10:00:00"),
        ("utc", "iso", "2026-01-05T10:00:00+02:00", "2026-01-05T10:00:00"),
        ("utc", "epoch-seconds", 1767607200, "2026-01-05T10:00:00"),
        ("utc", "epoch-seconds", "1767607200.25", "2026-01-05T10:00:00.250000"),
        ("utc", "epoch-milliseconds", 1767607200001, "2026-01-05T10:00:00.001000"),
        ("utc", "ms-date", "/Date(1767607200001)/", "2026-01-05T10:00:00.001000"),
        ("tenant", "ms-date", "/Date(1767607200001+0100)/", "2026-01-05T10:00:00.001000"),
        ("utc", "rfc-2822", "Mon, 05 Jan 2026 10:00:00 +0000", "2026-01-05T10:00:00"),
        ("utc", "rfc-2822", "5 Jan 2026 12:00:00 +0200", "2026-01-05T10:00:00"),
        ("utc", "rfc-2822", "Mon, 05 Jan 2026 10:00:00 GMT", "2026-01-05T10:00:00"),
        ("tenant", "%d.%m.%Y %H:%M", "05.01.2026 11:00", "2026-01-05T10:00:00"),
        ("utc", "%d.%m.%Y %H:%M", "05.01.2026 10:00", "2026-01-05T10:00:00"),
        ("offset", "%d.%m.%Y %H:%M %z", "05.01.2026 11:00 +0100", "2026-01-05T10:00:00"),
    ],
)
def test_every_form_of_a_time_of_change_becomes_utc(
    made: Make, zone: str, form: str, value: Any, utc: str
) -> None:
    found = moment(made, value, zone=zone, form=form)

    assert found == datetime.fromisoformat(utc)


@pytest.mark.parametrize(
    ("value", "utc"),
    [
        ("2026-01-05T10:00:00Z", "2026-01-05T10:00:00"),
        ("2026-01-05T11:00:00+01:00", "2026-01-05T10:00:00"),
        (1767607200000, "2026-01-05T10:00:00"),
        ("/Date(1767607200000)/", "2026-01-05T10:00:00"),
        ("Mon, 05 Jan 2026 10:00:00 +0000", "2026-01-05T10:00:00"),
        ("05.01.2026 11:00", "2026-01-05T10:00:00"),
    ],
)
def test_a_source_may_change_how_it_writes_a_moment(made: Make, value: Any, utc: str) -> None:
    forms = ["iso", "epoch-milliseconds", "ms-date", "rfc-2822", "%d.%m.%Y %H:%M"]

    found = moment(made, value, form=forms)

    assert found == datetime.fromisoformat(utc)


@pytest.mark.parametrize(
    "never", ["", "  ", None, "0001-01-01T00:00:00", "1899-12-30", "1900-01-01T00:00:00.0000000"]
)
def test_a_record_that_never_changed_lands_without_a_time(made: Make, never: Any) -> None:
    found = moment(made, never)

    assert found is None


@pytest.mark.parametrize(
    ("form", "value"),
    [
        *(
            ("iso", text)
            for text in ("yesterday", "infinity", "epoch", "2026-02-30T10:00", "20260105", "26-1")
        ),
        *(("epoch-seconds", value) for value in ("x", 999999999999999, 1e30)),
        *(("epoch-milliseconds", value) for value in ("x", 9223372036854775807)),
    ],
)
def test_a_time_that_is_none_is_rejected_with_its_reason(made: Make, form: str, value: Any) -> None:
    record = json.dumps({"id": 1, "at": value})

    rows, rejects = made(record, '{"id":2}', stream=stream_of(form=form, zone="utc"))

    assert rejects == [("at is not a date and time.", record)]
    assert [row["record_key"] for row in rows] == ["2"]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ("{}", "The record has no id."),
        ('{"id":null}', "The record has no id."),
        ('{"id":""}', "The record has no id."),
        ("42", "The record is not an object."),
        ('"text"', "The record is not an object."),
        ("null", "The record is not an object."),
        ('["id"]', "The record is not an object."),
        ('{"id":1,"id":1}', "The record has a field twice."),
        (r'{"id":1,"x":"\ud800"}', "The record is not valid JSON."),
        ('{"id":12345678901234567890.5}', "id is a number with too many digits."),
    ],
)
def test_a_record_nobody_could_find_again_is_rejected_with_its_reason(
    made: Make, record: str, reason: str
) -> None:
    rows, rejects = made(record, '{"id":2}')

    assert rejects == [(reason, record)]
    assert [row["record_key"] for row in rows] == ["2"]


def test_a_key_with_a_missing_part_is_no_key(made: Make) -> None:
    rows, rejects = made('{"a":1}', stream=stream_of(key=("a", "b")))

    assert rows == []
    assert rejects == [("The record has no a and b.", '{"a":1}')]


def test_every_row_says_where_and_when_it_was_read(made: Make) -> None:
    rows, _ = made('{"id": 1}')

    origin = {name: rows[0][name] for name in ("tenant_id", "connection_id", "batch_id")}
    assert origin == {"tenant_id": "alice", "connection_id": "tills", "batch_id": "b1"}
    assert rows[0]["extracted_at"] == datetime(2025, 6, 30, 22, 15)  # noqa: DTZ001 - UTC in files


def test_a_record_that_grows_too_large_without_its_people_is_rejected() -> None:
    chunk = Chunk()
    text = b'{"id":"S1"}'

    chunk.add([Raw(text)], text=text, strip=lambda record: b'{"id":"' + b"0" * 6_000_000 + b'"}')

    [(reason, _)] = chunk.rejects
    assert reason == "The record is larger than 5 MB."
    assert len(chunk) == 0
