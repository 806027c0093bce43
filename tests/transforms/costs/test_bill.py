"""Until when what was metered is the bill, and from when on the bill is."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from tests.transforms.costs.account import ALICE, BOB, DAY, NANOS, Account, Ledger, at, tag
from tests.transforms.costs.recipe import Recipe

# So long after a day its bill has all of its services.
SETTLED = DAY + timedelta(days=3)


@pytest.mark.parametrize(
    ("today", "pipe"),
    [(SETTLED, (0, True)), (SETTLED - timedelta(days=1), (NANOS, False))],
)
def test_a_service_that_the_bill_does_not_name_is_billed_nothing_once_it_is_settled(
    recipe: Recipe, today: date, pipe: tuple[int, bool]
) -> None:
    account = Account(today=today)
    account.bill("2")
    _used(account, "PIPE", "1")

    ledger = account.ledger(recipe)

    assert _bill(ledger) == {"WAREHOUSE_METERING": (2 * NANOS, True), "PIPE": pipe}


def test_without_any_row_of_its_bill_a_day_is_never_settled(recipe: Recipe) -> None:
    account = Account()
    _used(account, "PIPE", "1")

    assert _bill(account.ledger(recipe)) == {"PIPE": (NANOS, False)}


def test_what_was_used_and_is_not_billed_is_taken_back(recipe: Recipe) -> None:
    account = Account()
    account.query("a", at("10:00"), 3600, whose=tag(ALICE), credits=1)
    account.hour(at("10:00"), "1", cloud="3")
    account.bill("2", service="PIPE")

    ledger = account.ledger(recipe)

    assert _bill(ledger) == {"WAREHOUSE_METERING": (0, True), "PIPE": (2 * NANOS, True)}
    assert ledger.credits("DIRECT") == {"alice": 1}
    assert ledger.credits("UNATTRIBUTED") == {"NOBODY": 1}
    assert ledger.credits("CLOUD_SERVICES") == {}


def test_a_service_that_used_nothing_is_not_on_the_bill(recipe: Recipe) -> None:
    account = Account()
    account.bill("2")
    _used(account, "PIPE", "0")

    assert _bill(account.ledger(recipe)) == {"WAREHOUSE_METERING": (2 * NANOS, True)}


def test_what_is_billed_of_a_day_that_is_not_over_is_not_all_of_it(recipe: Recipe) -> None:
    account = Account(today=DAY)
    account.query("a", at("10:00"), 3600, whose=tag(ALICE), credits=3)
    account.hour(at("10:00"), "3")
    account.bill("2")
    account.bill("1", service="PIPE")

    ledger = account.ledger(recipe)

    assert _bill(ledger) == {"WAREHOUSE_METERING": (3 * NANOS, False)}
    assert ledger.credits("UNATTRIBUTED") == {}


def test_cloud_services_apart_are_not_those_of_the_warehouses_again(recipe: Recipe) -> None:
    account = Account()
    account.query("a", at("10:00"), 60, whose=tag(ALICE), credits=10, credits_used_cloud_services=2)
    account.query(
        "b", at("10:00"), 1, whose=tag(BOB), warehouse=None, credits_used_cloud_services=4
    )
    account.hour(at("10:00"), "10", cloud="2")
    account.hour(at("10:00"), "0", warehouse=0, cloud="4")
    _used(account, "CLOUD_SERVICES", "0", cloud="4")

    ledger = account.ledger(recipe)

    assert _bill(ledger) == {
        "WAREHOUSE_METERING": (11 * NANOS, False),
        "CLOUD_SERVICES": (4 * NANOS, False),
    }
    assert ledger.credits("CLOUD_SERVICES") == {"alice": 1, "bob": 4}


def test_cloud_services_without_a_warehouse_are_else_among_those_of_warehouses(
    recipe: Recipe,
) -> None:
    account = Account()
    account.hour(at("10:00"), "10", cloud="2")
    account.hour(at("10:00"), "0", warehouse=0, cloud="4")

    assert _bill(account.ledger(recipe)) == {"WAREHOUSE_METERING": (15 * NANOS, False)}


def _bill(ledger: Ledger) -> dict[str, tuple[int, bool]]:
    found = ledger.rows("select service_type, nanos, is_billed from costs.cost_bill")
    return {service: (nanos, is_billed) for service, nanos, is_billed in found}


def _used(account: Account, service: str, credits: str, cloud: str = "0") -> None:
    account.add(
        "metering_history",
        service_type=service,
        start_time=at("03:00"),
        entity_id=0,
        entity_type=service,
        credits_used_compute=Decimal(credits),
        credits_used_cloud_services=Decimal(cloud),
    )
