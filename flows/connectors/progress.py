"""Notice a source that goes round in circles instead of coming to an end."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

from msgspec import Raw

from flows.connectors.request import Request

_MOST_PAGES = 100_000
_MOST_EMPTY_PAGES = 10
_SAMPLES = 16


class Stuck(Exception):
    """There will be no end; the text says why and whom to tell."""


class Progress:
    """What has been seen of one list. Only digests are kept, never pages."""

    def __init__(self) -> None:
        self._asked: set[bytes] = set()
        self._came: set[int] = set()
        self._pages = 0
        self._empty_in_a_row = 0

    def ask(self, request: Request) -> None:
        """
        :raises Stuck: if this was asked for before
        """
        parts = (request.url, request.path, request.params, request.headers, request.body)
        asked = blake2b(repr(parts).encode(), digest_size=16).digest()
        if asked in self._asked:
            raise Stuck("pagination stuck: the source sends the same page again. Tell its support.")
        self._asked.add(asked)

    def came(self, records: Sequence[Raw]) -> None:
        """
        :raises Stuck: if the page shows that there will be no end
        """
        # Empty pages are all alike; they have a limit of their own.
        if records:
            content = _print(records)
            if content in self._came:
                raise Stuck(
                    "pagination stuck: the source sends the same page again. Tell its support."
                )
            self._came.add(content)
        self._pages += 1
        self._empty_in_a_row = 0 if records else self._empty_in_a_row + 1
        if self._empty_in_a_row > _MOST_EMPTY_PAGES:
            raise Stuck(
                f"pagination stuck: over {_MOST_EMPTY_PAGES} empty pages. Tell its support."
            )
        if self._pages > _MOST_PAGES:
            raise Stuck(f"pagination stuck: over {_MOST_PAGES} pages. Tell the operator.")


def _print(records: Sequence[Raw]) -> int:
    """What tells a page from others, at little cost: how many records, and some of them.

    Their hashes are of this process alone, as is the whole read.
    """
    step = max(1, len(records) // _SAMPLES)
    return hash((len(records), *(bytes(record) for record in (*records[::step], records[-1]))))
