"""Runs of a tenant that a budget holds back: not started, or without what costs most."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID

from flows.portal import HELD_BACK
from flows.sync import sync
from tests.flows.fake_portal import FakePortal
from tests.flows.shop import ALICES, desk_of
from tests.flows.watching import as_worker, listening, prefects_leftovers, watch
from tests.simulators.process import Simulator

CLAIM = ("POST", "/api/v1/flow/runs")
WHY = "No runs start: costs have reached 120 % of the budget of 50.00 EUR for November 2026."


def test_a_run_that_may_not_start_is_cancelled_with_the_portals_sentence(
    prefect: None, till: Simulator, tmp_path: Path
) -> None:
    with FakePortal() as portal:
        desk = portal.add(desk_of(ALICES, till, streams=["branch"]))
        portal.answers[CLAIM] = (409, {"type": HELD_BACK, "detail": WHY})

        with as_worker(portal, tmp_path), listening() as kept, prefects_leftovers():
            flow_run: Any = sync(UUID(desk.connection["code"]), return_state=True)
            state = asyncio.run(flow_run)

    assert (state.type, state.name, state.message) == ("CANCELLED", "Cancelled", WHY)
    assert [told.path for told in portal.told] == [CLAIM[1]]
    assert "Traceback" not in kept.text()


def test_a_run_without_analytics_lands_and_says_so(
    prefect: None, portal: FakePortal, till: Simulator, tmp_path: Path
) -> None:
    desk = desk_of(ALICES, till, streams=["branch", "category"])
    desk.analytics = False

    watched = watch(desk, portal=portal, home=tmp_path)

    assert watched.end["status"] == "COMPLETED"
    assert watched.end["message"].endswith(
        "; landed only, since the budget leaves no room for analytics"
    )
    assert watched.end["publication"] == ""
    assert list(watched.end["steps"]) == ["extract"]
    assert {said["status"] for said in watched.streams.values()} == {"LANDED"}


def test_what_was_landed_only_is_published_by_the_next_run_with_analytics(
    prefect: None, portal: FakePortal, till: Simulator, tmp_path: Path
) -> None:
    desk = desk_of(ALICES, till)
    desk.analytics = False
    watch(desk, portal=portal, home=tmp_path)
    desk.analytics = True

    watched = watch(desk, portal=portal, home=tmp_path)

    assert watched.end["status"] == "COMPLETED"
    assert watched.end["publication"] != ""
