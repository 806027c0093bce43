"""From a form in the admin to exact figures, and exact again a day later. Every part is real."""

from __future__ import annotations

from typing import Any

import pytest

from tests.journeys.conftest import Retailer
from tests.journeys.figures import PUBLISHED, Api, Figures, Publication, published, true
from tests.processes import Platform
from tests.simulators.process import Simulator

Pair = tuple[dict[str, Figures], dict[str, Figures]]
"""What is shown, and what is true."""


@pytest.fixture(scope="module")
def first_figures(alice: Retailer, api: Api, till: Simulator) -> Pair:
    """Taken before the till moves on."""
    return published(Publication(api, alice.slug)), true(till.truth(alice.company.name))


@pytest.fixture(scope="module")
def later_figures(
    first_figures: Pair, day_later: dict[str, Any], alice: Retailer, api: Api, till: Simulator
) -> Pair:
    return published(Publication(api, alice.slug)), true(till.truth(alice.company.name))


def test_the_first_run_completes(alice: Retailer) -> None:
    assert alice.first_run["status"] == "COMPLETED", alice.first_run["message"]
    assert alice.first_run["publication"]


@pytest.mark.parametrize("figure", PUBLISHED)
def test_the_first_figures_are_the_tills_own(figure: str, first_figures: Pair) -> None:
    shown, truth = first_figures

    assert shown[figure] == truth[figure]


def test_the_next_scheduled_run_brings_only_the_changes(
    later_figures: Pair, day_later: dict[str, Any], alice: Retailer
) -> None:
    first, later = alice.first_run["streams"]["sale"], day_later["streams"]["sale"]

    assert day_later["status"] == "COMPLETED", day_later["message"]
    assert later["is_incremental"]
    assert 0 < later["extracted"] < first["extracted"] / 4
    assert later["new"] + later["changed"] > 0


def test_the_till_was_asked_for_changes_alone_where_it_can_tell(
    later_figures: Pair, till: Simulator, alice: Retailer
) -> None:
    asked = till.requests()[alice.company.name]

    for entity in ("sale", "article", "articlesize", "customer", "branch", "category"):
        assert set(asked[entity]) == {"changed"}, entity


@pytest.mark.parametrize("figure", PUBLISHED)
def test_a_day_later_the_figures_are_exact_again(figure: str, later_figures: Pair) -> None:
    shown, truth = later_figures

    assert shown[figure] == truth[figure]


def test_the_days_figures_did_move(first_figures: Pair, later_figures: Pair) -> None:
    assert first_figures[0]["revenue by day"] != later_figures[0]["revenue by day"]
    assert first_figures[0]["until"] != later_figures[0]["until"]


def test_an_earlier_publication_can_still_be_read(
    first_figures: Pair, later_figures: Pair, alice: Retailer, platform: Platform
) -> None:
    answer = platform.manage(
        "query",
        alice.slug,
        "select currency, sum(total_amount) as revenue from daily_sales_summary group by currency",
        *("--as-of", alice.first_run["publication"], "--format", "csv"),
    )

    revenue = answer.stdout.splitlines()[1].split(",")[1]
    assert revenue.rstrip("0").rstrip(".") == first_figures[0]["revenue"]["EUR"]


def test_every_record_of_every_run_is_accounted_for(alice: Retailer, day_later: Any) -> None:
    for run in (alice.first_run, day_later):
        for stream in run["streams"].values():
            parts = ("new", "changed", "unchanged", "rejected")
            assert stream["extracted"] == sum(stream[part] for part in parts)


def test_plan_finds_nothing_to_do(alice: Retailer, charlie: Retailer, platform: Platform) -> None:
    told = platform.manage_json("plan")

    assert not any(told.values()), told
