"""An uploaded connector from its trial to its runs: who uses what, and who gets the key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django_scopes import scopes_disabled

from flows.connectors.uploaded import connector_of_job
from portal.access.services import issue_key
from portal.connections.models import Connection, CredentialUse
from portal.connections.rollouts import roll_back, roll_out
from portal.connections.selectors import check_ready, must_be_entered_again
from portal.connections.services import (
    choose_streams,
    create_connection,
    set_credentials,
    test_connection,
)
from portal.connections.trials import connections_to_try, try_connection, try_values
from portal.lib.errors import Refused
from portal.marketplace.models import ConnectorVersion, Rollout, Trial
from portal.marketplace.selectors import connector_for, connectors_for, version_for
from portal.marketplace.services import upload, withdraw
from portal.runs.models import Run
from portal.runs.services import claim_run
from portal.tenants.models import Tenant
from tests.portal.conftest import NOW
from tests.portal.marketplace_cast import (
    ASKING,
    AT,
    DOCUMENT,
    ELSEWHERE,
    KEY,
    QUESTION,
    Till,
    running_till,
    uploaded,
    zipped,
)

# A service whose name begins as a test's does; pytest would collect it.
test_connection.__test__ = False  # type: ignore[attr-defined]


@pytest.fixture
def till() -> Iterator[Till]:
    with running_till() as running:
        yield running


def tried(version: ConnectorVersion, tenant: Tenant, till: Till, by: User) -> Trial:
    return try_values(version=version, tenant=tenant, values=till.credentials, by=by, at=AT)


@pytest.fixture
def first(olga: User, retailer: Tenant, till: Till) -> ConnectorVersion:
    """A version that was tried with success, and that nobody uses."""
    version = uploaded(olga)
    tried(version, retailer, till, olga)
    return version


@pytest.fixture
def tills(first: ConnectorVersion, retailer: Tenant, till: Till, olga: User) -> Connection:
    """A connection that reads with the first version, with credentials and tested."""
    roll_out(version=first, tenants=[retailer], by=olga, at=AT)
    connection = create_connection(tenant=retailer, connector="tillpoint", name="tills")
    set_credentials(connection=connection, values=till.credentials, at=NOW)
    test_connection(connection=connection, at=NOW)
    return connection


@pytest.fixture
def second(first: ConnectorVersion, retailer: Tenant, till: Till, olga: User) -> ConnectorVersion:
    """A version that does the same with credentials, tried with success."""
    version = uploaded(olga, DOCUMENT.replace("title: Shops", "title: Branches"), "Other words.")
    tried(version, retailer, till, olga)
    return version


@pytest.fixture
def elsewhere(first: ConnectorVersion, retailer: Tenant, olga: User) -> ConnectorVersion:
    """A version that would send the key to somebody else, and yet was tried with success."""
    version = uploaded(olga, ELSEWHERE, "Faster.")
    with scopes_disabled():
        Trial.objects.create(
            version=version, tenant=retailer, ok=True, result={"message": ""}, who="olga", at=AT
        )
    return version


def claimed(connection: Connection) -> Run:
    return claim_run(connection=connection, flow_run_id=uuid4(), at=NOW).run


def asked(method: str, path: str, body: object = None) -> Any:
    """As a flow run asks."""
    secret = issue_key(tenant=None, name="worker", scopes=["flows"], at=NOW).secret
    return Client().generic(
        method,
        f"/api/v1/{path}",
        b"" if body is None else json.dumps(body).encode(),
        content_type="application/json",
        headers={"Authorization": f"Bearer {secret}"},
    )


def test_a_trial_reads_with_the_account_and_keeps_what_it_found(
    olga: User, retailer: Tenant, till: Till
) -> None:
    trial = tried(uploaded(olga), retailer, till, olga)

    assert trial.ok
    assert trial.result["message"] == "All 2 streams can be read."
    assert set(till.keys) == {KEY}
    assert KEY not in str(trial.result)
    assert trial.who == "olga"


def test_a_trial_that_fails_says_why_and_the_version_cannot_be_used(
    olga: User, retailer: Tenant, till: Till
) -> None:
    version = uploaded(olga)
    values = {**till.credentials, "api_key": "wrong"}

    trial = try_values(version=version, tenant=retailer, values=values, by=olga, at=AT)

    assert not trial.ok
    assert "Tillpoint does not accept the key" in trial.result["message"]
    with pytest.raises(Refused, match="has never been tried with success"):
        roll_out(version=version, tenants=[retailer], by=olga, at=AT)
    assert version_for(tenant=retailer, name="tillpoint") is None


def test_nobody_uses_a_version_until_it_is_rolled_out_to_them(
    first: ConnectorVersion, retailer: Tenant, other_retailer: Tenant, olga: User
) -> None:
    with pytest.raises(Refused, match="Tillpoint is not rolled out to Alsterhaus Mode"):
        create_connection(tenant=retailer, connector="tillpoint", name="tills")

    roll_out(version=first, tenants=[retailer], by=olga, at=AT)

    assert "tillpoint" in connectors_for(retailer)
    assert "tillpoint" not in connectors_for(other_retailer)
    assert create_connection(tenant=retailer, connector="tillpoint", name="tills").pk
    with pytest.raises(Refused, match="Tillpoint is not rolled out to Chiemsee Sport"):
        create_connection(tenant=other_retailer, connector="tillpoint", name="tills")


def test_a_version_that_does_the_same_with_credentials_keeps_them(
    tills: Connection, second: ConnectorVersion, olga: User
) -> None:
    waiting = roll_out(version=second, tenants=[tills.tenant], by=olga, at=AT)

    assert waiting == []
    check_ready(tills)
    assert connector_for(tenant=tills.tenant, name="tillpoint").streams["shops"].title == "Branches"


def test_a_version_that_sends_credentials_elsewhere_does_not_get_them(
    tills: Connection, elsewhere: ConnectorVersion, olga: User
) -> None:
    waiting = roll_out(version=elsewhere, tenants=[tills.tenant], by=olga, at=AT)

    assert waiting == [tills]
    with pytest.raises(Refused, match="or sends them elsewhere"):
        check_ready(tills)
    with pytest.raises(Refused, match="or sends them elsewhere"):
        test_connection(connection=tills, at=NOW)
    run = claimed(tills)
    answer = asked("GET", f"flow/runs/{run.code}/credentials")
    assert answer.status_code == 409
    assert KEY not in answer.content.decode()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "address: {title: Address, kind: url}",
            "address: {title: A, kind: url, default: https://x.example}",
        ),
        ("by: bearer, token: api_key", "by: bearer, token: other_key"),
        ("api_key: {title: API key, secret: true}", "api_key: {title: API key, pattern: '.*'}"),
    ],
)
def test_a_version_that_asks_for_other_credentials_does_not_get_the_old_ones(
    tills: Connection, olga: User, old: str, new: str
) -> None:
    document = DOCUMENT.replace(old, new)
    if "other_key" in new:
        other = "  other_key: {title: O, secret: true}\n"
        document = document.replace("  api_key:", f"{other}  api_key:")
    version = uploaded(olga, document, "Other.")
    with scopes_disabled():
        Trial.objects.create(
            version=version, tenant=tills.tenant, ok=True, result={}, who="olga", at=AT
        )

    assert roll_out(version=version, tenants=[tills.tenant], by=olga, at=AT) == [tills]
    assert must_be_entered_again(tills)


def test_credentials_that_are_entered_again_are_for_the_version_in_use(
    tills: Connection, elsewhere: ConnectorVersion, olga: User
) -> None:
    before = claimed(tills)
    roll_out(version=elsewhere, tenants=[tills.tenant], by=olga, at=AT)

    set_credentials(
        connection=tills, values={"address": "https://x.example", "api_key": "new"}, at=NOW
    )

    assert not must_be_entered_again(tills)
    # The run that began with the first version may not send the new ones to the first one's place.
    answer = asked("GET", f"flow/runs/{before.code}/credentials")
    assert b"Enter them again" in answer.content
    assert b'"new"' not in answer.content


def test_a_trial_gets_only_credentials_entered_for_the_same_place(
    tills: Connection, second: ConnectorVersion, elsewhere: ConnectorVersion, olga: User
) -> None:
    with scopes_disabled():
        offered = list(connections_to_try(second)), list(connections_to_try(elsewhere))

    assert offered == ([tills], [])
    assert try_connection(version=second, connection=tills, by=olga, at=AT).ok
    with pytest.raises(Refused, match="sends them elsewhere"):
        try_connection(version=elsewhere, connection=tills, by=olga, at=AT)
    used = CredentialUse.objects.filter(who__contains="a trial of Tillpoint version 2 by olga")
    assert used.count() == 1


def test_the_credentials_of_a_connector_of_ours_are_not_for_an_upload(
    ready_prohandel: Connection, first: ConnectorVersion, olga: User
) -> None:
    with scopes_disabled():
        assert list(connections_to_try(first)) == []
    with pytest.raises(Refused, match="sends them elsewhere"):
        try_connection(version=first, connection=ready_prohandel, by=olga, at=AT)


@pytest.fixture
def ready_prohandel(retailer: Tenant) -> Connection:
    connection = create_connection(tenant=retailer, connector="prohandel", name="prohandel")
    set_credentials(connection=connection, values={"api_key": "k", "api_secret": "s"}, at=NOW)
    return connection


def test_a_run_keeps_the_version_it_began_with(
    tills: Connection, first: ConnectorVersion, second: ConnectorVersion, olga: User
) -> None:
    choose_streams(connection=tills, streams=["receipts"])
    flow_run = str(uuid4())
    body = {"connection": str(tills.code), "flow_run_id": flow_run}
    answer = asked("POST", "flow/runs", body).json()

    roll_out(version=second, tenants=[tills.tenant], by=olga, at=AT)
    again = asked("POST", "flow/runs", body).json()
    later = asked("POST", "flow/runs", {**body, "flow_run_id": str(uuid4())}).json()

    sent = answer["connection"]["connector_document"]
    assert sent == {"version": 1, "digest": first.digest, "text": DOCUMENT, "questions": {}}
    assert again["connection"]["connector_document"] == sent
    assert later["connection"]["connector_document"]["version"] == 2
    credentials = asked("GET", f"flow/runs/{answer['run']}/credentials").json()
    assert credentials["credentials"]["api_key"] == KEY


def test_a_run_gets_the_questions_of_its_version(tills: Connection, olga: User) -> None:
    files = {"connector.yaml": ASKING, "receipts.graphql": QUESTION}
    version = upload(content=zipped(files), note="Asks.", by=olga, at=AT)
    with scopes_disabled():
        Trial.objects.create(
            version=version, tenant=tills.tenant, ok=True, result={"message": ""}, who="olga", at=AT
        )
    roll_out(version=version, tenants=[tills.tenant], by=olga, at=AT)
    choose_streams(connection=tills, streams=["receipts"])
    body = {"connection": str(tills.code), "flow_run_id": str(uuid4())}

    sent = asked("POST", "flow/runs", body).json()["connection"]["connector_document"]

    assert connector_of_job("tillpoint", sent).streams["receipts"].graphql == QUESTION.strip()


def test_a_run_of_a_connector_of_ours_carries_no_document(ready_prohandel: Connection) -> None:
    body = {"connection": str(ready_prohandel.code), "flow_run_id": str(uuid4())}

    answer = asked("POST", "flow/runs", body).json()

    assert answer["connection"]["connector_document"] is None


def test_rolling_back_goes_to_the_version_before_and_keeps_credentials(
    tills: Connection, second: ConnectorVersion, olga: User
) -> None:
    tenant, connector = tills.tenant, second.connector
    roll_out(version=second, tenants=[tenant], by=olga, at=AT)

    assert roll_back(connector=connector, tenant=tenant, by=olga, at=AT) == []

    assert version_for(tenant=tenant, name="tillpoint").number == 1  # type: ignore[union-attr]
    check_ready(tills)
    with pytest.raises(Refused, match="has used no other version of Tillpoint before"):
        roll_back(connector=connector, tenant=tenant, by=olga, at=AT)
    with scopes_disabled():
        acts = list(Rollout.objects.order_by("pk").values_list("act", "version__number", "who"))
    assert acts == [
        ("ROLLED_OUT", 1, "olga"),
        ("ROLLED_OUT", 2, "olga"),
        ("ROLLED_BACK", 1, "olga"),
    ]


def test_a_version_without_a_stream_that_is_read_is_not_rolled_out(
    tills: Connection, olga: User, till: Till
) -> None:
    choose_streams(connection=tills, streams=["shops"])
    version = uploaded(olga, DOCUMENT[: DOCUMENT.index("  shops:")], "Without shops.")
    tried(version, tills.tenant, till, olga)

    with pytest.raises(Refused, match="tills reads shops, which Tillpoint version 2 does not have"):
        roll_out(version=version, tenants=[tills.tenant], by=olga, at=AT)

    assert version_for(tenant=tills.tenant, name="tillpoint").number == 1  # type: ignore[union-attr]


def test_what_is_withdrawn_runs_no_more_and_says_so(
    tills: Connection, first: ConnectorVersion, olga: User
) -> None:
    withdraw(connector=first.connector, tenant=tills.tenant, who="olga", at=AT)

    with pytest.raises(Refused, match="Tillpoint is not rolled out to Alsterhaus Mode"):
        claimed(tills)
    with scopes_disabled():
        run = Run.objects.get(connection=tills)
    assert (run.status, run.actor) == ("FAILED", "OPERATOR")
    assert "Tillpoint is not rolled out to Alsterhaus Mode" in run.message


def test_a_pattern_that_never_ends_for_a_value_stops_nobody(
    olga: User, retailer: Tenant, till: Till
) -> None:
    """The texts that patterns are tried with at the upload do not find everything."""
    document = DOCUMENT.replace(
        "  api_key:", "  shop: {title: Shop, pattern: 'shop-([a-z]+)+!'}\n  api_key:"
    )
    version = uploaded(olga, document)

    with pytest.raises(Refused, match="takes too long"):
        try_values(
            version=version,
            tenant=retailer,
            values={**till.credentials, "shop": f"shop-{'a' * 60}"},
            by=olga,
            at=AT,
        )

    assert try_values(
        version=version,
        tenant=retailer,
        values={**till.credentials, "shop": "shop-a!"},
        by=olga,
        at=AT,
    ).ok
