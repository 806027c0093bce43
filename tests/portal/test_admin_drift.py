"""Drift in the admin: listed, picked, acknowledged and taken in by people who may."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from portal.connections.models import Connection
from portal.connections.services import create_connection
from portal.drift.models import DriftEvent, StreamField
from portal.drift.services import Drift, note_drift
from portal.runs.services import claim_run
from portal.tenants.models import Tenant
from tests.forms import browse
from tests.portal.conftest import NOW

LIST = "/admin/drift/driftevent/"

pytestmark = pytest.mark.usefixtures("every_tenant")


@pytest.fixture
def frozen(tills: Connection) -> DriftEvent:
    run = claim_run(connection=tills, flow_run_id=uuid4(), at=NOW).run
    [event] = note_drift(run=run, stream="sale", drift=Drift("freeze", {"colour": 1234}), at=NOW)
    return event


def act(client: Client, name: str, *events: DriftEvent) -> None:
    chosen = {"action": name, "_selected_action": [str(event.pk) for event in events]}
    client.post(LIST, chosen)


def test_the_list_says_what_has_changed_where(operator: Client, frozen: DriftEvent) -> None:
    row = browse(operator, LIST).soup.select_one("#result_list tbody tr")

    assert row is not None
    words = " ".join(row.get_text(" ").split())
    assert "alsterhaus-mode/tills sale colour New, kept out 1,234 new" in words


@pytest.mark.parametrize(
    ("query", "is_there"),
    [
        ("?state=new", True),
        ("?state=acknowledged", False),
        ("?state=x", True),
        ("?kind__exact=FROZEN", True),
        ("?kind__exact=VANISHED", False),
        ("?q=colour", True),
        ("?q=size", False),
        ("?connection=999999", False),
    ],
)
def test_events_can_be_picked(
    operator: Client, frozen: DriftEvent, query: str, is_there: bool
) -> None:
    page = browse(operator, LIST + query)

    assert (f"{LIST}{frozen.pk}/change/" in page.text) == is_there


def test_the_page_of_a_connection_shows_what_nobody_has_acknowledged(
    operator: Client, frozen: DriftEvent, retailer: Tenant
) -> None:
    other = create_connection(tenant=retailer, connector="prohandel", name="other")

    pages = [
        browse(operator, f"/admin/connections/connection/{each.pk}/change/")
        for each in (frozen.connection, other)
    ]

    assert "sale colour New, kept out" in pages[0].words
    assert f"{LIST}?connection={frozen.connection_id}" in pages[0].text
    assert "Drift nobody has acknowledged" not in pages[1].words


def test_an_operator_acknowledges_and_nothing_is_taken_in(
    olga: User, client: Client, frozen: DriftEvent
) -> None:
    client.force_login(olga)

    act(client, "acknowledge_them", frozen)

    frozen.refresh_from_db()
    assert (frozen.acknowledged_by, StreamField.objects.count()) == ("olga", 0)


def test_an_operator_takes_in_what_is_kept_out_and_is_told_of_what_is_not(
    olga: User, client: Client, frozen: DriftEvent
) -> None:
    assert frozen.run is not None
    [gone] = note_drift(
        run=frozen.run, stream="sale", drift=Drift("freeze", vanished=["x"]), at=NOW
    )
    client.force_login(olga)

    act(client, "take_them_in", frozen, gone)

    page = browse(client, LIST)
    assert "1 taken in: known from the next run on." in page.words
    assert "sale.x is not kept out. Acknowledge it instead." in page.words
    assert StreamField.objects.filter(name="colour").exists()


def test_who_may_only_look_acknowledges_nothing(client: Client, frozen: DriftEvent) -> None:
    viewer = User.objects.create_user("vera", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_driftevent"))
    client.force_login(viewer)

    act(client, "acknowledge_them", frozen)

    frozen.refresh_from_db()
    assert frozen.acknowledged_at is None
    assert browse(client, LIST).status == 200


def test_charlie_of_another_retailer_comes_nowhere_near_it(
    charlie: User, client: Client, frozen: DriftEvent
) -> None:
    client.force_login(charlie)

    act(client, "acknowledge_them", frozen)

    frozen.refresh_from_db()
    assert frozen.acknowledged_at is None
    assert "colour" not in browse(client, LIST).text


def test_an_event_can_be_read_and_not_written(operator: Client, frozen: DriftEvent) -> None:
    page = browse(operator, f"{LIST}{frozen.pk}/change/")

    assert page.status == 200
    assert "1,234" in page.words
    assert page.soup.select("form input[type=text], form textarea") == []


def test_alerts_of_drift_are_chosen_in_the_setup(operator: Client, ready_tills: Connection) -> None:
    page = browse(operator, f"/admin/connections/connection/{ready_tills.pk}/setup/")

    page.press("Save", alerts_of_drift=True)

    ready_tills.refresh_from_db()
    assert ready_tills.alerts_of_drift is True
