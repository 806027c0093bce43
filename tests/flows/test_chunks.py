"""A chunk takes records from their pages, each on one line, and is filled again and again."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from flows.columns import RECORD_BYTES, Chunk
from flows.connectors.windows import Windows, windows
from tests.native import require_native

WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
PAGES = st.lists(st.lists(st.dictionaries(WORDS, WORDS, max_size=3), max_size=9), max_size=4)


@pytest.fixture(autouse=True)
def native_reader() -> None:
    require_native()


def page_of(records: Sequence[object], *, indent: int | None = None) -> Windows:
    page = json.dumps(records, ensure_ascii=False, indent=indent).encode()
    found = windows(page, (), beside=frozenset())
    assert found is not None
    return found


def add(chunk: Chunk, page: Windows) -> None:
    chunk.add(page, text=page.text, strip=None)


@given(PAGES, st.sampled_from([None, 1]))
def test_it_holds_what_was_in_the_pages(pages: list[list[object]], indent: int | None) -> None:
    chunk, by_objects = Chunk(), Chunk()
    for page in (page_of(records, indent=indent) for records in pages):
        add(chunk, page)
        by_objects.add([Raw(bytes(record)) for record in page], text=page.text, strip=None)

    assert [*chunk] == [*by_objects]
    assert [text.encode() for text in chunk.texts.to_pylist()] == [*chunk]
    assert [json.loads(text) for text in chunk] == [record for page in pages for record in page]
    assert not any(b"\n" in text for text in chunk)


def test_what_was_in_it_is_gone_when_it_is_cleared() -> None:
    chunk = Chunk()
    add(chunk, page_of(["a long one", "another"]))
    chunk.rejects.append(("It is none.", "{}"))

    chunk.clear()
    add(chunk, page_of([1]))

    assert [*chunk] == [b"1"]
    assert chunk.texts.to_pylist() == ["1"]
    assert chunk.rejects == []


def test_a_record_is_rejected_that_is_larger_than_all_others_may_be() -> None:
    chunk = Chunk()

    add(chunk, page_of(["small", "x" * RECORD_BYTES]))

    assert [*chunk] == [b'"small"']
    [(reason, beginning)] = chunk.rejects
    assert reason == "The record is larger than 5 MB."
    assert json.loads(beginning).startswith('"xxx')


def test_a_large_page_of_small_records_is_taken_whole() -> None:
    chunk = Chunk()
    records = ["x" * 1_000_000] * 8

    add(chunk, page_of(records))

    assert [*chunk] == [json.dumps(record).encode() for record in records]


def test_memory_that_one_large_page_took_is_given_back() -> None:
    chunk = Chunk()
    page = page_of(["x" * 1_000_000] * 40)
    tracemalloc.start()
    add(chunk, page)

    chunk.clear()

    left, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert left < 1_000_000


def test_it_is_not_cleared_while_somebody_still_reads_its_texts() -> None:
    chunk = Chunk()
    add(chunk, page_of([1]))
    texts = chunk.texts

    with pytest.raises(BufferError):
        chunk.clear()
    assert texts.to_pylist() == ["1"]


def test_it_is_full_by_the_size_of_its_records_as_well() -> None:
    chunk = Chunk()
    while not chunk.is_full:
        add(chunk, page_of(["x" * 4_000_000]))

    assert len(chunk) == 3
