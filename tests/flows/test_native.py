"""The native reader takes what it is certain of, and leaves the rest as it is."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from flows.columns import Chunk
from flows.native import library
from flows.native.reader import Column, Reader
from tests.house.repository import ROOT
from tests.native import require_native

COLUMNS = [Column("id", "key", is_needed=True), Column("sum", "money"), Column("note", "text")]


@pytest.fixture(autouse=True)
def native_reader() -> None:
    require_native()


def texts_of(*records: bytes) -> Any:
    chunk = Chunk()
    chunk.add([Raw(record) for record in records], text=b"", strip=None)
    return chunk.texts


def read(*records: bytes, refuses: bool = False, begin: int = 0) -> tuple[dict[str, Any], Any]:
    reader = Reader(COLUMNS, refuses=refuses)
    batch, left = reader.read(texts_of(*records), begin=begin)
    rows = batch.to_pydict()
    reader.close()
    return rows, left


def test_a_record_has_its_place_in_the_batch_and_a_null_where_it_has_nothing() -> None:
    rows, left = read(b'{"id":"a"}', b"3", b'{"note":"n","id":"b"}', begin=100)

    assert rows["position"] == [100, 102]
    assert rows["c0"] == ["a", "b"]
    assert rows["c2"] == [None, "n"]
    assert left == [1]


def test_nothing_of_a_record_that_is_left_stays_in_a_column() -> None:
    rows, left = read(b'{"id":"a","note":"1"}', b'{"note":"2","id":"b","sum":"x"}', b'{"id":"c"}')

    assert rows["c2"] == ["1", None]
    assert left == [1]


def test_fields_are_told_by_their_names_with_and_without_a_column() -> None:
    reader = Reader(COLUMNS, refuses=False)
    reader.read(texts_of(b'{"id":"a","x":{"y":1}}', '{"id":"b","größe":1}'.encode()), begin=0)
    reader.read(texts_of(b'{"id":"c","x":[]}', b'{"id":4,"y":1,"y":2}'), begin=2)

    assert dict(reader.names_seen()) == {"id": 3, "x": 2, "größe": 1}


def test_a_record_with_a_field_that_is_not_known_is_left_where_that_is_asked_for() -> None:
    _, left = read(b'{"id":"a","x":1}', b'{"id":"b"}', refuses=True)

    assert left == [0]


def test_a_record_with_data_where_names_belong_is_left() -> None:
    many = {"id": "a"} | {f"n{number}": 1 for number in range(1000)}
    long = {"id": "b", "n" * 2000: 1}

    _, left = read(json.dumps(many).encode(), json.dumps(long).encode(), b'{"id":"c"}')

    assert left == [0, 1]


def test_a_reader_that_was_closed_says_so() -> None:
    reader = Reader(COLUMNS, refuses=False)
    reader.close()
    reader.close()

    with pytest.raises(ValueError, match="closed"):
        next(reader.names_seen())


@given(st.lists(st.binary(max_size=60), max_size=20))
def test_of_what_is_no_json_nothing_is_taken(records: list[bytes]) -> None:
    rows, left = read(*records)

    taken = rows["position"]
    assert sorted([*taken, *left]) == list(range(len(records)))
    for position in taken:
        assert isinstance(json.loads(records[position]), dict)


JSON = json.dumps({"id": "ä1", "sum": "12.50", "note": 'a"\n', "more": [{"x": [1.5, None]}, "\\"]})


@given(st.integers(0, len(JSON.encode())), st.binary(max_size=3), st.integers(0, 3))
def test_of_a_record_that_was_damaged_no_more_is_taken_than_was_sent(
    at: int, instead: bytes, gone: int
) -> None:
    whole = JSON.encode()
    damaged = whole[:at] + instead + whole[at + gone :]

    rows, _ = read(whole, damaged, whole)

    assert rows["c0"][0] == rows["c0"][-1] == "ä1"
    if len(rows["c0"]) == 3:
        assert json.loads(damaged)["id"] == rows["c0"][1]


@pytest.mark.parametrize("source", ["int none;", "unsigned version(void) { return 0; }"])
def test_another_library_in_its_place_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    (tmp_path / "other.c").write_text(source)
    other = tmp_path / "other.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", other, tmp_path / "other.c"], check=True)
    monkeypatch.setattr(library, "FILE", other)

    assert library.load.__wrapped__() is None


@pytest.mark.parametrize(
    ("rustc", "said"), [("", "Rust is not installed"), ("exit 1", "The native reader could not be")]
)
def test_where_it_cannot_be_built_one_line_says_so_and_no_older_one_stays(
    tmp_path: Path, rustc: str, said: str
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "rm").symlink_to(str(shutil.which("rm")))
    if rustc:
        (programs / "rustc").write_text(f"#!/bin/sh\n{rustc}\n")
        (programs / "rustc").chmod(0o755)
    (tmp_path / "native.so").write_text("of an older version")

    done = subprocess.run(
        ["/bin/sh", ROOT / "flows/native/build", tmp_path / "native.so"],
        env={"PATH": str(programs)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith(said)
    assert not (tmp_path / "native.so").exists()
