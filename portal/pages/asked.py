"""What a reader asked for in the address of a page, and addresses that ask for a little more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import QueryDict

MOST_PAGES = 1_000_000


@dataclass(frozen=True)
class Asked:
    """Values that make no sense count as not given: an old or mistyped address still works."""

    values: QueryDict

    @property
    def publication(self) -> str | None:
        return self.values.get("publication") or None

    def text(self, name: str) -> str:
        return self.values.get(name, "").replace("\0", "").strip()[:100]

    def choice(self, name: str, options: Iterable[str], default: str) -> str:
        value = self.values.get(name, default)
        return value if value in options else default

    def page(self, name: str) -> int:
        value = self.values.get(name, "1")
        number = int(value) if value.isascii() and value.isdigit() and len(value) <= 7 else 1
        return min(max(number, 1), MOST_PAGES)

    def href(self, **changes: str | None) -> str:
        """The same page with some parameters changed, or without them where None.

        Whatever changes the order or the choice of rows leads to their first page.
        """
        values = self.values.copy()
        if not any(_is_page(name) for name in changes):
            changes |= dict.fromkeys([name for name in self.values if _is_page(name)])
        for name, value in changes.items():
            values.pop(name, None)
            if value is not None:
                values[name] = value
        return "?" + values.urlencode()

    def kept(self, *without: str) -> list[tuple[str, str]]:
        """The parameters that a form has to repeat so as not to lose them."""
        return [
            (name, self.values.get(name, ""))
            for name in self.values
            if name not in without and not _is_page(name)
        ]


def _is_page(name: str) -> bool:
    return name == "page" or name.startswith("page-")
