"""Records as places in their page: they become objects when somebody goes through them."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from functools import cached_property
from operator import sub
from typing import overload

from msgspec import Raw

from flows.connectors.depth import DEEPEST
from flows.connectors.json_path import remember
from flows.native import pages

_LARGE = 1024 * 1024


class Windows(Sequence[Raw]):
    """
    :param text: the page
    :param places: begin and end of each record, one after the other
    """

    def __init__(self, text: bytes, places: array[int]) -> None:
        self.text = text
        self.places = places

    def __len__(self) -> int:
        return len(self.places) // 2

    @overload
    def __getitem__(self, number: int) -> Raw: ...
    @overload
    def __getitem__(self, number: slice) -> list[Raw]: ...
    def __getitem__(self, number: int | slice) -> Raw | list[Raw]:
        if isinstance(number, slice):
            return [self._at(each) for each in range(*number.indices(len(self)))]
        return self._at(range(len(self))[number])

    def __iter__(self) -> Iterator[Raw]:
        return iter(self._objects)

    @property
    def largest(self) -> int:
        """The bytes of the largest record, or of the page if that is not worth looking for."""
        if len(self.text) < _LARGE:
            return len(self.text)
        return max(map(sub, self.places[1::2], self.places[::2]), default=0)

    @cached_property
    def _objects(self) -> list[Raw]:
        return [self._at(number) for number in range(len(self))]

    def _at(self, number: int) -> Raw:
        return Raw(self.text[self.places[2 * number] : self.places[2 * number + 1]])


def windows(text: bytes, path: Sequence[str], *, beside: frozenset[str]) -> Windows | None:
    """The items of the list at the end of a path.

    What the page has by other names at its top is remembered for whoever asks `raw_at` for it next.

    :param beside: the other names
    :returns: None where somebody else has to look: at no such list, at what is no JSON, at a member
        of the page or of the path that is there twice, at records nested too deeply, or because the
        library was not built
    """
    cut = pages.cut(text, path, deepest=DEEPEST)
    if cut is None:
        return None
    if path:
        remember(text, dict.fromkeys(beside) | dict(_members(text, cut.members, beside)))
    return Windows(text, cut.records)


def _members(text: bytes, places: array[int], wanted: frozenset[str]) -> Iterator[tuple[str, Raw]]:
    names = {name.encode(): name for name in wanted}
    at = iter(places)
    for begin, end, value, value_end in zip(at, at, at, at, strict=True):
        if (name := names.get(text[begin:end])) is not None:
            yield name, Raw(memoryview(text)[value:value_end])
