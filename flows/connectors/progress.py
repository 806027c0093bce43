"""Notice a source that goes round in circles instead of coming to an end."""

from __future__ import annotations

from hashlib import blake2b

from msgspec import Raw

from flows.connectors.pages import Ask

_MOST_PAGES = 100_000
_MOST_EMPTY_PAGES = 10


class Progress:
    """What has been seen of one read. Only digests are kept, never pages."""

    def __init__(self) -> None:
        self._asked: set[bytes] = set()
        self._last = b""
        self._pages = 0
        self._empty_in_a_row = 0

    def problem(self, ask: Ask, *, list_text: Raw, records: int) -> str | None:
        """What is wrong with the page just read, if it shows that there will be no end."""
        asked = _digest(repr((ask.url, sorted(ask.params.items()))).encode())
        content = _digest(list_text)
        # Empty pages are all alike; they have a limit of their own.
        is_same_page = records > 0 and content == self._last
        was_asked_before = asked in self._asked
        self._asked.add(asked)
        self._last = content
        self._pages += 1
        self._empty_in_a_row = 0 if records else self._empty_in_a_row + 1
        if is_same_page or was_asked_before:
            return "pagination stuck: the source sends the same page again. Tell its support."
        if self._empty_in_a_row > _MOST_EMPTY_PAGES:
            return f"pagination stuck: over {_MOST_EMPTY_PAGES} empty pages. Tell its support."
        if self._pages > _MOST_PAGES:
            return f"pagination stuck: over {_MOST_PAGES} pages. Tell the operator."
        return None


def _digest(content: bytes | Raw) -> bytes:
    return blake2b(content, digest_size=16).digest()
