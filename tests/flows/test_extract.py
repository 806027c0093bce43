"""Pages become the batch of a stream: one text a record, and who is too large stays outside."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import duckdb
import pytest
from msgspec import Raw

from flows.columns import RECORD_BYTES, Origin
from flows.connectors.bookmarks import Start
from flows.connectors.reader import Page, Reader, ReadFailed
from flows.connectors.streams import Stream
from flows.connectors.windows import windows
from flows.extract import Extracted, Privacy, extract
from flows.native import library
from tests.native import require_native

ORIGIN = Origin("alice", "tills", "b1", extracted_at=datetime(2025, 6, 30, tzinfo=UTC))
PRIVACY = Privacy(kept=frozenset(), pseudonym_key=b"k" * 32)
PLAIN = Stream.model_validate({"path": "x", "key": ["id"], "load": "full", "title": "Things"})
PERSONAL = PLAIN.model_copy(
    update={"personal": PLAIN.personal.model_copy(update={"drop": frozenset({"name"})})}
)
NAMED = PLAIN.model_copy(update={"fields": {"id": "key", "amount": "money"}})


def page(*records: bytes, number: int = 1) -> Page:
    body = b"[" + b",".join(records) + b"]"
    # As a reader gives them: without the native reader, or of what is no JSON, as objects.
    found = windows(body, (), beside=frozenset())
    return Page(
        number=number,
        body=body,
        records=[*map(Raw, records)] if found is None else found,
        received_at=ORIGIN.extracted_at,
    )


def extracted(
    folder: Path, pages: Iterator[Page] | Sequence[Page], stream: Stream = PLAIN, **options: Any
) -> Extracted:
    reader = SimpleNamespace(pages=lambda name, **_: iter(pages))
    return extract(
        reader=cast("Reader", reader),
        name="things",
        stream=stream,
        start=Start(),
        privacy=options.pop("privacy", PRIVACY),
        origin=ORIGIN,
        time_zone="UTC",
        folder=folder,
        **options,
    )


def rows(file: Path, columns: str = "payload") -> list[Any]:
    with duckdb.connect() as db:
        found = db.execute(f"select {columns} from read_parquet(?)", [str(file)]).fetchall()
    return [row[0] if len(row) == 1 else row for row in found]


def test_a_record_written_over_several_lines_stays_one_record(tmp_path: Path) -> None:
    pretty = '{\r\n  "id": 1,\n\t"name": "a\\nb",\n  "list": [\n    1.10\n  ]\n}'

    made = extracted(tmp_path, [page(pretty.encode(), b'{"id":2}')])

    payloads = rows(made.columns.file)
    assert [json.loads(payload) for payload in payloads] == [json.loads(pretty), {"id": 2}]
    assert "1.10" in payloads[0]


def test_the_largest_record_we_take_lands(tmp_path: Path) -> None:
    record = b'{"id":1,"x":"' + b"a" * (RECORD_BYTES - 15) + b'"}'

    made = extracted(tmp_path, [page(record)])

    assert rows(made.columns.file, "length(payload)") == [RECORD_BYTES]


def test_a_larger_record_is_rejected_with_its_beginning_and_the_others_land(tmp_path: Path) -> None:
    record = b'{"id":1,"x":"' + b"a" * (RECORD_BYTES - 14) + b'"}'

    made = extracted(tmp_path, [page(record, b'{"id":2}')])

    [(reason, pointer)] = rows(made.columns.rejects, "reason, payload")
    assert reason == "The record is larger than 5 MB."
    assert json.loads(pointer).startswith('{"id":1,"x":"aaa')
    assert len(pointer) < 2000
    assert rows(made.columns.file) == ['{"id":2}']
    assert made.records == 2


def test_of_what_is_not_an_object_nothing_is_kept_where_people_could_be_in_it(
    tmp_path: Path,
) -> None:
    made = extracted(tmp_path, [page(b'["PII-CANARY"]', b'{"id":1,"name":"PII"}')], PERSONAL)

    [(reason, kept)] = rows(made.columns.rejects, "reason, payload")
    assert reason == "The record is not an object."
    assert json.loads(kept).startswith("Not an object")
    assert rows(made.columns.file) == ['{"id":1}']


@pytest.mark.parametrize("as_columns", [False, True])
@pytest.mark.parametrize("is_native", [False, True])
def test_records_of_many_chunks_stay_in_the_order_of_the_source(
    tmp_path: Path, as_columns: bool, is_native: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if is_native:
        require_native()
    else:
        monkeypatch.setattr(library, "load", lambda: None)
    numbers = [number * 7919 % 70_000 for number in range(70_000)]
    pages = [
        page(*(b'{"id":%d}' % number for number in numbers[begin : begin + 1000]), number=begin + 1)
        for begin in range(0, 70_000, 1000)
    ]

    made = extracted(tmp_path, pages, NAMED, as_columns=as_columns)

    assert made.records == 70_000
    assert rows(made.columns.file) == [f'{{"id":{number}}}' for number in numbers]


def test_a_read_that_fails_half_way_leaves_no_batch(tmp_path: Path) -> None:
    def pages() -> Iterator[Page]:
        yield page(b'{"id":1}')
        raise ReadFailed("Things: the source said no.")

    with pytest.raises(ReadFailed, match="the source said no"):
        extracted(tmp_path, pages())


@pytest.mark.parametrize("as_columns", [False, True])
def test_fields_that_nobody_knows_are_told_of(tmp_path: Path, as_columns: bool) -> None:
    made = extracted(
        tmp_path, [page(b'{"id":1}', b'{"id":2,"colour":"red"}')], NAMED, as_columns=as_columns
    )

    drift = made.columns.drift
    assert drift.sentence(is_whole=True) == (
        "The source sends fields that are not known here: colour. No record has the fields amount."
    )
    assert drift.sentence(is_whole=False) == (
        "The source sends fields that are not known here: colour."
    )


def test_a_source_that_sends_what_is_known_has_nothing_to_tell(tmp_path: Path) -> None:
    made = extracted(tmp_path, [page(b'{"id":1,"amount":"1.00"}')], NAMED)

    assert made.columns.drift.sentence(is_whole=True) == ""


def test_a_record_with_a_field_that_is_not_known_is_kept_out_where_that_is_asked_for(
    tmp_path: Path,
) -> None:
    careful = NAMED.model_copy(update={"drift": "quarantine"})

    made = extracted(tmp_path, [page(b'{"id":1,"x":1}', b'{"id":2}')], careful)

    assert rows(made.columns.rejects, "reason, payload") == [
        ("The record has a field that is not known: x.", '{"id":1,"x":1}')
    ]
    assert rows(made.columns.file) == ['{"id":2}']
