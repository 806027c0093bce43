"""Versions that come and go while somebody chooses streams, or a test of a connection goes on."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from flows.connectors.probe import Outcome, ProbeResult, StreamProbe
from portal.connections.models import Connection
from portal.connections.opening import open_connection
from portal.connections.rollouts import roll_back, roll_out
from portal.connections.services import (
    choose_streams,
    connector_of,
    create_connection,
    keep_test_result,
)
from portal.connections.setup import Setup, set_up
from portal.lib.errors import Refused
from portal.marketplace.models import ConnectorVersion, Trial, UploadedConnector
from portal.marketplace.services import withdraw
from portal.tenants.models import Tenant
from tests.portal.conftest import NOW
from tests.portal.marketplace_cast import DOCUMENT, uploaded
from tests.portal.meanwhile import NEEDS_A_SERVER, at_once, meanwhile, outcome

pytestmark = pytest.mark.usefixtures("every_tenant")

LESS = DOCUMENT[: DOCUMENT.index("  shops:")]
BOTH = ["receipts", "shops"]
FOUND = ProbeResult(
    problem=None,
    streams={
        name: StreamProbe(outcome=Outcome.READABLE, sentence="", incremental=False) for name in BOTH
    },
)


def tried(olga: User, tenant: Tenant, *documents: str) -> list[ConnectorVersion]:
    """Versions that may be rolled out."""
    versions = [uploaded(olga, each, f"Number {at}.") for at, each in enumerate(documents)]
    for version in versions:
        Trial.objects.create(
            version=version, tenant=tenant, ok=True, result={"message": ""}, who="olga", at=NOW
        )
    return versions


@pytest.fixture
def tills(retailer: Tenant, olga: User) -> Connection:
    """A connection whose connector can be rolled back to a version without shops."""
    for version in tried(olga, retailer, LESS, DOCUMENT):
        roll_out(version=version, tenants=[retailer], by=olga, at=NOW)
    return create_connection(tenant=retailer, connector="tillpoint", name="tills")


def rolled_back(connection: Connection) -> list[Connection]:
    connector, olga = UploadedConnector.objects.get(), User.objects.get(username="olga")
    return roll_back(connector=connector, tenant=connection.tenant, by=olga, at=NOW)


def test_a_stream_that_was_rolled_back_is_not_chosen(tills: Connection) -> None:
    rolled_back(tills)

    with pytest.raises(Refused, match=r"tillpoint has no stream shops\. It has receipts\."):
        choose_streams(connection=tills, streams=BOTH)

    assert Connection.objects.get().streams == []


def test_a_test_chooses_no_stream_that_was_rolled_back_meanwhile(tills: Connection) -> None:
    rolled_back(tills)

    keep_test_result(connection=tills, result=FOUND, set_at=None, at=NOW)

    assert Connection.objects.get().streams == ["receipts"]


def test_the_test_of_a_connector_that_was_withdrawn_meanwhile_is_not_kept(
    tills: Connection,
) -> None:
    withdraw(connector=UploadedConnector.objects.get(), tenant=tills.tenant, who="olga", at=NOW)

    with pytest.raises(Refused, match="Tillpoint is not rolled out to Alsterhaus Mode"):
        keep_test_result(connection=tills, result=FOUND, set_at=None, at=NOW)

    assert Connection.objects.get().tested_at is None


# --- At the same moment


@NEEDS_A_SERVER
@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_to_is_what_was_looked_at(retailer: Tenant, olga: User) -> None:
    branches = DOCUMENT.replace("title: Shops", "title: Branches")
    versions = tried(olga, retailer, DOCUMENT, LESS, branches)
    for version in versions[:2]:
        roll_out(version=version, tenants=[retailer], by=olga, at=NOW)
    tills = create_connection(tenant=retailer, connector="tillpoint", name="tills")

    with transaction.atomic():
        roll_out(version=versions[2], tenants=[retailer], by=olga, at=NOW)
        choose_streams(connection=tills, streams=["shops"])
        back = meanwhile(outcome(lambda: rolled_back(tills)))

    assert "tills reads shops, which Tillpoint version 2 does not have" in back.result()


@NEEDS_A_SERVER
@pytest.mark.django_db(transaction=True)
def test_who_chooses_a_stream_while_it_is_rolled_back_waits_and_is_refused(
    tills: Connection,
) -> None:
    with transaction.atomic():
        rolled_back(tills)
        choice = meanwhile(outcome(lambda: choose_streams(connection=tills, streams=BOTH)))
        assert not choice.done()

    assert choice.result() == "tillpoint has no stream shops. It has receipts."
    assert Connection.objects.get().streams == []


@NEEDS_A_SERVER
@pytest.mark.django_db(transaction=True)
def test_who_rolls_a_stream_back_while_it_is_chosen_waits_and_is_refused(
    tills: Connection,
) -> None:
    with transaction.atomic():
        choose_streams(connection=tills, streams=BOTH)
        back = meanwhile(outcome(lambda: rolled_back(tills)))
        assert not back.done()

    assert "tills reads shops, which Tillpoint version 1 does not have" in back.result()


@NEEDS_A_SERVER
@pytest.mark.django_db(transaction=True)
def test_a_test_that_ends_during_a_roll_back_chooses_what_is_left(tills: Connection) -> None:
    with transaction.atomic():
        rolled_back(tills)
        test = meanwhile(
            lambda: keep_test_result(connection=tills, result=FOUND, set_at=None, at=NOW)
        )
        assert not test.done()
    test.result()

    assert Connection.objects.get().streams == ["receipts"]


@NEEDS_A_SERVER
@pytest.mark.django_db(transaction=True)
def test_all_who_choose_streams_and_versions_at_once_come_to_an_end(tills: Connection) -> None:
    new: dict[str, Any] = {"tenant": tills.tenant, "connector": "tillpoint", "name": "more"}
    tested, chosen = (Connection.objects.get(pk=tills.pk) for _ in range(2))

    at_once(
        outcome(lambda: rolled_back(tills)),
        outcome(lambda: set_up(connection=chosen, setup=Setup(streams=BOTH))),
        outcome(lambda: open_connection(**new, at=NOW, streams=BOTH)),
        lambda: keep_test_result(connection=tested, result=FOUND, set_at=None, at=NOW),
    )

    offered = set(connector_of(tills).streams)
    assert all(set(each.streams) <= offered for each in Connection.objects.all())
