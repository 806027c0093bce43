"""How numbers are written for people."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from portal.pages import amounts


@pytest.mark.parametrize(
    ("value", "currency", "text"),
    [
        ("1234567.5", "EUR", "€1,234,567.50"),
        ("-0.05", "EUR", "\N{MINUS SIGN}€0.05"),
        ("0", "USD", "$0.00"),
        ("-0.001", "EUR", "€0.00"),
        ("0.005", "GBP", "£0.01"),
        ("12", "CHF", "CHF\N{NO-BREAK SPACE}12.00"),
        ("-12", "CHF", "\N{MINUS SIGN}CHF\N{NO-BREAK SPACE}12.00"),
        ("99999999999999999.99", "EUR", "€99,999,999,999,999,999.99"),
    ],
)
def test_money_has_its_currency_and_thousands_apart(value: str, currency: str, text: str) -> None:
    assert amounts.money(Decimal(value), currency) == text


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [
        ("1200", None, "1,200"),
        ("2.500", None, "2.5"),
        ("-3.000", None, "\N{MINUS SIGN}3"),
        ("100", None, "100"),
        ("0.6556", 2, "0.66"),
        ("10", 1, "10.0"),
    ],
)
def test_a_quantity_shows_the_decimals_it_needs(value: str, places: int | None, text: str) -> None:
    assert amounts.quantity(Decimal(value), places=places) == text


def test_what_is_unknown_is_a_dash_and_not_a_zero() -> None:
    unknown = [
        amounts.money(None, "EUR"),
        amounts.amount(None),
        amounts.quantity(None),
        amounts.percent(amounts.ratio(1, 0)),
        amounts.day(None),
    ]

    assert unknown == ["\N{EN DASH}"] * 5


def test_a_share_is_a_percentage_with_one_decimal() -> None:
    assert amounts.percent(amounts.ratio(1, 3)) == "33.3%"
    assert amounts.percent(Decimal("-0.12345")) == "\N{MINUS SIGN}12.3%"


def test_a_day_is_written_so_that_month_and_day_cannot_be_confused() -> None:
    assert amounts.day(date(2026, 3, 4)) == "4 Mar 2026"
