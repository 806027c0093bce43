"""What a query used directly: by Snowflake's own attribution, else by how long it ran."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.transforms.costs.account import (
    ALICE,
    ANALYTICS,
    BOB,
    CHARLIE,
    DAY,
    PLATFORM,
    ROLE,
    TRUSTED_ROLES,
    Account,
    at,
    tag,
)
from tests.transforms.costs.recipe import Recipe

TOMORROW = DAY + timedelta(days=1)


def test_a_query_costs_what_snowflake_attributes_to_it(recipe: Recipe) -> None:
    account = Account()
    account.query("a", at("10:00"), 60, whose=tag(ALICE), credits=0.25)
    account.query("b", at("10:05"), 60, whose=tag(BOB), credits=0.5)
    account.hour(at("10:00"), "0.75")
    account.bill("0.75")

    ledger = account.ledger(recipe)

    assert ledger.credits("DIRECT") == {"alice": 0.25, "bob": 0.5}
    assert ledger.credits("IDLE") == ledger.credits("UNATTRIBUTED") == {}


def test_a_query_across_an_hour_belongs_to_both(recipe: Recipe) -> None:
    account = Account()
    account.query("a", at("10:45"), 3600, whose=tag(ALICE), credits=1)
    account.hour(at("10:00"), "0.25")
    account.hour(at("11:00"), "0.75")

    ledger = account.ledger(recipe)

    hours = ledger.rows("select hour, direct_nanos from costs.cost_warehouse_hours order by all")
    assert hours == [(at("10:00"), 250_000_000), (at("11:00"), 750_000_000)]


def test_a_query_across_midnight_belongs_to_both_days(recipe: Recipe) -> None:
    account = Account(last=TOMORROW)
    account.query("a", at("23:30"), 3600, whose=tag(ALICE), credits=1)
    account.hour(at("23:00"), "0.5")
    account.hour(at("+1 00:00"), "0.5")

    ledger = account.ledger(recipe)

    assert ledger.direct_of("a") == {DAY: 0.5, TOMORROW: 0.5}
    assert ledger.credits("DIRECT") == ledger.credits("DIRECT", day=TOMORROW) == {"alice": 0.5}


@pytest.mark.parametrize(("size", "an_hour", "hours"), [("Large", 8, 24), ("X-Large", 16, 20)])
def test_a_large_query_may_last_a_day(recipe: Recipe, size: str, an_hour: int, hours: int) -> None:
    account = Account(last=TOMORROW)
    account.query("a", at("10:30"), hours * 3600, whose=tag(ALICE), size=size)

    ledger = account.ledger(recipe)

    today = an_hour * 13.5
    assert ledger.direct_of("a") == {DAY: today, TOMORROW: an_hour * hours - today}
    assert ledger.credits("DIRECT") == {"alice": today}


def test_a_query_that_began_before_the_first_day_costs_what_it_used_on_it(recipe: Recipe) -> None:
    account = Account(first=TOMORROW, last=TOMORROW)
    account.query("a", at("23:00"), 7200, whose=tag(ALICE), credits=1)
    account.hour(at("+1 00:00"), "0.5")

    ledger = account.ledger(recipe)

    assert ledger.rows("select distinct day from costs.cost_lines") == [(TOMORROW,)]
    assert ledger.credits("DIRECT", day=TOMORROW) == {"alice": 0.5}


def test_a_query_that_ends_with_the_hour_has_nothing_in_the_next_one(recipe: Recipe) -> None:
    account = Account()
    account.query("a", at("10:30"), 1800, whose=tag(ALICE), credits=1)
    account.hour(at("10:00"), "1")

    assert account.ledger(recipe).one("select hour from costs.cost_warehouse_hours") == at("10:00")


@pytest.mark.parametrize(("size", "an_hour"), [("X-Small", 1), ("Medium", 4), ("6X-Large", 512)])
def test_without_attribution_a_query_costs_its_time_on_its_warehouse(
    recipe: Recipe, size: str, an_hour: int
) -> None:
    account = Account()
    account.query(
        "a",
        at("10:00"),
        100,
        whose=tag(ALICE),
        size=size,
        queued_overload_time=60_000,
        compilation_time=4_000,
    )
    account.hour(at("10:00"), "99")

    ledger = account.ledger(recipe)

    assert ledger.credits("DIRECT")["alice"] == pytest.approx(0.01 * an_hour)
    assert ledger.one("select is_inferred from costs.cost_lines where kind = 'DIRECT'") is True


def test_a_call_and_what_it_asks_are_not_counted_twice(recipe: Recipe) -> None:
    account = Account()
    account.query("call", at("10:00"), 600, whose=tag(ALICE), query_type="CALL")
    account.query("child", at("10:01"), 360, whose=tag(ALICE))
    account.hour(at("10:00"), "1")

    ledger = account.ledger(recipe)

    assert ledger.credits("DIRECT") == {"alice": 0.1}
    assert ledger.direct_of("call") == {DAY: 0}


def test_what_a_call_asks_carries_its_tag(recipe: Recipe) -> None:
    account = Account()
    account.query("call", at("10:00"), 600, whose=tag(ALICE, r="run-1"), query_type="CALL")
    account.query("child", at("10:01"), 360, whose="", credits=0.2, root="call")
    account.hour(at("10:00"), "1")

    ledger = account.ledger(recipe)

    assert ledger.credits("DIRECT") == {"alice": 0.2}
    (child,) = ledger.rows("select run_code from costs.cost_queries where query_id = 'child'")
    assert child == ("run-1",)


def test_clusters_side_by_side_are_one_warehouse(recipe: Recipe) -> None:
    account = Account()
    for cluster, tenant in enumerate((ALICE, BOB, CHARLIE), start=1):
        account.query(
            tenant, at("10:00"), 3600, whose=tag(tenant), credits=1, cluster_number=cluster
        )
    account.hour(at("10:00"), "3.3")

    ledger = account.ledger(recipe)

    assert ledger.credits("DIRECT") == {"alice": 1, "bob": 1, "charlie": 1}
    assert sum(ledger.credits("IDLE").values()) == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("said", "holder"),
    [
        (None, "NOBODY"),
        ("", "NOBODY"),
        ("dbt:nightly", "NOBODY"),
        ("{broken", "NOBODY"),
        ("[1]", "NOBODY"),
        ('{"team":"bi"}', "NOBODY"),
        ('{"t":"somebody"}', "NOBODY"),
        ('{"s":"provision"}', "PLATFORM"),
        (tag(PLATFORM, s="costs"), "PLATFORM"),
        (tag(ALICE.upper()), "alice"),
        (tag("d1ed0000-0000-4000-8000-000000000009", s="move"), "TENANT"),
    ],
)
def test_a_query_is_whose_its_tag_says(recipe: Recipe, said: str | None, holder: str) -> None:
    account = Account()
    account.query("a", at("10:00"), 60, whose=said, credits=1)
    account.hour(at("10:00"), "1")

    assert account.ledger(recipe).credits("DIRECT") == {holder: 1}


@pytest.mark.parametrize("role", ["ANALYSTS", "MERCURIOS_DEVELOPER", "TENANT_BOB_ROLE", "", None])
@pytest.mark.parametrize("said", [tag(ALICE), tag(PLATFORM), tag(s="provision")])
def test_a_tag_of_anybody_else_is_not_believed(recipe: Recipe, said: str, role: str | None) -> None:
    account = Account()
    account.query("a", at("10:00"), 60, whose=said, credits=1, role_name=role)
    account.hour(at("10:00"), "1.5")

    ledger = account.ledger(recipe)

    assert ledger.credits("DIRECT") == {"NOBODY": 1}
    assert ledger.credits("IDLE") == {"NOBODY": 0.5}


@pytest.mark.parametrize("role", TRUSTED_ROLES)
def test_what_we_ask_is_believed_in_each_of_our_roles(recipe: Recipe, role: str) -> None:
    account = Account()
    account.query("a", at("10:00"), 60, whose=tag(ALICE), credits=1, role_name=role)

    assert account.ledger(recipe).credits("DIRECT") == {"alice": 1}


@pytest.mark.parametrize(("role", "holder"), [(ROLE, "alice"), ("ANALYSTS", "NOBODY")])
def test_what_a_call_asks_in_another_role_is_whose_the_call_is(
    recipe: Recipe, role: str, holder: str
) -> None:
    account = Account()
    call: dict[str, Any] = {"query_type": "CALL", "role_name": role}
    account.query("call", at("10:00"), 600, whose=tag(ALICE), **call)
    child: dict[str, Any] = {"root": "call", "role_name": "OWNERS"}
    account.query("child", at("10:01"), 360, whose=tag(BOB), credits=1, **child)

    assert account.ledger(recipe).credits("DIRECT") == {holder: 1}


def test_an_attribution_that_is_told_twice_counts_once(recipe: Recipe) -> None:
    account = Account()
    account.query("call", at("10:00"), 600, whose=tag(ALICE), query_type="CALL")
    account.query("a", at("10:00"), 60, whose="", credits=0.5, root="call", acceleration=0.1)
    (told,) = account.rows["query_attribution_history"]
    account.add("query_attribution_history", **told)
    account.hour(at("10:00"), "0.5")

    ledger = account.ledger(recipe)

    assert ledger.credits("DIRECT") == {"alice": 0.5}
    assert ledger.credits("OVERLAP") == ledger.credits("IDLE") == {}


def test_untagged_queries_stand_there_with_who_asked_them(recipe: Recipe) -> None:
    account = Account()
    person = {"user_name": "BI_ANNA", "query_parameterized_hash": "f00"}
    account.query("a", at("10:00"), 60, credits=1, warehouse=ANALYTICS, **person)  # type: ignore[arg-type]

    found = account.ledger(recipe).rows(
        "select holder, user_name, warehouse, query_hash, direct_nanos from costs.cost_queries"
    )

    assert found == [("NOBODY", "BI_ANNA", "MERCURIOS_ANALYTICS_WH", "f00", 10**9)]


def test_every_part_says_its_connection_run_step_and_model(recipe: Recipe) -> None:
    account = Account()
    said = tag(ALICE, c="connection-1", r="run-1", s="transform", n="fct_sales")
    account.query("a", at("10:00"), 60, whose=said, credits=1)

    found = account.ledger(recipe).rows(
        "select tenant_code, connection_code, run_code, step, model from costs.cost_details"
        " where kind = 'DIRECT'"
    )

    assert found == [(ALICE, "connection-1", "run-1", "transform", "fct_sales")]
