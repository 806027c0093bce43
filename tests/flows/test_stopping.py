"""A source that lets nobody in ends the reading, and a token that a login replaced is kept."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml

from flows.land import land
from flows.portal import PortalRefused
from tests.connectors import asking
from tests.connectors.fake_source import FakeSource, Reply
from tests.flows.fake_portal import SET_AT, Desk, FakePortal
from tests.flows.shop import session_of
from tests.flows.watching import watch

NEW = "CANARY-refresh-new"
STREAMS = ["shops", "sale", "stock"]
SECONDS = 30.0


@pytest.fixture
def till(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSource]:
    """A source of three streams that replaces the refresh token with each login."""
    auth = {
        "by": "oauth-refresh",
        "url": "{server}/oauth",
        "id": "client_id",
        "secret": "client_secret",
        "refresh_token": "refresh_token",
        "rotated": "refresh_token",
    }
    streams = {name: {"path": name, "key": ["id"], "load": "full"} for name in STREAMS}
    folder = tmp_path / "connectors" / "till"
    folder.mkdir(parents=True)
    document = asking.document(auth, client={"probe": "shops"}, streams=streams)
    document["failures"] = {401: "Till let nobody in. Connect it again."}
    (folder / "connector.yaml").write_text(yaml.safe_dump(document))
    monkeypatch.setenv("MERCURIOS_CONNECTORS_PATH", str(folder.parent))
    source = FakeSource()
    source.on("/oauth", Reply(body={"access_token": "CANARY-access", "refresh_token": NEW}))
    for name in STREAMS:
        source.on(f"/api/{name}", Reply(body=[{"id": 1}]))
    yield source
    source.close()


def desk_at(till: FakeSource) -> Desk:
    tenant = {
        "code": str(uuid4()),
        "slug": "alice-mode",
        "name": "Alice Mode",
        "time_zone": "Europe/Berlin",
        "currency": "EUR",
        "country": "DE",
        "engine": "DUCKDB",
    }
    connection: dict[str, Any] = {
        "code": str(uuid4()),
        "name": "tills",
        "connector": "till",
        "streams": STREAMS,
        "full_read_streams": [],
        "history_from": None,
        "kept_personal_fields": {},
        "connector_document": None,
    }
    secrets = {"client_secret": "CANARY-client", "refresh_token": "CANARY-refresh-old"}
    credentials = {"server": till.url, "client_id": "c", **secrets}
    return Desk(tenant, connection, credentials, analytics=False)


def once_the_portal_knows(portal: FakePortal, *, of: str) -> Reply:
    """Keep a stream that is read beside another one until that has been told of."""
    deadline = time.monotonic() + SECONDS
    while not any(told.path.endswith(f"/streams/{of}") for told in portal.told):
        assert time.monotonic() < deadline, f"nothing was said of {of}"
        time.sleep(0.01)
    return Reply(body=[{"id": 1}])


def test_a_source_that_lets_nobody_in_is_not_asked_for_the_other_streams(
    prefect: None, portal: FakePortal, till: FakeSource, tmp_path: Path
) -> None:
    till.on("/api/sale", Reply(status=401))
    till.on("/api/shops", lambda _: once_the_portal_knows(portal, of="sale"))

    watched = watch(desk_at(till), portal=portal, home=tmp_path / "home")

    told = {name: said["status"] for name, said in watched.streams.items()}
    assert told == {"shops": "LANDED", "sale": "FAILED", "stock": "FAILED"}
    assert watched.streams["stock"]["message"] == "Till let nobody in. Connect it again."
    assert till.asked("/api/stock") == []
    assert (watched.end["status"], watched.end["actor"]) == ("PARTIAL", "TENANT")
    assert "Till let nobody in. Connect it again." in watched.end["message"]


def test_a_stream_that_may_not_be_read_stops_no_other(
    prefect: None, portal: FakePortal, till: FakeSource, tmp_path: Path
) -> None:
    till.on("/api/sale", Reply(status=403))

    watched = watch(desk_at(till), portal=portal, home=tmp_path / "home")

    told = {name: said["status"] for name, said in watched.streams.items()}
    assert told == {"shops": "LANDED", "sale": "FAILED", "stock": "LANDED"}


def test_what_a_login_replaced_is_with_the_portal_before_anything_is_read(
    portal: FakePortal, till: FakeSource, tmp_path: Path
) -> None:
    desk = desk_at(till)
    known_then = []

    def answer(_: object) -> Reply:
        known_then.append(desk.credentials["refresh_token"])
        return Reply(body=[{"id": 1}])

    till.on("/api/sale", answer)

    with session_of(desk, portal=portal, home=tmp_path / "home") as session:
        land("sale", session)
        run = session.job.run

    assert known_then == [NEW]
    path = f"/api/v1/flow/runs/{run}/credentials"
    [put] = [told for told in portal.told if (told.method, told.path) == ("PUT", path)]
    assert put.body == {"credentials": {"refresh_token": NEW}, "set_at": SET_AT}


def test_a_token_that_the_portal_does_not_keep_is_not_used(
    portal: FakePortal, till: FakeSource, tmp_path: Path
) -> None:
    with session_of(desk_at(till), portal=portal, home=tmp_path / "home") as session:
        path = f"/api/v1/flow/runs/{session.job.run}/credentials"
        portal.answers[("PUT", path)] = (409, {"detail": "Other credentials were entered."})

        with pytest.raises(PortalRefused, match="Other credentials were entered"):
            land("sale", session)

    assert till.asked("/api/sale") == []


def test_requests_are_counted_in_a_folder_of_the_worker(
    portal: FakePortal, till: FakeSource, tmp_path: Path
) -> None:
    with session_of(desk_at(till), portal=portal, home=tmp_path / "home") as session:
        land("sale", session)

    counts = list((tmp_path / "home" / "limits").glob("*.json"))
    assert len(counts) == 1
