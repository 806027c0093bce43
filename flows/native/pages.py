"""Pages of JSON as where their records are in them, and texts that are put together of those."""

from __future__ import annotations

import ctypes
from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from flows.native import library


@dataclass(frozen=True)
class Cut:
    """`records` are pairs of begin and end, one after the other; `members` are the same for the
    name, without its quotes, and the value of each member at the top of the page.
    """

    records: array[int]
    members: array[int]


def cut(text: bytes, path: Sequence[str], *, deepest: int) -> Cut | None:
    """Where the records of a page are, which is UTF-8; None where that is for others to say.

    :param path: names that lead to the list of records, which may be the whole page
    :param deepest: how many levels a page may have that is cut here
    """
    called = library.load()
    if called is None or any("\0" in name for name in path):
        return None
    names = b"".join(name.encode() + b"\0" for name in path)
    page = called.cut_page(text, len(text), names, len(names), deepest)
    if page is None:
        return None
    try:
        return Cut(_numbers(called.page_records(page)), _numbers(called.page_members(page)))
    finally:
        called.close_page(page)


def copy(text: bytes, records: array[int], *, to: bytearray, begin: int, ends: array[int]) -> None:
    """Copy records of a page, each as one line, and append where each ends.

    :param records: see `Cut`
    :param to: has room for all of them from `begin` on
    """
    rows = len(records) // 2
    if not rows:
        return
    held = len(ends)
    ends.frombytes(bytes(rows * ends.itemsize))
    source, _ = records.buffer_info()
    told, _ = ends.buffer_info()
    memory = (ctypes.c_char * len(to)).from_buffer(to)
    has_lines = b"\n" in text or b"\r" in text
    ends_from = told + held * ends.itemsize
    done = library.load().copy_records(
        text, len(text), source, rows, has_lines, memory, len(to), ends_from, begin
    )
    if not done:
        del memory, ends[held:]
        raise RuntimeError(f"{library.FILE.name} does not work as it should")


def is_utf_8(text: bytes) -> bool | None:
    """None where that is for others to say."""
    called = library.load()
    return None if called is None else called.is_utf_8(text, len(text))


def _numbers(found: library.Bytes) -> array[int]:
    numbers = array("I")
    if found.length:
        numbers.frombytes((ctypes.c_char * found.length).from_address(found.start))
    return numbers
