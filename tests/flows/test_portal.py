"""The portal's client: what it asks, and what it makes of answers that are none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import date

import pytest

from flows.portal import Portal, PortalRefused, PortalUnavailable, Secrets, TenantPlace
from tests.flows.fake_portal import PSEUDONYM_KEY, SET_AT, TOKEN, Desk, FakePortal

TENANT = {
    "code": "a11ce000-0000-4000-8000-000000000001",
    "slug": "alice-mode",
    "name": "Alice Mode",
    "time_zone": "Europe/Berlin",
    "currency": "EUR",
    "country": "DE",
    "engine": "DUCKDB",
}
TILLS = "0c000000-0000-4000-8000-000000000001"
CONNECTION = {
    "code": TILLS,
    "name": "tills",
    "connector": "prohandel",
    "streams": ["sale"],
    "full_read_streams": [],
    "history_from": "2025-06-01",
    "kept_personal_fields": {"customer": ["lastName"]},
}
RECONCILE = ("POST", "/api/v1/platform/reconcile")


@pytest.fixture
def fake() -> Iterator[FakePortal]:
    with FakePortal() as running:
        running.add(Desk(dict(TENANT), dict(CONNECTION), {"api_key": "CANARY-key"}))
        yield running


@pytest.fixture
def client(fake: FakePortal) -> Iterator[Portal]:
    with closing(Portal(url=fake.url, token=TOKEN)) as client:
        yield client


def test_a_claim_says_what_to_do_and_holds_no_secret(client: Portal) -> None:
    job = client.claim(connection=TILLS, flow_run_id="f")

    assert job.tenant.slug == "alice-mode"
    assert str(job.tenant.zone) == "Europe/Berlin"
    assert job.connection.history_from == date(2025, 6, 1)
    assert job.fence == 1
    assert "CANARY" not in repr(job)


def test_secrets_do_not_show_themselves(client: Portal) -> None:
    run = client.claim(connection=TILLS, flow_run_id="f").run

    secrets = client.secrets(run=run)

    assert secrets == Secrets({"api_key": "CANARY-key"}, PSEUDONYM_KEY, SET_AT)
    assert "CANARY" not in repr(secrets)


def test_the_platform_learns_of_all_tenants(client: Portal) -> None:
    assert client.tenants() == [TenantPlace(TENANT["code"], "alice-mode", "DUCKDB")]


def test_a_ledger_is_sent_under_its_engine_and_day(client: Portal, fake: FakePortal) -> None:
    fake.answers["PUT", "/api/v1/platform/ledger/DUCKDB/2026-03-29"] = (200, {"version": 2})

    said = client.send_ledger(engine="DUCKDB", day=date(2026, 3, 29), ledger={"lines": []})

    assert said == {"version": 2}
    assert fake.told[-1].body == {"lines": []}


def test_days_on_which_nothing_changed_are_confirmed(client: Portal, fake: FakePortal) -> None:
    client.confirm_ledger(engine="DUCKDB", days=[date(2026, 3, 28), date(2026, 3, 29)])

    told = fake.told[-1]
    assert (told.method, told.path) == ("POST", "/api/v1/platform/ledger/DUCKDB/seen")
    assert told.body == {"days": ["2026-03-28", "2026-03-29"]}


def test_the_ledgers_that_the_portal_has_are_known_by_day(client: Portal, fake: FakePortal) -> None:
    asked = "/api/v1/platform/ledger/SNOWFLAKE?from=2026-03-01&to=2026-03-31"
    fake.answers["GET", asked] = (200, [{"day": "2026-03-29", "version": 2, "digest": "ab"}])

    held = client.ledger(engine="SNOWFLAKE", first=date(2026, 3, 1), last=date(2026, 3, 31))

    assert held == {date(2026, 3, 29): "ab"}


def test_a_refusal_repeats_the_portals_sentence(client: Portal, fake: FakePortal) -> None:
    fake.answers[RECONCILE] = (409, {"detail": "This run has ended already. Start a new one."})

    with pytest.raises(PortalRefused, match=r"This run has ended already\. Start a new one\.$"):
        client.reconcile()


def test_a_wrong_token_is_a_refusal_without_the_token(fake: FakePortal) -> None:
    with (
        closing(Portal(url=fake.url, token="CANARY-wrong")) as client,
        pytest.raises(PortalRefused, match="This key is not known") as refused,
    ):
        client.reconcile()

    assert "CANARY" not in str(refused.value)


@pytest.mark.parametrize(
    ("status", "content", "sentence"),
    [
        (500, b"<h1>Server Error</h1>", "The portal answered with status 500."),
        (200, b"<h1>Welcome</h1>", "is no portal"),
    ],
)
def test_an_answer_that_is_none_may_be_asked_for_again(
    client: Portal, fake: FakePortal, status: int, content: bytes, sentence: str
) -> None:
    fake.answers[RECONCILE] = (status, content)

    with pytest.raises(PortalUnavailable, match=sentence):
        client.reconcile()


def test_the_token_does_not_follow_to_another_address(client: Portal, fake: FakePortal) -> None:
    with FakePortal() as other:
        fake.answers[RECONCILE] = (301, {})
        fake.headers = {"Location": other.url}

        with pytest.raises(PortalRefused, match="Set MERCURIOS_PORTAL_URL"):
            client.reconcile()

        assert other.told == []
