"""Bars for days, drawn on the server: shapes with patterns, and the numbers in a table beside.

Across, everything is a share of the width, so that a drawing fits any screen; up and down, pixels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal

from portal.costs.shown import KINDS, SAYS, kind_class, short_day
from portal.costs.tables import decimal_of, money_of, money_places, quantity, share, share_of

HEIGHT = 240
SMALL = 56
GAP = Decimal("0.22")  # of a day's width
FINEST = 0.6  # pixels below which a piece is not drawn


@dataclass(frozen=True)
class Piece:
    y: str
    height: str
    kind: str


@dataclass(frozen=True)
class Bar:
    """A day. `x` and `width` are per cent; `anchor` keeps the label inside of the drawing.

    A late one is near the label before: a narrow screen has room for one of them.
    """

    x: str
    width: str
    middle: str
    slot: str
    slot_width: str
    pieces: list[Piece]
    says: str
    link: str
    label: str
    anchor: str
    is_late: bool


@dataclass(frozen=True)
class Tick:
    y: str
    text: str


@dataclass(frozen=True)
class Series:
    kind: str
    title: str
    amount: str
    share: str
    says: str


@dataclass(frozen=True)
class Chart:
    title: str
    height: int
    bars: list[Bar]
    ticks: list[Tick]
    series: list[Series]
    zero: str


def stacked_days(
    *,
    title: str,
    days: Sequence[date],
    amounts: Mapping[tuple[date, str], int],
    links: Mapping[date, str],
    currency: str,
) -> Chart:
    """:param amounts: billionths of money by day and kind"""
    kinds = [kind for kind in KINDS if any(amounts.get((day, kind)) for day in days)]
    ups = [sum(max(amounts.get((day, kind), 0), 0) for kind in kinds) for day in days]
    downs = [sum(min(amounts.get((day, kind), 0), 0) for kind in kinds) for day in days]
    scale = _scale(max(ups, default=0), min(downs, default=0), HEIGHT)
    bars = [
        _bar(
            at,
            days,
            pieces=_pieces([(kind, amounts.get((day, kind), 0)) for kind in kinds], scale),
            says=_says(day, [(kind, amounts.get((day, kind), 0)) for kind in kinds], currency),
            link=links.get(day, ""),
        )
        for at, day in enumerate(days)
    ]
    return Chart(title, HEIGHT, bars, scale.ticks(), _series(kinds, days, amounts), scale.y(0))


def small_days(
    *, title: str, days: Sequence[date], amounts: Mapping[date, Mapping[str, int]], most: int
) -> Chart:
    """Direct and idle credits of one warehouse, on the scale of all.

    :param most: billionths of a credit at the upper edge
    """
    scale = _Scale(Decimal(max(most, 1)), Decimal(0), SMALL, Decimal(max(most, 1)))
    bars = []
    for at, day in enumerate(days):
        found = list(amounts.get(day, {}).items())
        used = quantity_of_credits(sum(value for _, value in found))
        says = f"{short_day(day)}: {used} credits"
        bars.append(_bar(at, days, pieces=_pieces(found, scale), says=says, link=""))
    return Chart(title, SMALL, bars, [], [], scale.y(0))


def quantity_of_credits(nanos: int) -> str:
    return quantity(decimal_of(nanos))


@dataclass(frozen=True)
class _Scale:
    top: Decimal
    bottom: Decimal
    height: int
    step: Decimal

    def y(self, value: Decimal | int) -> str:
        return f"{self._y(value):.1f}"

    def _y(self, value: Decimal | int) -> float:
        return float((self.top - value) / (self.top - self.bottom) * self.height)

    def span(self, low: int, high: int) -> tuple[float, float]:
        return self._y(high), self._y(low) - self._y(high)

    def ticks(self) -> list[Tick]:
        """Round values. Below zero there is seldom more than a hint, which needs none."""
        steps = range(int(self.bottom / self.step), int(self.top / self.step) + 1)
        places = max(0, -(self.step.scaleb(-9).normalize().adjusted()))
        return [Tick(self.y(self.step * at), _tick_text(self.step * at, places)) for at in steps]


def _tick_text(nanos: Decimal, places: int) -> str:
    return f"{nanos.scaleb(-9):,.{places}f}".replace("-", "\u2212")


def _scale(most: int, least: int, height: int) -> _Scale:
    """Up to a round number, in about four round steps."""
    step = _round_step(Decimal(most - least or 1) / 4)
    top = (Decimal(most) / step).to_integral_value(ROUND_CEILING) * step or step
    return _Scale(top, Decimal(least), height, step)


def _round_step(rough: Decimal) -> Decimal:
    size = Decimal(1).scaleb(rough.adjusted())
    return next(size * each for each in (1, 2, 5, 10) if size * each >= rough)


def _pieces(values: Sequence[tuple[str, int]], scale: _Scale) -> list[Piece]:
    up = down = 0
    pieces = []
    for kind, value in values:
        low, high = (up, up + value) if value >= 0 else (down + value, down)
        up, down = max(up, high), min(down, low)
        y, height = scale.span(low, high)
        if height >= FINEST:
            pieces.append(Piece(f"{y:.1f}", f"{height:.1f}", kind_class(kind)))
    return pieces


def _bar(at: int, days: Sequence[date], *, pieces: list[Piece], says: str, link: str) -> Bar:
    slot = Decimal(100) / len(days)
    left, width = slot * at, slot * (1 - GAP)
    day = days[at]
    label = short_day(day) if day.day in {1, 8, 15, 22, 29} or len(days) <= 7 else ""
    return Bar(
        x=f"{left + slot * GAP / 2:.3f}%",
        width=f"{width:.3f}%",
        middle=f"{left + slot / 2:.3f}%",
        slot=f"{left:.3f}%",
        slot_width=f"{slot:.3f}%",
        pieces=pieces,
        says=says,
        link=link,
        label=label,
        is_late=left > 90,
        anchor="end" if left > 90 else "start" if left < 3 else "middle",
    )


def _says(day: date, values: Sequence[tuple[str, int]], currency: str) -> str:
    whole = sum(value for _, value in values)
    places = money_places(abs(decimal_of(whole)))
    lines = [f"{short_day(day)}: {money_of(whole, places)} {currency}"]
    lines += [f"{KINDS[kind]} {money_of(value, places)}" for kind, value in values if value]
    return "\n".join(lines)


def _series(
    kinds: Sequence[str], days: Sequence[date], amounts: Mapping[tuple[date, str], int]
) -> list[Series]:
    sums = {kind: sum(amounts.get((day, kind), 0) for day in days) for kind in kinds}
    whole = sum(sums.values())
    places = money_places(
        max((abs(decimal_of(each)) for each in sums.values()), default=Decimal(0))
    )
    return [
        Series(
            kind_class(kind),
            KINDS[kind],
            money_of(sums[kind], places),
            share(share_of(sums[kind], whole)),
            SAYS[kind],
        )
        for kind in kinds
    ]
