"""The files of a stream, read as a run reads them: what is new, in order, with its origin."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.connectors.files.folder import KEY_FILE
from flows.connectors.reader import Reader, ReadFailed, ReadInterrupted
from flows.connectors.spec import ConnectorInvalid, parse_connector

WORD = "alices-own-long-word"
NOW = datetime(2026, 3, 3, 10, tzinfo=UTC)


def document(**stream: Any) -> dict[str, Any]:
    return {
        "name": "tables",
        "title": "Tables",
        "credentials": {
            "location": {"title": "Place"},
            "word": {"title": "Word", "secret": True},
            "decimal": {"title": "Decimal sign", "pattern": "[.,]", "default": ","},
        },
        "client": {
            "files": {"from": "location", "word": "word", "decimal": "decimal"},
            "probe": "sale",
        },
        "streams": {
            "sale": {
                "path": "*/sales*.*",
                "key": ["id"],
                "changed": {"take": "_modified_at", "zone": "utc"},
                "load": {"by": "client", "overlap": "1 hour"},
                "records": {"columns": {"Nr": "id"}, "numbers": ["amount"]},
                **stream,
            }
        },
    }


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MERCURIOS_FILES_ROOT", str(tmp_path))
    (tmp_path / "alice" / "2026").mkdir(parents=True)
    (tmp_path / "alice" / KEY_FILE).write_text(WORD)
    return tmp_path / "alice"


def read(*, since: datetime | None = None, **stream: Any) -> list[dict[str, Any]]:
    connector = parse_connector(name="tables", document=document(**stream))
    with Reader(
        connector,
        {"location": "alice", "word": WORD},
        allow_private=False,
        time_zone=UTC,
        clock=lambda: NOW,
    ) as reader:
        pages = list(reader.pages("sale", since=since))
    return [json.loads(bytes(record)) for page in pages for record in page.records]


def test_a_record_says_its_file_its_row_and_when_the_file_changed(folder: Path) -> None:
    (folder / "2026/sales-b.csv").write_text("Nr;amount\n7;1.234,50\n\n8;2\n")
    (folder / "2026/sales-a.tsv").write_text("Nr\tamount\n9\t-3,5\n")

    found = read()

    moments = [datetime.fromisoformat(each.pop("_modified_at")) for each in found]
    assert found == [
        {"id": "9", "amount": "-3.5", "_file": "2026/sales-a.tsv", "_row": 1},
        {"id": "7", "amount": "1234.50", "_file": "2026/sales-b.csv", "_row": 1},
        {"id": "8", "amount": "2", "_file": "2026/sales-b.csv", "_row": 2},
    ]
    assert all(abs(moment - datetime.now(UTC)) < timedelta(minutes=5) for moment in moments)


def test_reading_twice_gives_the_same(folder: Path) -> None:
    for number in range(3):
        (folder / f"2026/sales-{number}.csv").write_text(f"Nr,amount\n{number},1\n")

    assert read() == read()


def test_only_files_that_changed_since_are_opened(folder: Path) -> None:
    (folder / "2026/sales-1.csv").write_text("Nr,amount\n1,1\n")
    broken = folder / "2026/sales-2.csv"
    broken.write_text("torn")

    # Both changed before tomorrow, less the hour that is read again.
    assert read(since=datetime.now(UTC) + timedelta(days=1)) == []
    with pytest.raises(ReadFailed, match=r"sales-2\.csv has no column Nr"):
        read(since=datetime.now(UTC) + timedelta(minutes=30))


def test_a_stream_read_in_full_reads_every_file_each_time(folder: Path) -> None:
    (folder / "2026/sales-1.csv").write_text("Nr,amount\n1,1\n")

    assert len(read(since=datetime.now(UTC) + timedelta(days=1), load="full")) == 1


def test_more_than_one_page_of_a_file_keeps_its_rows_in_order(folder: Path) -> None:
    lines = "".join(f"{number},1\n" for number in range(12_345))
    (folder / "2026/sales.csv").write_text("Nr,amount\n" + lines)

    found = read()

    assert [each["_row"] for each in found] == list(range(1, 12_346))


@pytest.mark.parametrize("name", ["sales.csv.part", "sales.csv.tmp", "sales.csv.crdownload"])
def test_a_file_that_is_being_uploaded_is_left_to_the_next_run(folder: Path, name: str) -> None:
    (folder / "2026" / name).write_text("Nr,am")

    with pytest.raises(ReadInterrupted, match=f"{name} is still being uploaded"):
        read()


@pytest.mark.parametrize("name", ["~$sales.xlsx", ".~lock.sales.ods#", ".~lock.sales.xlsx#"])
def test_a_file_that_somebody_has_open_is_left_to_the_next_run(folder: Path, name: str) -> None:
    (folder / "2026" / name).write_text("Olga")

    with pytest.raises(ReadInterrupted, match=r"Somebody has sales\.\w+ open. Close it"):
        read()


def test_a_file_of_another_kind_is_told(folder: Path) -> None:
    (folder / "2026/sales.pdf").write_text("%PDF")

    with pytest.raises(ReadFailed, match=r"sales\.pdf is of a kind that is not read"):
        read()


def test_a_file_that_may_not_be_read_is_told(folder: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    (folder / "2026/sales.csv").write_text("Nr,amount\n1,1\n")
    (folder / "2026/sales.csv").chmod(0)

    with pytest.raises(ReadFailed, match=r"sales\.csv may not be read"):
        read()


def test_the_word_of_the_folder_is_in_no_sentence(folder: Path) -> None:
    (folder / KEY_FILE).write_text("another-long-word-here")

    with pytest.raises(ReadFailed, match="not open to this connection") as failure:
        read()

    assert WORD not in str(failure.value)


@pytest.mark.parametrize(
    ("pattern", "sentence"),
    [
        ("../*.csv", "Write a pattern of files below the place"),
        ("/etc/*.csv", "Write a pattern of files below the place"),
        ("a/./b.csv", "Write a pattern of files below the place"),
        ("sales\\*.csv", "Write a pattern of files below the place"),
        ("**/*.csv", "write each folder"),
    ],
)
def test_a_pattern_that_could_lead_elsewhere_is_refused(pattern: str, sentence: str) -> None:
    with pytest.raises(ConnectorInvalid, match=rf"streams\.sale\.path: .*{sentence}"):
        parse_connector(name="tables", document=document(path=pattern))


@pytest.mark.parametrize(
    ("location", "sentence"),
    [
        ("ftp://example.com/x", "begins with s3:// or sftp://"),
        ("file:///etc/passwd", "begins with s3:// or sftp://"),
        ("s3://exports", "Enter the region of the bucket"),
        ("sftp://files.example.com/x", "Enter the fingerprint of the server's key"),
        ("../alice", "a path below the one the operator allows"),
    ],
)
def test_a_place_that_cannot_be_opened_is_told(folder: Path, location: str, sentence: str) -> None:
    connector = parse_connector(name="tables", document=document())
    values = {"location": location, "word": WORD}

    with (
        Reader(connector, values, allow_private=False, time_zone=UTC, clock=lambda: NOW) as reader,
        pytest.raises(ReadFailed, match=sentence),
    ):
        list(reader.pages("sale", since=None))


def test_a_file_has_a_time_and_no_counter() -> None:
    with pytest.raises(ConnectorInvalid, match="A file has a time and no counter"):
        parse_connector(
            name="tables", document=document(load={"by": "client", "counter": "version"})
        )
