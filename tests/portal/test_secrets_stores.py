"""What every store of credentials promises, shown on each of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from portal.access.services import issue_key
from portal.connections.models import Connection, Credentials, CredentialUse
from portal.connections.secrets import secret_store
from portal.connections.secrets_aws import secret_name
from portal.connections.selectors import credentials_set_at, has_credentials
from portal.connections.services import create_connection, remove_connection
from portal.connections.uses import uses_of
from portal.lib.errors import Refused
from portal.runs.services import claim_run
from portal.tenants.models import Tenant
from tests.forms import browse
from tests.portal.aws_cast import secrets_in_aws
from tests.portal.conftest import NOW
from tests.simulators.aws import AwsServer

SECRET = {"api_key": "alster-key", "api_secret": "alster-secret-ä"}
OTHERS = {"api_key": "new"}

pytestmark = pytest.mark.usefixtures("every_tenant", "store")


@pytest.fixture(params=["database", "secrets manager"])
def store(
    request: pytest.FixtureRequest, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    if request.param == "database":
        yield request.param
        return
    aws: AwsServer = request.getfixturevalue("aws")
    with secrets_in_aws(aws, settings, monkeypatch):
        yield request.param


def put(connection: Connection, values: dict[str, str] = SECRET, by: User | None = None) -> None:
    secret_store().put(connection=connection, values=values, at=NOW, by=by)


def uses(connection: Connection) -> list[tuple[str, str]]:
    return [(use.act, use.who) for use in reversed(uses_of(connection))]


def test_credentials_come_back_as_they_went_in(tills: Connection) -> None:
    put(tills)

    assert secret_store().get(connection=tills) == SECRET
    assert (has_credentials(tills), credentials_set_at(tills)) == (True, NOW)


def test_new_credentials_replace_the_old_ones(tills: Connection) -> None:
    put(tills)

    put(tills, OTHERS)

    assert secret_store().get(connection=tills) == OTHERS
    assert Credentials.objects.count() == 1


def test_what_was_read_before_does_not_hide_new_ones(tills: Connection) -> None:
    put(tills)
    secret_store().get(connection=tills)

    put(tills, OTHERS)

    assert secret_store().get(connection=tills) == OTHERS


def test_what_a_caller_does_with_credentials_stays_with_the_caller(tills: Connection) -> None:
    put(tills)

    secret_store().get(connection=tills).clear()

    assert secret_store().get(connection=tills) == SECRET


def test_credentials_moved_to_another_tenants_connection_do_not_open(
    tills: Connection, other_retailer: Tenant, store: str, aws: AwsServer
) -> None:
    put(tills)
    hers = create_connection(tenant=other_retailer, connector="prohandel", name="tills")
    row = Credentials.objects.get(connection=tills)
    if store == "secrets manager":
        secrets = aws.client("secretsmanager")
        stolen = secrets.get_secret_value(SecretId=secret_name(tills))["SecretString"]
        secrets.create_secret(Name=secret_name(hers), SecretString=stolen)
    row.pk, row.connection = None, hers
    row.save(force_insert=True)

    with pytest.raises(Refused, match="were altered or moved"):
        secret_store().get(connection=hers)


def test_credentials_go_with_their_connection(tills: Connection) -> None:
    put(tills)
    code = tills.code

    remove_connection(connection=tills)

    assert not Credentials.objects.exists()
    last = CredentialUse.objects.filter(connection_code=code).latest("pk")
    assert last.act == CredentialUse.Act.REMOVED


def test_credentials_can_be_entered_again_after_they_were_removed(tills: Connection) -> None:
    put(tills)
    secret_store().forget(connection=tills)

    put(tills, OTHERS)

    assert secret_store().get(connection=tills) == OTHERS


def test_removing_what_is_not_there_is_fine(tills: Connection) -> None:
    secret_store().forget(connection=tills)

    assert uses(tills) == []


def test_a_connection_without_credentials_says_so(tills: Connection) -> None:
    with pytest.raises(Refused, match="has no credentials yet"):
        secret_store().get(connection=tills)


def test_credentials_survive_resealing(tills: Connection) -> None:
    put(tills)

    assert secret_store().reseal() == 0
    assert secret_store().get(connection=tills) == SECRET
    assert credentials_set_at(tills) == NOW


def test_it_is_written_down_who_used_credentials(tills: Connection, olga: User) -> None:
    put(tills, by=olga)
    put(tills)
    secret_store().get(connection=tills, reader="run 7")

    assert uses(tills) == [("SET", "olga"), ("SET", "a program"), ("READ", "run 7")]


def test_a_flow_run_that_fetches_credentials_is_named(tills: Connection, client: Client) -> None:
    put(tills)
    run = claim_run(connection=tills, flow_run_id=uuid4(), at=NOW).run
    key = issue_key(name="worker", scopes=["flows"], at=NOW).secret

    answer = client.get(
        f"/api/v1/flow/runs/{run.code}/credentials", headers={"Authorization": f"Bearer {key}"}
    )

    assert answer.json()["credentials"] == SECRET
    assert uses(tills)[-1] == ("READ", f"run {run.code}")


def test_no_line_of_the_audit_has_a_value_in_it(tills: Connection) -> None:
    put(tills)
    secret_store().get(connection=tills, reader="run 7")

    lines = [str(sorted(vars(use).items(), key=str)) for use in CredentialUse.objects.all()]

    assert len(lines) == 2
    assert not [line for line in lines if "alster-key" in line or "alster-secret" in line]


def test_lines_about_reading_are_kept_for_ninety_days(tills: Connection) -> None:
    put(tills)
    secret_store().get(connection=tills, reader="run 1")
    for use in CredentialUse.objects.all():
        CredentialUse.objects.filter(pk=use.pk).update(at=use.at - timedelta(days=91))

    secret_store().get(connection=tills, reader="run 2")

    assert uses(tills) == [("SET", "a program"), ("READ", "run 2")]


def test_an_operator_reads_the_audit_and_cannot_change_it(
    tills: Connection, olga: User, operator: Client
) -> None:
    put(tills, by=olga)
    line = uses_of(tills)[0]

    page = browse(operator, "/admin/connections/credentialuse/")

    assert "alsterhaus-mode/tills Set olga" in page.words
    address = f"/admin/connections/credentialuse/{line.pk}/"
    assert operator.get(f"{address}delete/").status_code == 403
    assert operator.get("/admin/connections/credentialuse/add/").status_code == 403
