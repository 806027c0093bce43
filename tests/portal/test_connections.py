"""Connections: what may be stored, tried against a simulated source, and scheduled."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from django_scopes import scope
from django_scopes.exceptions import ScopeError

from portal.connections.models import Connection, Credentials, Schedule
from portal.connections.opening import change_streams
from portal.connections.secrets import secret_store
from portal.connections.selectors import check_ready, connection_by_path
from portal.connections.services import (
    choose_streams,
    create_connection,
    next_fence,
    set_credentials,
    test_connection,
)
from portal.connections.setup import enter_credentials
from portal.lib.errors import Refused
from portal.marketplace.selectors import connector_for
from portal.tenants.models import Tenant
from tests.portal.conftest import NOW
from tests.simulators.process import Company, Simulator

# A service whose name begins as a test's does; pytest would collect it.
test_connection.__test__ = False  # type: ignore[attr-defined]

COMPANY = Company("alster", "alster-key", "alster-secret", lines=200, seed=31)

pytestmark = pytest.mark.usefixtures("every_tenant")


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator(COMPANY, options=["--forbid", "alster:customer"]) as running:
        yield running


def typed_in(simulator: Simulator, **changes: str) -> dict[str, str]:
    right = {"api_key": COMPANY.api_key, "api_secret": COMPANY.secret}
    return {**right, "auth_url": simulator.auth_url, **changes}


@pytest.mark.parametrize("name", ["", "../x", 'a";drop', "Tills", "1", "a--b", "x" * 41, "tills\n"])
def test_a_malformed_name_is_refused_and_nothing_is_stored(retailer: Tenant, name: str) -> None:
    with pytest.raises(Refused) as refused:
        create_connection(tenant=retailer, connector="prohandel", name=name)

    assert refused.value.field == "name"
    assert not Connection.objects.exists()
    assert not Schedule.objects.exists()


def test_a_name_is_given_once_within_a_tenant(
    tills: Connection, retailer: Tenant, other_retailer: Tenant
) -> None:
    with pytest.raises(Refused, match="already has a connection tills"):
        create_connection(tenant=retailer, connector="prohandel", name="tills")

    hers = create_connection(tenant=other_retailer, connector="prohandel", name="tills")
    assert {tills, hers} == set(Connection.objects.all())


@pytest.mark.parametrize("connector", ["", "tillpoint", "../prohandel", "PROHANDEL"])
def test_an_unknown_connector_is_refused_and_the_known_ones_are_named(
    retailer: Tenant, connector: str
) -> None:
    with pytest.raises(Refused, match="prohandel") as refused:
        create_connection(tenant=retailer, connector=connector, name="tills")

    assert refused.value.field == "connector"
    assert not Connection.objects.exists()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({}, "api_key"),
        ({"api_key": "k"}, "api_secret"),
        ({"api_key": "k", "api_secret": "a\nb"}, "api_secret"),
        ({"api_key": "k", "api_secret": "s", "auth_url": "ftp://x"}, "auth_url"),
        ({"api_key": "k", "api_secret": "s", "user": "olga"}, "user"),
    ],
)
def test_malformed_credentials_are_refused_and_nothing_is_stored(
    tills: Connection, values: dict[str, str], field: str
) -> None:
    with pytest.raises(Refused) as refused:
        set_credentials(connection=tills, values=values, at=NOW)

    assert refused.value.field == field
    assert not Credentials.objects.exists()


def test_new_credentials_make_the_old_test_worthless(ready_tills: Connection) -> None:
    set_credentials(connection=ready_tills, values={"api_key": "k", "api_secret": "n"}, at=NOW)

    with pytest.raises(Refused, match="has not been tested yet"):
        check_ready(ready_tills)


def test_credentials_remember_who_set_them_and_show_no_value(tills: Connection, olga: User) -> None:
    set_credentials(
        connection=tills, values={"api_key": "k-123", "api_secret": "s-456"}, at=NOW, by=olga
    )

    row = Credentials.objects.get()
    assert (row.set_by, row.set_at) == (olga, NOW)
    assert b"s-456" not in bytes(row.ciphertext)
    assert secret_store().get(connection=tills)["auth_url"].startswith("https://")


def test_a_test_keeps_what_each_stream_answered(tills: Connection, simulator: Simulator) -> None:
    enter_credentials(connection=tills, values=typed_in(simulator), at=NOW)

    tills.refresh_from_db()
    assert tills.test_result is not None
    outcomes = {each["name"]: each["outcome"] for each in tills.test_result["streams"]}
    assert tills.test_result["message"] == "18 of 19 streams can be read."
    assert outcomes["customer"] == "FORBIDDEN"
    assert "customer" not in tills.streams
    assert "sale" in tills.streams
    assert "sale" not in tills.full_read_streams
    assert "country" in tills.full_read_streams
    assert tills.tested_at == NOW
    check_ready(tills)


def test_a_failed_login_is_kept_and_forgets_nothing_about_the_streams(
    ready_tills: Connection, simulator: Simulator
) -> None:
    ready_tills.full_read_streams = ["branch"]
    ready_tills.save()

    enter_credentials(
        connection=ready_tills, values=typed_in(simulator, api_secret="wrong"), at=NOW
    )

    ready_tills.refresh_from_db()
    assert ready_tills.full_read_streams == ["branch"]
    assert ready_tills.streams == ["sale", "branch"]
    with pytest.raises(Refused, match="ProHandel rejected the API key or its secret"):
        check_ready(ready_tills)


def test_a_source_that_is_not_there_is_a_result_and_no_error(tills: Connection) -> None:
    gone = {"api_key": "k", "api_secret": "s", "auth_url": "http://127.0.0.1:9/api/v4"}
    set_credentials(connection=tills, values=gone, at=NOW)

    result = test_connection(connection=tills, at=NOW)

    assert result.problem is not None
    assert tills.test_result is not None
    assert tills.test_result["ok"] is False


def test_streams_are_chosen_in_the_connectors_own_order(tills: Connection) -> None:
    choose_streams(connection=tills, streams=["branch", "sale"], history_from=date(2024, 1, 1))

    tills.refresh_from_db()
    assert tills.streams == ["sale", "branch"]
    assert tills.history_from == date(2024, 1, 1)


def test_what_is_not_changed_stays_as_somebody_chose_it_meanwhile(tills: Connection) -> None:
    looked_at = Connection.objects.get(pk=tills.pk)
    choose_streams(connection=tills, streams=["branch", "sale"])

    change_streams(connection=looked_at, changes={"history_from": date(2024, 1, 1)})

    tills.refresh_from_db()
    assert (tills.streams, tills.history_from) == (["sale", "branch"], date(2024, 1, 1))


@pytest.mark.parametrize("streams", [[], ["sale", "nonsense"], ["../sale"]])
def test_streams_that_do_not_exist_are_refused(tills: Connection, streams: list[str]) -> None:
    with pytest.raises(Refused) as refused:
        choose_streams(connection=tills, streams=streams)

    assert refused.value.field == "streams"
    assert Connection.objects.get().streams == []


@pytest.mark.parametrize("day", [date(1, 1, 1), date(1969, 12, 31), date(9999, 12, 31)])
def test_a_history_that_no_source_has_is_refused(tills: Connection, day: date) -> None:
    with pytest.raises(Refused, match="from 1970-01-01 to today") as refused:
        choose_streams(connection=tills, streams=["sale"], history_from=day)

    assert refused.value.field == "history_from"
    assert Connection.objects.get().streams == []


def test_a_history_begins_on_the_day_after_tomorrow_never(tills: Connection) -> None:
    today = timezone.now().date()

    choose_streams(connection=tills, streams=["sale"], history_from=today + timedelta(days=1))
    with pytest.raises(Refused):
        choose_streams(connection=tills, streams=["sale"], history_from=today + timedelta(days=2))

    assert Connection.objects.get().history_from == today + timedelta(days=1)


def test_a_fence_only_rises(tills: Connection) -> None:
    fences = [next_fence(connection=tills) for _ in range(3)]

    assert fences == [1, 2, 3]


@pytest.mark.parametrize("path", ["tills", "nobody/tills", "alsterhaus-mode/", "/", ""])
def test_a_path_that_leads_nowhere_is_refused(tills: Connection, path: str) -> None:
    with pytest.raises(Refused, match="Write TENANT/NAME"):
        connection_by_path(path)

    assert connection_by_path("alsterhaus-mode/tills") == tills


def test_connections_are_out_of_sight_outside_their_tenant(
    tills: Connection, retailer: Tenant, other_retailer: Tenant
) -> None:
    with scope(tenant=retailer):
        hers = list(Connection.objects.all())
    with scope(tenant=other_retailer):
        theirs = list(Connection.objects.all())

    assert (hers, theirs) == ([tills], [])
    with scope(), pytest.raises(ScopeError):
        Connection.objects.all().count()


def test_an_unknown_connector_may_be_one_that_cannot_be_used(
    retailer: Tenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "weather").mkdir()
    (tmp_path / "weather" / "connector.yaml").write_text("name: weather\nwind: strong\n")
    monkeypatch.setenv("MERCURIOS_CONNECTORS_PATH", str(tmp_path))

    with pytest.raises(Refused, match="There is no connector weather") as refused:
        connector_for(tenant=retailer, name="weather")

    assert "wind: Extra inputs are not permitted" in refused.value.message
