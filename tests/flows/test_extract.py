"""Pages become one line a record, and a record too large to take is said to be so."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from msgspec import Raw

from flows.columns import RECORD_BYTES, Origin, columns_of
from flows.connectors.reader import ReadFailed
from flows.connectors.spec import Stream
from flows.extract import Privacy, line

ORIGIN = Origin("alice", "tills", "b1", extracted_at=datetime(2025, 6, 30, tzinfo=UTC))
PRIVACY = Privacy(kept=frozenset(), pseudonym_key=b"k" * 32)
PLAIN = Stream.model_validate({"path": "x", "key": ["id"], "load": "full", "title": "Things"})
PERSONAL = PLAIN.model_copy(
    update={"personal": PLAIN.personal.model_copy(update={"drop": frozenset({"name"})})}
)


def landed(folder: Path, *lines: bytes) -> list[str]:
    spool = folder / "things.ndjson"
    spool.write_bytes(b"".join(lines))
    files = columns_of(spool=spool, stream=PLAIN, origin=ORIGIN, time_zone="UTC")
    with duckdb.connect() as db:
        found = db.execute("select payload from read_parquet(?)", [str(files.file)]).fetchall()
    return [payload for (payload,) in found]


def test_a_record_written_over_several_lines_stays_one_record(tmp_path: Path) -> None:
    pretty = '{\r\n  "id": 1,\n\t"name": "a\\nb",\n  "list": [\n    1.10\n  ]\n}'

    payloads = landed(
        tmp_path,
        line(Raw(pretty.encode()), stream=PLAIN, privacy=PRIVACY),
        line(Raw(b'{"id":2}'), stream=PLAIN, privacy=PRIVACY),
    )

    assert [json.loads(payload) for payload in payloads] == [json.loads(pretty), {"id": 2}]
    assert "1.10" in payloads[0]


def test_the_largest_record_we_take_lands(tmp_path: Path) -> None:
    record = b'{"id":1,"x":"' + b"a" * (RECORD_BYTES - 15) + b'"}'

    payloads = landed(tmp_path, line(Raw(record), stream=PLAIN, privacy=PRIVACY))

    assert [len(payload) for payload in payloads] == [RECORD_BYTES]


def test_a_larger_record_ends_the_stream_with_a_sentence_for_the_tenant() -> None:
    record = b'{"id":1,"x":"' + b"a" * (RECORD_BYTES - 14) + b'"}'

    with pytest.raises(ReadFailed, match=r"^Things: one record is larger than 5 MB\. Remove what"):
        line(Raw(record), stream=PLAIN, privacy=PRIVACY)


def test_of_what_is_not_an_object_nothing_is_kept_where_people_could_be_in_it() -> None:
    kept = line(Raw(b'["PII-CANARY"]'), stream=PERSONAL, privacy=PRIVACY)

    assert b"PII-CANARY" not in kept
    assert json.loads(kept).startswith("Not an object")
