"""Connections in the admin: the buttons, the bulk actions, and what happens without Prefect."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from portal.connections.models import Connection, Credentials
from portal.connections.services import create_connection
from portal.pipelines.models import Pipeline
from portal.pipelines.prefect import PrefectApi
from portal.pipelines.services import deploy, pause
from portal.tenants.models import Tenant
from tests.forms import Page, browse
from tests.portal.conftest import NOW
from tests.portal.fake_prefect import FakePrefect

LIST = "/admin/connections/connection/"

pytestmark = pytest.mark.usefixtures("every_tenant")


def page_of(client: Client, connection: Connection, step: str = "change") -> Page:
    return browse(client, f"{LIST}{connection.pk}/{step}/")


def in_bulk(client: Client, action: str, *connections: Connection) -> Page:
    chosen = [str(connection.pk) for connection in connections]
    return browse(client, LIST).submit("Run", {"action": action, "_selected_action": chosen})


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("../x", "Choose a name of small letters"),
        ('a";drop', "Choose a name of small letters"),
        ("Tills", "Choose a name of small letters"),
        ("tills", "Alsterhaus Mode already has a connection tills"),
    ],
)
def test_a_malformed_name_is_explained_and_nothing_is_created(
    operator: Client, tills: Connection, name: str, sentence: str
) -> None:
    page = browse(operator, f"{LIST}add/?tenant={tills.tenant.pk}")

    answer = page.press("Save", connector="prohandel", name=name)

    assert sentence in answer.words
    assert Connection.objects.get() == tills


def test_a_broken_connector_from_outside_is_named_and_stops_nobody(
    operator: Client, retailer: Tenant, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "tillpoint"
    folder.mkdir()
    (folder / "connector.yaml").write_text("name: tillpoint\n")
    monkeypatch.setenv("MERCURIOS_CONNECTORS_PATH", str(tmp_path))

    page = browse(operator, f"{LIST}add/?tenant={retailer.pk}")

    assert "A connector cannot be used." in page.words
    assert "tillpoint" in page.words
    assert page.press("Save", connector="prohandel", name="tills").path.endswith("/credentials/")


def test_missing_credentials_are_all_named_and_nothing_is_stored(
    operator: Client, tills: Connection
) -> None:
    page = page_of(operator, tills, "credentials")

    answer = page.press("Save and test", api_key="", api_secret="", auth_url="no address")

    assert answer.words.count("Enter a value.") == 2
    assert "Enter a complete address" in answer.words
    assert not Credentials.objects.exists()


def test_a_secret_is_typed_unseen_and_is_not_sent_back(operator: Client, tills: Connection) -> None:
    page = page_of(operator, tills, "credentials")

    answer = page.press("Save and test", api_key="", api_secret="do-not-show-me")

    secret = answer.soup.select_one("input[name=api_secret]")
    assert secret is not None
    assert secret["type"] == "password"
    assert secret.get("value") is None
    assert "do-not-show-me" not in answer.text


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"kind": "CRON", "cron": "61 2 * * *"}, "Write the schedule as five cron fields"),
        ({"kind": "CRON", "cron": "15 2 * *"}, "Write the schedule as five cron fields"),
        ({"kind": "CRON", "cron": "R R * * *"}, "Write the schedule as five cron fields"),
        ({"kind": "CRON", "cron": "0 0 31 2 *"}, "0 0 31 2 * never comes."),
        ({"kind": "INTERVAL", "interval_minutes": 0}, "Choose an interval of 1 to 10080 minutes"),
        ({"kind": "INTERVAL", "interval_minutes": ""}, "Choose an interval of 1 to 10080 minutes"),
        ({"history_from": "tomorrow"}, "Enter a valid date"),
        ({"streams": []}, "Choose at least one stream"),
    ],
)
def test_a_malformed_setup_is_explained_and_nothing_is_saved(
    operator: Client,
    ready_tills: Connection,
    prefect: FakePrefect,
    values: dict[str, object],
    sentence: str,
) -> None:
    page = page_of(operator, ready_tills, "setup")

    answer = page.submit("Save and deploy", {"streams": ["sale"], **values})

    assert sentence in answer.words
    ready_tills.refresh_from_db()
    assert ready_tills.streams == ["sale", "branch"]
    assert ready_tills.schedule.kind == "MANUAL"
    assert prefect.requests == []


def test_leaving_out_a_required_stream_is_allowed_and_warned_about(
    operator: Client, ready_tills: Connection
) -> None:
    saved = page_of(operator, ready_tills, "setup").submit("Save", {"streams": ["branch"]})

    assert "Without Receipt lines" in saved.words
    assert Connection.objects.get().streams == ["branch"]


def test_an_untested_connection_is_not_deployed_and_the_setup_is_not_saved(
    operator: Client, tills: Connection, prefect: FakePrefect
) -> None:
    answer = page_of(operator, tills, "setup").submit("Save and deploy", {"streams": ["sale"]})

    assert "has no credentials yet. Enter them first." in answer.words
    assert Connection.objects.get().streams == []
    assert prefect.requests == []


def test_an_edit_of_a_deployed_connection_reaches_prefect(
    operator: Client, ready_tills: Connection, api: PrefectApi, prefect: FakePrefect
) -> None:
    deploy(connection=ready_tills, api=api, at=NOW)

    page_of(operator, ready_tills, "setup").press("Save", kind="INTERVAL", interval_minutes=30)

    schedule = prefect.deployment("alsterhaus-mode.tills")["schedules"][0]["schedule"]
    assert schedule["interval"] == 1800


def test_an_edit_is_kept_and_promised_while_prefect_is_down(
    operator: Client, ready_tills: Connection, prefect: FakePrefect
) -> None:
    prefect.stop()

    deployed = page_of(operator, ready_tills, "setup").press(
        "Save and deploy", kind="CRON", cron="15 2 * * *"
    )

    assert deployed.status == 200
    assert "Prefect does not answer" in deployed.words
    assert "will be applied as soon as Prefect agrees" in deployed.words
    assert "Waiting for Prefect" in deployed.words
    ready_tills.refresh_from_db()
    assert ready_tills.schedule.cron == "15 2 * * *"
    assert Pipeline.objects.get().wanted == "ACTIVE"


def test_a_connection_whose_connector_is_gone_can_still_be_looked_at(
    operator: Client, tills: Connection
) -> None:
    Connection.objects.update(connector="tillpoint")

    pages = [page_of(operator, tills, step) for step in ("change", "credentials", "setup")]

    assert [page.status for page in pages] == [200, 200, 200]
    assert "There is no connector tillpoint." in pages[1].words
    assert "tillpoint" in browse(operator, LIST).words


def test_a_problem_is_shown_on_the_connection_and_on_the_first_page(
    operator: Client, ready_tills: Connection, api: PrefectApi, prefect: FakePrefect
) -> None:
    prefect.stop()
    deploy(connection=ready_tills, api=api, at=NOW)

    page, front = page_of(operator, ready_tills), browse(operator, "/admin/")

    assert "Prefect does not agree with the portal yet." in page.words
    assert "Pipelines with a problem 1" in front.words


def test_the_list_costs_the_same_for_many_connections(
    operator: Client,
    ready_tills: Connection,
    api: PrefectApi,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(5):
        create_connection(tenant=ready_tills.tenant, connector="prohandel", name=f"online-{number}")
    deploy(connection=ready_tills, api=api, at=NOW)
    pause(connection=ready_tills, api=api, at=NOW)

    with django_assert_max_num_queries(8):  # session, user, counts, filters, the rows
        page = browse(operator, LIST)

    assert "Paused" in page.words
    assert page.words.count("Credentials needed") == 5
