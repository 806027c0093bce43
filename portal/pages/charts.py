"""What the charts draw, as plain data for `charts.js`. Beside each is a table with the numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from portal.pages.amounts import Number

MOST_BARS = 12


@dataclass(frozen=True)
class Chart:
    """`data` goes to the browser as JSON; doubles are good enough to draw with."""

    id: str
    title: str
    data: dict[str, Any]

    @property
    def data_id(self) -> str:
        return f"{self.id}-data"

    @property
    def bars(self) -> int:
        """How many bars lie above each other: the height depends on it."""
        return len(self.data["labels"]) if self.data["kind"] == "bars" else 0


def daily_chart(
    *,
    id: str,
    title: str,
    currency: str,
    days: Sequence[date],
    sales: Iterable[Number],
    averages: Iterable[float | None],
) -> Chart:
    data = {
        "kind": "daily",
        "currency": currency,
        "labels": [each.isoformat() for each in days],
        "series": [
            {"name": "Sales", "values": [float(each) for each in sales]},
            {"name": "Average of 7 days", "values": list(averages)},
        ],
    }
    return Chart(id=id, title=title, data=data)


def bar_chart(
    *,
    id: str,
    title: str,
    name: str,
    bars: Sequence[tuple[str, Number | None]],
    currency: str = "",
    statuses: Sequence[str] = (),
) -> Chart:
    """One bar above the other, the first on top; at most twelve, the table has them all."""
    shown = bars[:MOST_BARS]
    data = {
        "kind": "bars",
        "currency": currency,
        "labels": [label for label, _ in shown],
        "statuses": list(statuses),
        "series": [{"name": name, "values": [float(value or 0) for _, value in shown]}],
    }
    return Chart(id=id, title=title, data=data)
