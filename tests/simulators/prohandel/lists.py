"""What a path below /api/v2 asks for, and which page of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_DEFAULT_SIZE = 100
_LARGEST_SIZE = 1000
_CHANGED = "/changed/"


class BadPage(ValueError):
    """The page or its size is no number from 1."""


@dataclass(frozen=True)
class Selection:
    """`since_text` is "" for a full list."""

    entity: str
    since_text: str


def select(path: str) -> Selection:
    """ "voucher/redemption/changed/2025-…" is the entity "voucher/redemption" since that moment."""
    entity, _, since = path.strip("/").partition(_CHANGED)
    return Selection(entity, since)


def page_of(query: Mapping[str, str]) -> tuple[int, int]:
    """(page, size); a size above the largest becomes the largest, as the header then says.

    :raises BadPage: if one of them is no number from 1
    """
    asked = {name.lower(): value for name, value in query.items()}
    page = _positive("page", asked.get("page", "1"))
    size = _positive("pagesize", asked.get("pagesize", str(_DEFAULT_SIZE)))
    return page, min(size, _LARGEST_SIZE)


def _positive(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) < 1:
        raise BadPage(f"{name}={text}")
    return int(text)
