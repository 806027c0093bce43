"""Who pays for a warehouse that nobody asks, and who is given back what overlapped."""

from __future__ import annotations

from datetime import timedelta

from tests.transforms.costs.account import (
    ALICE,
    ANALYTICS,
    BOB,
    CHARLIE,
    DAY,
    LOADING,
    Account,
    at,
    tag,
)
from tests.transforms.costs.recipe import Recipe


def test_idle_time_is_that_of_the_last_query_before_it(recipe: Recipe) -> None:
    account = Account()
    account.query("a", at("10:00"), 60, whose=tag(ALICE), credits=0.1)
    account.query("b", at("10:04"), 60, whose=tag(BOB), credits=0.1)
    account.hour(at("10:00"), "0.46")

    ledger = account.ledger(recipe)

    # Alice's tail lasts for three minutes, until Bob asks; his for ten, until the warehouse sleeps.
    assert ledger.credits("IDLE") == {"alice": 0.06, "bob": 0.2}


def test_the_tail_is_that_of_the_query_that_ended_last(recipe: Recipe) -> None:
    account = Account()
    account.query("long", at("10:00"), 600, whose=tag(ALICE), credits=0.1)
    account.query("short", at("10:01"), 60, whose=tag(BOB), credits=0.1)
    account.hour(at("10:00"), "0.5")

    assert account.ledger(recipe).credits("IDLE") == {"alice": 0.3}


def test_idle_time_across_the_hour_is_paid_in_both(recipe: Recipe) -> None:
    account = Account()
    account.query("a", at("10:50"), 300, whose=tag(ALICE), credits=0.1)
    account.query("b", at("11:10"), 300, whose=tag(BOB), credits=0.1)
    account.hour(at("10:00"), "0.2")
    account.hour(at("11:00"), "0.4")

    ledger = account.ledger(recipe)

    # In the second hour Alice's tail has five of its ten minutes, and Bob's all of his.
    assert ledger.credits("IDLE") == {"alice": 0.2, "bob": 0.2}


def test_idle_time_after_midnight_is_the_next_days(recipe: Recipe) -> None:
    tomorrow = DAY + timedelta(days=1)
    account = Account(last=tomorrow)
    account.query("a", at("23:50"), 540, whose=tag(ALICE), credits=0.1)
    account.hour(at("+1 00:00"), "0.3")

    ledger = account.ledger(recipe)

    assert ledger.credits("IDLE", day=tomorrow) == {"alice": 0.3}
    assert ledger.rows(
        f"select day, tail_ms from costs.cost_queries where day = date '{tomorrow}'"
    ) == [(tomorrow, 540_000)]


def test_an_hour_of_idle_time_alone_is_the_platforms(recipe: Recipe) -> None:
    account = Account()
    account.query("a", at("08:00"), 60, whose=tag(ALICE), credits=0.1)
    account.hour(at("10:00"), "1")

    assert account.ledger(recipe).credits("IDLE") == {"PLATFORM": 1}


def test_without_a_tail_idle_time_is_shared_by_use(recipe: Recipe) -> None:
    account = Account()
    account.query("a", at("10:00"), 3600, whose=tag(ALICE), credits=0.1)
    account.query("b", at("10:00"), 3600, whose=tag(BOB), credits=0.3)
    account.hour(at("10:00"), "1")

    assert account.ledger(recipe).credits("IDLE") == {"alice": 0.15, "bob": 0.45}


def test_each_warehouse_has_its_own_idle_time(recipe: Recipe) -> None:
    account = Account()
    account.query("a", at("10:00"), 60, whose=tag(ALICE), credits=0.1, warehouse=LOADING)
    account.query("b", at("10:00"), 60, whose=tag(BOB), credits=0.1, warehouse=ANALYTICS)
    account.hour(at("10:00"), "0.2", warehouse=LOADING)
    account.hour(at("10:00"), "0.5", warehouse=ANALYTICS)

    assert account.ledger(recipe).credits("IDLE") == {"alice": 0.1, "bob": 0.4}


def test_idle_nanos_that_cannot_be_halved_go_to_one_of_both(recipe: Recipe) -> None:
    account = Account(suspend_seconds=60)
    account.query("a", at("10:00"), 60, whose=tag(ALICE), credits=0.1)
    account.query("b", at("10:10"), 60, whose=tag(BOB), credits=0.1)
    account.hour(at("10:00"), "0.200000003")

    idle = account.ledger(recipe).credits("IDLE")

    assert idle == {"alice": 2e-9, "bob": 1e-9}


def test_what_queries_use_beyond_the_hour_is_given_back(recipe: Recipe) -> None:
    account = Account()
    account.query("a", at("10:00"), 3600, whose=tag(ALICE), credits=0.75)
    account.query("b", at("10:00"), 3600, whose=tag(BOB), credits=0.25)
    account.hour(at("10:00"), "0.8")

    ledger = account.ledger(recipe)

    assert ledger.credits("DIRECT") == {"alice": 0.75, "bob": 0.25}
    assert ledger.credits("OVERLAP") == {"alice": -0.15, "bob": -0.05}
    assert ledger.credits("IDLE") == {}


def test_what_was_inferred_is_given_back_first(recipe: Recipe) -> None:
    account = Account()
    account.query("a", at("10:00"), 1800, whose=tag(ALICE), credits=0.4)
    account.query("b", at("10:00"), 720, whose=tag(BOB))
    account.query("c", at("10:00"), 360, whose=tag(CHARLIE))
    account.hour(at("10:00"), "0.55")

    ledger = account.ledger(recipe)

    assert ledger.credits("DIRECT") == {"alice": 0.4, "bob": 0.2, "charlie": 0.1}
    assert ledger.credits("OVERLAP") == {"bob": -0.1, "charlie": -0.05}


def test_nobody_is_given_back_more_than_was_inferred(recipe: Recipe) -> None:
    account = Account()
    account.query("a", at("10:00"), 1800, whose=tag(ALICE), credits=0.4)
    account.query("b", at("10:00"), 720, whose=tag(BOB))
    account.hour(at("10:00"), "0.1")

    assert account.ledger(recipe).credits("OVERLAP") == {"alice": -0.3, "bob": -0.2}


def test_an_hour_of_a_query_that_used_next_to_nothing_is_the_platforms(recipe: Recipe) -> None:
    account = Account()
    account.query("long", at("00:00"), 5 * 3600, whose=tag(ALICE), credits=1e-9)
    account.query("free", at("04:10"), 60, whose=tag(BOB), credits=0)
    account.hour(at("04:00"), "1")

    assert account.ledger(recipe).credits("IDLE") == {"PLATFORM": 1}
