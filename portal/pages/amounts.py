"""How numbers, money, days and times are written for people. Nothing is ever a float here."""

from __future__ import annotations

from datetime import date, datetime, tzinfo
from decimal import ROUND_HALF_UP, Decimal

SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£"}
MINUS = "\N{MINUS SIGN}"
NONE = "\N{EN DASH}"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

Number = Decimal | int


def amount(value: Number | None) -> str:
    """Money without its currency, for a column whose heading names it: 1,234.50"""
    return NONE if value is None else _signed(f"{_rounded(value, 2):,.2f}")


def money(value: Number | None, currency: str) -> str:
    """€1,234.50 or CHF 1,234.50"""
    if value is None:
        return NONE
    figure = f"{_rounded(value, 2):,.2f}"
    sign = MINUS if figure.startswith("-") else ""
    return sign + (SYMBOLS.get(currency) or f"{currency}\N{NO-BREAK SPACE}") + figure.lstrip("-")


def quantity(value: Number | None, *, places: int | None = None) -> str:
    """As many decimals as it has, 3, 2.5, 1,200; or as many places as asked for."""
    if value is None:
        return NONE
    if places is not None:
        return _signed(f"{_rounded(value, places):,.{places}f}")
    figure = f"{value:,f}"
    return _signed(figure.rstrip("0").rstrip(".") if "." in figure else figure)


def percent(ratio: Decimal | None) -> str:
    """0.1234 is 12.3%"""
    return NONE if ratio is None else _signed(f"{_rounded(100 * ratio, 1):,.1f}%")


def ratio(part: Number, whole: Number) -> Decimal | None:
    return Decimal(part) / Decimal(whole) if whole else None


def day(value: date | None) -> str:
    return NONE if value is None else f"{value.day} {MONTHS[value.month - 1]} {value.year}"


def moment(value: datetime, zone: tzinfo) -> str:
    """In the tenant's own time: 20 Nov 2026, 06:15"""
    local = value.astimezone(zone)
    return f"{day(local)}, {local:%H:%M}"


def _rounded(value: Number, places: int) -> Decimal:
    rounded = Decimal(value).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    return rounded if rounded else abs(rounded)  # there is no minus zero


def _signed(figure: str) -> str:
    return figure.replace("-", MINUS)
