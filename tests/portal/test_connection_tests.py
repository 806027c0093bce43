"""A test takes seconds. What people change meanwhile is not lost, and not vouched for."""

from __future__ import annotations

from datetime import timedelta

import pytest

from flows.connectors.probe import Outcome, ProbeResult, StreamProbe
from portal.connections.models import Connection
from portal.connections.secrets import secret_store
from portal.connections.selectors import credentials_set_at
from portal.connections.services import (
    choose_streams,
    keep_test_result,
    remove_connection,
    set_credentials,
)
from portal.lib.errors import Refused
from portal.pipelines.prefect import PrefectApi
from portal.pipelines.services import pause
from portal.pipelines.wanted import want
from tests.portal.conftest import NOW

pytestmark = pytest.mark.usefixtures("every_tenant")

LATER = NOW + timedelta(seconds=20)
OTHERS = {"api_key": "k2", "api_secret": "s2"}
FOUND = ProbeResult(
    problem=None,
    streams={
        name: StreamProbe(outcome=Outcome.READABLE, sentence="", incremental=True)
        for name in ("sale", "branch", "article")
    },
)


def as_it_was(connection: Connection) -> Connection:
    """What a test that began now has in its hands when it ends."""
    return Connection.objects.select_related("tenant").get(pk=connection.pk)


def test_streams_that_are_chosen_during_a_test_stay_chosen(tills: Connection) -> None:
    set_credentials(connection=tills, values={"api_key": "k", "api_secret": "s"}, at=NOW)
    being_tested = as_it_was(tills)
    choose_streams(connection=tills, streams=["sale"])

    keep_test_result(connection=being_tested, result=FOUND, set_at=NOW, at=LATER)

    assert being_tested.streams == as_it_was(tills).streams == ["sale"]
    assert as_it_was(tills).tested_at == LATER


def test_the_first_test_chooses_what_can_be_read(tills: Connection) -> None:
    set_credentials(connection=tills, values={"api_key": "k", "api_secret": "s"}, at=NOW)

    keep_test_result(connection=tills, result=FOUND, set_at=NOW, at=LATER)

    assert as_it_was(tills).streams == tills.streams == ["sale", "branch", "article"]


def test_a_test_says_nothing_about_credentials_that_were_entered_meanwhile(
    ready_tills: Connection,
) -> None:
    being_tested, set_at = as_it_was(ready_tills), credentials_set_at(ready_tills)
    set_credentials(connection=ready_tills, values=OTHERS, at=LATER)

    with pytest.raises(Refused, match="Test it again"):
        keep_test_result(connection=being_tested, result=FOUND, set_at=set_at, at=LATER)

    assert as_it_was(ready_tills).test_result is None


def test_credentials_under_a_new_key_are_still_the_tested_ones(ready_tills: Connection) -> None:
    set_at = credentials_set_at(ready_tills)
    secret_store().reseal()

    keep_test_result(connection=ready_tills, result=FOUND, set_at=set_at, at=LATER)

    assert as_it_was(ready_tills).tested_at == LATER


def test_a_connection_that_is_removed_during_its_test_stays_removed(tills: Connection) -> None:
    being_tested = as_it_was(tills)
    remove_connection(connection=tills)

    with pytest.raises(Refused, match="was removed"):
        keep_test_result(connection=being_tested, result=FOUND, set_at=None, at=LATER)

    assert not Connection.objects.exists()


def test_a_paused_connection_with_untested_credentials_is_not_resumed(
    deployed: Connection, api: PrefectApi
) -> None:
    pause(connection=deployed, api=api, at=NOW)
    set_credentials(connection=deployed, values=OTHERS, at=LATER)

    with pytest.raises(Refused, match="has not been tested yet"):
        want(connection=as_it_was(deployed), wanted="ACTIVE", api=api, at=LATER)

    deployed.pipeline.refresh_from_db()
    assert deployed.pipeline.wanted == "PAUSED"
