"""Runs: how they start, what is written down, and which word stands."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from portal.connections.models import Connection
from portal.connections.services import create_connection
from portal.lib.errors import Refused
from portal.pipelines.prefect import PrefectApi, PrefectUnavailable
from portal.pipelines.services import deploy
from portal.runs.models import Run, StreamResult
from portal.runs.selectors import duration_of, failing_connections, latest_run, runs, totals_of
from portal.runs.services import (
    StreamCounts,
    StreamReport,
    cancel_run,
    claim_run,
    finish_run,
    record_stream,
    run_now,
)
from tests.portal.conftest import NOW
from tests.portal.fake_prefect import FakePrefect

pytestmark = pytest.mark.usefixtures("every_tenant")


@pytest.fixture
def run(tills: Connection) -> Run:
    return claim_run(connection=tills, flow_run_id=uuid4(), at=NOW).run


def test_a_run_of_a_connection_that_is_not_deployed_is_refused(
    tills: Connection, api: PrefectApi, prefect: FakePrefect
) -> None:
    with pytest.raises(Refused, match="is not deployed yet"):
        run_now(connection=tills, api=api, at=NOW)

    assert prefect.requests == []


def test_a_run_is_asked_for_in_prefect_and_known_here(
    ready_tills: Connection, api: PrefectApi, prefect: FakePrefect
) -> None:
    deploy(connection=ready_tills, api=api, at=NOW)

    run = run_now(connection=ready_tills, api=api, at=NOW)

    assert list(prefect.flow_runs) == [str(run.flow_run_id)]
    assert (run.status, run.tenant) == ("SCHEDULED", ready_tills.tenant)


def test_nothing_is_written_down_if_prefect_did_not_answer(
    ready_tills: Connection, api: PrefectApi, prefect: FakePrefect
) -> None:
    deploy(connection=ready_tills, api=api, at=NOW)
    prefect.stop()

    with pytest.raises(PrefectUnavailable):
        run_now(connection=ready_tills, api=api, at=NOW)

    assert not Run.objects.exists()


def test_a_run_that_was_asked_for_is_the_one_that_is_claimed(
    ready_tills: Connection, api: PrefectApi
) -> None:
    deploy(connection=ready_tills, api=api, at=NOW)
    asked = run_now(connection=ready_tills, api=api, at=NOW)

    claim = claim_run(
        connection=ready_tills, flow_run_id=asked.flow_run_id, at=NOW + timedelta(seconds=4)
    )

    assert claim.run == asked
    assert (claim.run.status, claim.run.requested_at) == ("RUNNING", NOW)
    assert claim.run.started_at == NOW + timedelta(seconds=4)


def test_the_fence_rises_with_every_claim(tills: Connection) -> None:
    first = claim_run(connection=tills, flow_run_id=uuid4(), at=NOW)
    second = claim_run(connection=tills, flow_run_id=uuid4(), at=NOW)
    again = claim_run(connection=tills, flow_run_id=second.run.flow_run_id, at=NOW)

    assert first.fence < second.fence < again.fence


def test_a_flow_run_cannot_be_claimed_for_another_connection(run: Run) -> None:
    other = create_connection(tenant=run.tenant, connector="prohandel", name="online")

    with pytest.raises(Refused, match="belongs to another connection"):
        claim_run(connection=other, flow_run_id=run.flow_run_id, at=NOW)

    other.refresh_from_db()
    assert other.fence == 0


def test_a_run_that_has_ended_cannot_be_claimed_again(run: Run) -> None:
    finish_run(run=run, status="CRASHED", at=NOW)

    with pytest.raises(Refused, match="has ended already"):
        claim_run(connection=run.connection, flow_run_id=run.flow_run_id, at=NOW)

    assert Run.objects.get().status == "CRASHED"


@pytest.mark.parametrize(
    "counts",
    [
        StreamCounts(extracted=10, new=9),
        StreamCounts(new=1),
        StreamCounts(extracted=3, new=1, changed=1, unchanged=1, rejected=1),
    ],
)
def test_records_that_do_not_add_up_are_refused(run: Run, counts: StreamCounts) -> None:
    with pytest.raises(Refused, match="do not add up"):
        record_stream(run=run, report=StreamReport(stream="sale", status="LANDED", counts=counts))

    assert not StreamResult.objects.exists()


def test_the_database_accounts_for_every_record_as_well(run: Run) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        StreamResult.objects.create(run=run, stream="sale", status="LANDED", extracted=5, new=4)


def test_a_stream_that_reports_again_replaces_what_it_said(run: Run) -> None:
    for extracted in (5, 7):
        counts = StreamCounts(extracted=extracted, new=extracted)
        record_stream(run=run, report=StreamReport(stream="sale", status="LANDED", counts=counts))

    assert [result.extracted for result in StreamResult.objects.all()] == [7]


def test_the_totals_of_a_run_are_the_sums_of_its_streams(run: Run) -> None:
    for stream in ("sale", "branch"):
        counts = StreamCounts(extracted=10, new=4, changed=3, unchanged=2, rejected=1)
        record_stream(run=run, report=StreamReport(stream=stream, status="LANDED", counts=counts))

    totals = totals_of(runs().get())

    assert vars(totals) == {
        "extracted": 20,
        "new": 8,
        "changed": 6,
        "unchanged": 4,
        "rejected": 2,
    }


def test_a_crash_after_a_completion_changes_nothing(run: Run) -> None:
    later = NOW + timedelta(minutes=5)
    finish_run(run=run, status="COMPLETED", at=NOW, publication="20261121T051523Z-0a1b2c3d")

    said = finish_run(run=run, status="CRASHED", at=later, message="It fell silent.")

    found = Run.objects.get()
    assert said.status == found.status == "COMPLETED"
    assert (found.finished_at, found.message) == (NOW, "")
    assert found.publication == "20261121T051523Z-0a1b2c3d"


@pytest.mark.parametrize("status", ["COMPLETED", "PARTIAL"])
def test_a_run_that_was_given_up_and_has_committed_is_not_called_a_crash(
    run: Run, status: str
) -> None:
    finish_run(run=run, status="CRASHED", at=NOW, message="It fell silent.", actor="OPERATOR")

    finish_run(run=run, status=status, at=NOW, publication="20261121T051523Z-0a1b2c3d")

    found = Run.objects.get()
    assert (found.status, found.message, found.actor) == (status, "", "")
    assert found.publication == "20261121T051523Z-0a1b2c3d"


@pytest.mark.parametrize("first", ["CRASHED", "FAILED", "CANCELLED"])
def test_a_failure_after_another_end_changes_nothing(run: Run, first: str) -> None:
    finish_run(run=run, status=first, at=NOW)

    finish_run(run=run, status="FAILED", at=NOW, message="Too late.")

    assert (Run.objects.get().status, Run.objects.get().message) == (first, "")


def test_a_request_is_known_after_prefect_has_forgotten_its_run(
    ready_tills: Connection, api: PrefectApi, prefect: FakePrefect
) -> None:
    deploy(connection=ready_tills, api=api, at=NOW)
    first = run_now(connection=ready_tills, api=api, at=NOW, request_key="monday")
    prefect.flow_runs.clear()

    again = run_now(connection=ready_tills, api=api, at=NOW, request_key="monday")

    assert again == first
    assert prefect.flow_runs == {}


@pytest.mark.parametrize("status", ["RUNNING", "SCHEDULED", "DONE", ""])
def test_a_run_ends_only_with_an_end(run: Run, status: str) -> None:
    with pytest.raises(Refused) as refused:
        finish_run(run=run, status=status, at=NOW)

    assert refused.value.field == "status"
    assert Run.objects.get().status == "RUNNING"


def test_the_duration_is_that_between_start_and_end(run: Run) -> None:
    going = duration_of(run)

    ended = finish_run(run=run, status="COMPLETED", at=NOW + timedelta(seconds=93))

    assert going is None
    assert duration_of(ended) == 93


def test_a_run_that_goes_on_can_be_cancelled_and_an_ended_one_cannot(
    ready_tills: Connection, api: PrefectApi, prefect: FakePrefect
) -> None:
    deploy(connection=ready_tills, api=api, at=NOW)
    run = run_now(connection=ready_tills, api=api, at=NOW)

    cancel_run(run=run, api=api)
    ended = finish_run(run=run, status="CANCELLED", at=NOW)

    assert prefect.flow_runs[str(run.flow_run_id)]["state_type"] == "CANCELLING"
    with pytest.raises(Refused, match="has ended already"):
        cancel_run(run=ended, api=api)


def test_a_connection_fails_as_long_as_its_latest_run_does(tills: Connection) -> None:
    def ended(status: str, minute: int) -> Run:
        at = NOW + timedelta(minutes=minute)
        run = claim_run(connection=tills, flow_run_id=uuid4(), at=at).run
        return finish_run(run=run, status=status, at=at)

    ended("FAILED", 0)
    while_failing = list(failing_connections())
    repaired = ended("COMPLETED", 1)

    assert while_failing == [tills]
    assert list(failing_connections()) == []
    assert latest_run(tills) == repaired
