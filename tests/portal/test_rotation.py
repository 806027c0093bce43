"""A login that replaces a refresh token has the new one kept, by the run or the test it is for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml
from django.contrib.auth.models import User
from django_scopes import scopes_disabled
from pytest_django import Settings

from portal.connections import services
from portal.connections.models import Connection, CredentialUse
from portal.connections.onboarding import Wish, onboard
from portal.connections.rotation import keep_rotated
from portal.connections.secrets import secret_store
from portal.connections.uses import uses_of
from portal.lib.errors import Refused
from portal.marketplace.selectors import binding_of_version, spec_of
from portal.runs.models import Run
from portal.tenants.models import Tenant
from tests.connectors import asking
from tests.connectors.fake_source import FakeSource, Reply
from tests.portal.api_cast import NOW, World, the_world
from tests.portal.marketplace_cast import uploaded
from tests.portal.meanwhile import on_its_own_connection

OLD, NEW = "canary-refresh-old", "canary-refresh-new"
AUTH = {
    "by": "oauth-refresh",
    "url": "{server}/oauth",
    "id": "client_id",
    "secret": "client_secret",
    "refresh_token": "refresh_token",
    "rotated": "refresh_token",
}


@pytest.fixture
def world(
    transactional_db: None, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    """Both houses have an account at a till that replaces its refresh token with each login."""
    folder = tmp_path / "connectors" / "till"
    folder.mkdir(parents=True)
    (folder / "connector.yaml").write_text(yaml.safe_dump(asking.document(AUTH)))
    monkeypatch.setenv("MERCURIOS_CONNECTORS_PATH", str(folder.parent))
    with the_world(settings, tmp_path) as world:
        yield world


@pytest.fixture
def till() -> Iterator[FakeSource]:
    source = FakeSource()
    source.on("/api/sale", Reply(body=[{"id": 1}]))
    source.on("/oauth", Reply(body={"access_token": "access", "refresh_token": NEW}))
    yield source
    source.close()


def values(url: str = "https://till.example") -> dict[str, str]:
    secrets = {"client_secret": "canary-client", "refresh_token": OLD}
    return {"server": url, "client_id": "c", **secrets}


def connected(tenant: Tenant, url: str = "https://till.example") -> Connection:
    connection = services.create_connection(tenant=tenant, connector="till", name="till")
    services.set_credentials(connection=connection, values=values(url), at=NOW)
    return connection


def run_at(connection: Connection) -> str:
    with scopes_disabled():  # the connection is named
        run = Run.objects.create(
            tenant=connection.tenant,
            connection=connection,
            flow_run_id=uuid4(),
            status=Run.Status.RUNNING,
            requested_at=NOW,
            started_at=NOW,
        )
    return f"/api/v1/flow/runs/{run.code}"


def kept(connection: Connection) -> dict[str, str]:
    return secret_store().get(connection=connection)


def put(world: World, run: str, *, key: str | None = None, **credentials: str) -> Any:
    given = world.ask("GET", f"{run}/credentials", key=world.flows).json()
    body = {"credentials": credentials, "set_at": given["set_at"]}
    return world.ask("PUT", f"{run}/credentials", body, key=world.flows if key is None else key)


def test_a_run_keeps_what_its_login_replaced_and_the_rest_stays(world: World) -> None:
    connection = connected(world.alster.tenant)

    answer = put(world, run_at(connection), refresh_token=NEW)

    assert (answer.status_code, answer.content) == (204, b"")
    assert kept(connection) == values() | {"refresh_token": NEW}
    assert connection.credentials.set_at == NOW


def test_it_is_written_down_who_replaced_it_and_not_what(world: World) -> None:
    connection = connected(world.alster.tenant)
    run = run_at(connection)

    put(world, run, refresh_token=NEW)

    newest = uses_of(connection).first()
    assert newest
    assert (newest.act, newest.who) == (CredentialUse.Act.SET, f"run {run.rpartition('/')[2]}")
    assert NEW not in str(vars(newest))


def test_charlies_run_replaces_nothing_of_alices(world: World) -> None:
    alices, charlies = connected(world.alster.tenant), connected(world.barmbek.tenant)

    answer = put(world, run_at(charlies), refresh_token=NEW)

    assert answer.status_code == 204
    assert kept(alices) == values()
    assert kept(charlies)["refresh_token"] == NEW


def test_no_key_of_a_tenant_opens_it_not_even_for_a_run_of_its_own(world: World) -> None:
    alices = connected(world.alster.tenant)
    run = run_at(alices)

    for key in (world.alster.secret, world.barmbek.secret, world.operator, world.platform):
        assert put(world, run, key=key, refresh_token=NEW).status_code == 403
    assert put(world, run, key="", refresh_token=NEW).status_code == 401

    assert kept(alices) == values()


@pytest.mark.parametrize("field", ["server", "client_id", "client_secret", "nothing"])
def test_only_what_a_login_replaces_can_be_replaced(world: World, field: str) -> None:
    connection = connected(world.alster.tenant)

    answer = put(world, run_at(connection), **{field: "https://elsewhere.example"})

    assert answer.status_code == 400
    assert f"A login at Till does not replace {field}" in answer.json()["detail"]
    assert kept(connection) == values()


def test_a_source_whose_login_replaces_nothing_has_nothing_replaced(world: World) -> None:
    answer = put(world, f"/api/v1/flow/runs/{world.alster.run.code}", api_key="theirs")

    assert answer.status_code == 400
    assert kept(world.alster.connection)["api_key"] != "theirs"


@pytest.mark.parametrize("value", ["", "  ", "a\nb", "x" * 5000])
def test_what_is_no_value_is_refused_without_repeating_it(world: World, value: str) -> None:
    connection = connected(world.alster.tenant)

    answer = put(world, run_at(connection), refresh_token=value)

    assert answer.status_code == 400
    assert kept(connection) == values()


def test_what_somebody_entered_meanwhile_stays(world: World) -> None:
    connection = connected(world.alster.tenant)
    run = run_at(connection)
    given = world.ask("GET", f"{run}/credentials", key=world.flows).json()["set_at"]
    theirs = values() | {"refresh_token": "another account's"}
    later = NOW + timedelta(microseconds=1)
    services.set_credentials(connection=connection, values=theirs, at=later)

    body = {"credentials": {"refresh_token": NEW}, "set_at": given}
    answer = world.ask("PUT", f"{run}/credentials", body, key=world.flows)

    assert answer.status_code == 409
    assert "Other credentials were entered" in answer.json()["detail"]
    assert kept(connection) == theirs


def test_a_run_that_has_ended_replaces_nothing(world: World) -> None:
    connection = connected(world.alster.tenant)
    run = run_at(connection)
    given = world.ask("GET", f"{run}/credentials", key=world.flows).json()["set_at"]
    world.ask("POST", f"{run}/finish", {"status": "COMPLETED"}, key=world.flows)

    body = {"credentials": {"refresh_token": NEW}, "set_at": given}
    answer = world.ask("PUT", f"{run}/credentials", body, key=world.flows)

    assert answer.status_code == 404
    assert kept(connection) == values()


def test_saying_it_again_changes_nothing(world: World) -> None:
    connection = connected(world.alster.tenant)
    run = run_at(connection)

    for _ in range(2):
        assert put(world, run, refresh_token=NEW).status_code == 204

    assert kept(connection)["refresh_token"] == NEW


def test_a_test_of_a_connection_keeps_the_new_token_and_vouches_for_it(
    world: World, till: FakeSource
) -> None:
    connection = connected(world.alster.tenant, till.url)

    result = services.test_connection(connection=connection, at=NOW)

    assert result.problem is None
    assert kept(connection) == values(till.url) | {"refresh_token": NEW}
    assert connection.test_result is not None
    assert connection.test_result["ok"]


def test_a_new_retailers_token_that_the_first_test_replaced_is_the_one_that_is_kept(
    world: World, till: FakeSource
) -> None:
    wish = Wish(
        tenant=world.alster.tenant,
        connector="till",
        connection="till",
        credentials=values(till.url),
    )

    connection = onboard(wish, at=NOW)

    assert kept(connection) == values(till.url) | {"refresh_token": NEW}


def test_a_token_that_cannot_be_kept_is_not_used(world: World, till: FakeSource) -> None:
    connection = connected(world.alster.tenant, till.url)

    def enter_others(_: object) -> Reply:
        theirs = values(till.url) | {"refresh_token": "another account's"}
        later = NOW + timedelta(seconds=1)
        on_its_own_connection(
            lambda: services.set_credentials(connection=connection, values=theirs, at=later)
        )
        return Reply(body={"access_token": "access", "refresh_token": NEW})

    till.on("/oauth", enter_others)

    with pytest.raises(Refused, match="Other credentials were entered"):
        services.test_connection(connection=connection, at=NOW)

    assert till.asked("/api/sale") == []
    assert kept(connection)["refresh_token"] == "another account's"


def test_a_pattern_that_never_ends_for_a_new_token_stops_nobody(
    olga: User, retailer: Tenant
) -> None:
    """What the source sends is nothing that anybody typed in and that was tried then."""
    document = asking.document(AUTH, name="tillpoint")
    token = document["credentials"]["refresh_token"] | {"pattern": "token-([a-z]+)+!"}
    document["credentials"] = document["credentials"] | {"refresh_token": token}
    version = uploaded(olga, yaml.safe_dump(document))

    with pytest.raises(Refused, match="takes too long"):
        keep_rotated(
            connection=Connection(tenant=retailer, connector="tillpoint", name="tills"),
            spec=spec_of(version),
            bound_to=binding_of_version(version),
            values={"refresh_token": f"token-{'a' * 60}"},
            set_at=NOW,
            who="run 1",
        )
