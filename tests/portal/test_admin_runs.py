"""Runs and pipelines in the admin, and its first page."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from portal.connections.models import Connection
from portal.pipelines.prefect import PrefectApi
from portal.pipelines.services import deploy
from portal.runs.models import Run
from portal.runs.services import StreamCounts, StreamReport, claim_run, finish_run, record_stream
from tests.forms import browse
from tests.portal.conftest import NOW
from tests.portal.fake_prefect import FakePrefect

LIST = "/admin/runs/run/"

pytestmark = pytest.mark.usefixtures("every_tenant")


def a_run(connection: Connection, *, status: str = "", message: str = "") -> Run:
    """A run with two streams that is going on, or that ended so."""
    run = claim_run(connection=connection, flow_run_id=uuid4(), at=NOW).run
    for stream, counts in (
        ("sale", StreamCounts(extracted=1200, new=1000, changed=150, unchanged=40, rejected=10)),
        ("branch", StreamCounts(extracted=34, unchanged=34)),
    ):
        record_stream(run=run, report=StreamReport(stream=stream, status="LANDED", counts=counts))
    if not status:
        return run
    return finish_run(
        run=run,
        status=status,
        at=NOW + timedelta(seconds=93),
        message=message,
        publication="20261121T051523Z-0a1b2c3d",
        steps={"extract": {"seconds": 61.5}, "transform": {"seconds": 14.25, "models": 21}},
    )


def test_the_list_sums_what_the_streams_brought(operator: Client, tills: Connection) -> None:
    a_run(tills, status="COMPLETED")

    row = browse(operator, LIST).soup.select_one("#result_list tbody tr")

    assert row is not None
    words = " ".join(row.get_text(" ").split())
    assert "Alsterhaus Mode tills Completed 1 min 33 s 1,234 1,000 150 10" in words


def test_the_page_of_a_run_shows_streams_steps_and_where_to_look_further(
    operator: Client, tills: Connection
) -> None:
    run = a_run(tills, status="PARTIAL", message="One stream could not be read.")

    page = browse(operator, f"{LIST}{run.pk}/change/")

    links = {str(link.get("href")) for link in page.soup.find_all("a")}
    assert f"http://127.0.0.1:4200/v2/runs/flow-run/{run.flow_run_id}" in links
    assert "/t/alsterhaus-mode/" in links
    assert "20261121T051523Z-0a1b2c3d" in page.words
    assert "One stream could not be read." in page.words
    assert "transform 21 14.25" in page.words
    assert "1,200 1,000 150 40 10" in page.words


def test_only_a_run_that_goes_on_is_watched(operator: Client, tills: Connection) -> None:
    going, ended = a_run(tills), a_run(tills, status="FAILED")

    pages = [browse(operator, f"{LIST}{run.pk}/change/") for run in (going, ended)]

    watches = [page.soup.select_one('meta[http-equiv="refresh"]') is not None for page in pages]
    assert watches == [True, False]


def test_a_run_can_neither_be_added_changed_nor_deleted(
    operator: Client, tills: Connection
) -> None:
    run = a_run(tills, status="FAILED")

    answers = [
        browse(operator, address).status
        for address in (f"{LIST}add/", f"{LIST}{run.pk}/delete/", f"{LIST}{run.pk}/change/")
    ]

    page = browse(operator, f"{LIST}{run.pk}/change/")
    assert answers == [403, 403, 200]
    assert page.soup.select("form input[type=text], form textarea") == []


def test_the_runs_of_one_connection_can_be_picked(operator: Client, tills: Connection) -> None:
    run = a_run(tills, status="COMPLETED")

    hers = browse(operator, f"{LIST}?connection={tills.pk}")
    others = browse(operator, f"{LIST}?connection={tills.pk + 1}")

    assert f"{LIST}{run.pk}/change/" in hers.text
    assert f"{LIST}{run.pk}/change/" not in others.text


@pytest.mark.usefixtures("tills")
@pytest.mark.parametrize(
    "query",
    [
        "connection=x",
        "tenant__id__exact=x",
        "status__exact=NO",
        "p=9",
        f"connection={'9' * 23}",
        f"tenant__id__exact={'9' * 23}",
        f"tenant__id__exact={2**63}",
    ],
)
def test_a_strange_filter_is_no_traceback(operator: Client, query: str) -> None:
    assert browse(operator, f"{LIST}?{query}").status == 200


def test_the_list_costs_the_same_for_many_runs(
    operator: Client, tills: Connection, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(6):
        a_run(tills, status="COMPLETED")

    with django_assert_max_num_queries(8):  # session, user, counts, filters, runs, streams
        page = browse(operator, LIST)

    assert page.words.count("1,234") == 6


def test_the_first_page_counts_what_there_is_and_what_fails(
    operator: Client, ready_tills: Connection, api: PrefectApi
) -> None:
    deploy(connection=ready_tills, api=api, at=NOW)
    a_run(ready_tills, status="FAILED", message="The key was rejected.")

    page = browse(operator, "/admin/")

    assert "Tenants 1" in page.words
    assert "Connections 1 Active 1" in page.words
    assert "Failing connections 1" in page.words
    assert "Pipelines with a problem 0" in page.words
    assert "The key was rejected." in page.words


def test_an_empty_platform_says_where_to_begin(operator: Client) -> None:
    page = browse(operator, "/admin/")

    assert page.follow("Add a tenant").path == "/admin/tenants/tenant/add/"


def test_drift_is_repaired_from_the_pipelines_page(
    operator: Client, ready_tills: Connection, api: PrefectApi, prefect: FakePrefect
) -> None:
    deploy(connection=ready_tills, api=api, at=NOW)
    prefect.deployment("alsterhaus-mode.tills")["paused"] = True

    answer = browse(operator, "/admin/pipelines/pipeline/").press("Compare and repair now")

    assert "Prefect agrees again" in answer.words
    assert prefect.deployment("alsterhaus-mode.tills")["paused"] is False


@pytest.mark.usefixtures("ready_tills")
def test_comparing_with_a_dead_prefect_is_a_warning(operator: Client, prefect: FakePrefect) -> None:
    prefect.stop()

    answer = browse(operator, "/admin/pipelines/pipeline/").press("Compare and repair now")

    assert answer.status == 200
    assert "What is wanted is safe here and will be applied later." in answer.words
