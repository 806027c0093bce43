"""Credentials in AWS Secrets Manager: what is there, how often it is asked, how it refuses."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from pytest_django import Settings

from portal.connections import secrets_aws
from portal.connections.models import Connection, Credentials
from portal.connections.secrets import secret_store
from portal.connections.secrets_aws import SecretsManager, forget_reads, secret_name
from portal.connections.services import remove_connection, set_credentials
from portal.lib.aws import aws_client
from portal.lib.crypto import Sealed
from portal.lib.errors import Refused
from tests.portal.aws_cast import Door, secrets_in_aws
from tests.portal.conftest import NOW
from tests.processes import free_port
from tests.simulators.aws import AwsServer

SECRET = {"api_key": "alster-key", "api_secret": "alster-secret-ä"}
OTHERS = {"api_key": "new"}

pytestmark = pytest.mark.usefixtures("every_tenant", "door")


@pytest.fixture
def door(aws: AwsServer, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    with secrets_in_aws(aws, settings, monkeypatch) as opened:
        yield opened


@pytest.fixture
def secrets(aws: AwsServer) -> Any:
    """AWS as an operator sees it."""
    return aws.client("secretsmanager")


def put(connection: Connection, values: dict[str, str] = SECRET) -> None:
    secret_store().put(connection=connection, values=values, at=NOW, by=None)


def get(connection: Connection) -> dict[str, str]:
    return secret_store().get(connection=connection)


def replace(connection: Connection, secrets: Any) -> str:
    """Give it other credentials in AWS, past this process; gives the version."""
    owner = {"tenant": str(connection.tenant.code), "connection": str(connection.code)}
    text = json.dumps({**owner, "credentials": OTHERS})
    answer = secrets.put_secret_value(SecretId=secret_name(connection), SecretString=text)
    return str(answer["VersionId"])


def test_each_connection_has_one_secret_that_says_whose_it_is(
    tills: Connection, secrets: Any
) -> None:
    put(tills)

    name = f"mercurios/{tills.tenant.code}/{tills.code}"
    found = secrets.get_secret_value(SecretId=name)
    tags = secrets.describe_secret(SecretId=name)["Tags"]
    owner = {"tenant": str(tills.tenant.code), "connection": str(tills.code)}
    assert json.loads(found["SecretString"]) == {**owner, "credentials": SECRET}
    assert {tag["Key"]: tag["Value"] for tag in tags} == owner


def test_the_database_has_a_reference_and_nothing_else(tills: Connection, secrets: Any) -> None:
    put(tills)

    row = Credentials.objects.get(connection=tills)
    current = secrets.get_secret_value(SecretId=secret_name(tills))["VersionId"]
    assert (row.key_version, bytes(row.ciphertext)) == (0, current.encode())


def test_a_prefix_and_a_key_of_ones_own_are_used(
    tills: Connection, secrets: Any, settings: Settings
) -> None:
    settings.SECRETS_PREFIX, settings.SECRETS_KMS_KEY = "shops/test", "alias/mercurios"

    put(tills)

    described = secrets.describe_secret(SecretId=f"shops/test/{tills.tenant.code}/{tills.code}")
    assert described["KmsKeyId"] == "alias/mercurios"


def test_entering_others_is_a_rotation(tills: Connection, secrets: Any) -> None:
    put(tills)

    put(tills, OTHERS)

    name = secret_name(tills)
    before = secrets.get_secret_value(SecretId=name, VersionStage="AWSPREVIOUS")
    assert json.loads(before["SecretString"])["credentials"] == SECRET
    assert get(tills) == OTHERS


def test_a_process_asks_once_and_again_when_the_time_is_up(
    tills: Connection, door: Door, settings: Settings
) -> None:
    settings.SECRETS_CACHE_SECONDS = 0.5
    put(tills)

    get(tills)
    get(tills)
    at_first = door.asked("GetSecretValue")
    time.sleep(0.5)
    get(tills)

    assert (at_first, door.asked("GetSecretValue")) == (1, 2)


def test_without_a_time_to_remember_every_use_is_a_question(
    tills: Connection, door: Door, settings: Settings
) -> None:
    settings.SECRETS_CACHE_SECONDS = 0
    put(tills)

    get(tills)
    get(tills)

    assert door.asked("GetSecretValue") == 2


def test_what_was_replaced_in_aws_is_seen_when_the_time_is_up(
    tills: Connection, secrets: Any, settings: Settings
) -> None:
    settings.SECRETS_CACHE_SECONDS = 0.5
    put(tills)
    get(tills)

    replace(tills, secrets)
    meanwhile = get(tills)
    time.sleep(0.5)

    assert (meanwhile, get(tills)) == (SECRET, OTHERS)


def test_what_another_process_of_the_portal_put_is_seen_at_once(
    tills: Connection, secrets: Any
) -> None:
    put(tills)
    get(tills)

    version = replace(tills, secrets)
    Credentials.objects.filter(connection=tills).update(ciphertext=version.encode())

    assert get(tills) == OTHERS


def test_a_removed_connections_secret_can_be_restored_for_a_while(
    tills: Connection, secrets: Any, settings: Settings
) -> None:
    settings.SECRETS_RECOVERY_DAYS = 7
    put(tills)
    name = secret_name(tills)

    remove_connection(connection=tills)

    described = secrets.describe_secret(SecretId=name)
    assert 6 <= (described["DeletedDate"] - described["CreatedDate"]).days <= 7
    secrets.restore_secret(SecretId=name)
    assert "alster-key" in secrets.get_secret_value(SecretId=name)["SecretString"]


def test_a_secret_that_is_about_to_go_says_how_it_stays(tills: Connection, secrets: Any) -> None:
    put(tills)
    secrets.delete_secret(SecretId=secret_name(tills), RecoveryWindowInDays=7)

    with pytest.raises(Refused, match=r"about to be deleted .* Enter them again, or restore"):
        get(tills)


def test_a_secret_that_somebody_removed_is_named(tills: Connection, secrets: Any) -> None:
    put(tills)
    secrets.delete_secret(SecretId=secret_name(tills), ForceDeleteWithoutRecovery=True)

    with pytest.raises(Refused, match=f"there is no secret {secret_name(tills)}"):
        get(tills)


@pytest.mark.parametrize("text", ["", "no json", "[]", '{"credentials": {}}', '{"tenant": "x"}'])
def test_a_secret_that_we_have_not_written_does_not_open(
    tills: Connection, secrets: Any, text: str
) -> None:
    put(tills)
    secrets.put_secret_value(SecretId=secret_name(tills), SecretString=text or " ")

    with pytest.raises(Refused, match="were altered or moved"):
        get(tills)


@pytest.mark.parametrize(
    ("code", "message", "sentence"),
    [
        ("AccessDeniedException", "not authorized", "AWS does not let the portal use"),
        ("AccessDeniedException", "Access to KMS is not allowed", "refuses the KMS key"),
        ("DecryptionFailure", "key is disabled", "refuses the KMS key"),
        ("EncryptionFailure", "key is disabled", "refuses the KMS key"),
        ("ThrottlingException", "Rate exceeded", "is too busy"),
        ("InternalServiceError", "", "is too busy"),
        ("UnrecognizedClientException", "", "does not know who asks"),
        ("ExpiredTokenException", "", "does not know who asks"),
        ("ResourceNotFoundException", "", "there is no secret"),
    ],
)
def test_what_aws_refuses_is_a_sentence_that_says_what_to_do(
    tills: Connection, door: Door, code: str, message: str, sentence: str
) -> None:
    put(tills)
    door.refuse("*", code, message)

    with pytest.raises(Refused, match=sentence) as refused:
        get(tills)

    assert "alster-key" not in str(refused.value)


def test_what_nobody_expected_flies(tills: Connection, door: Door) -> None:
    put(tills)
    door.refuse("*", "SomethingNew")

    with pytest.raises(ClientError, match="SomethingNew"):
        get(tills)


def test_an_aws_out_of_reach_is_a_sentence(
    tills: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tills)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    aws_client.cache_clear()
    forget_reads()

    with pytest.raises(Refused, match="cannot be reached"):
        get(tills)


def test_a_portal_without_an_identity_says_what_it_needs(
    tills: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    aws_client.cache_clear()

    with pytest.raises(Refused, match="Give the portal a role"):
        put(tills)


def test_credentials_that_aws_refuses_are_not_said_to_be_set(tills: Connection, door: Door) -> None:
    door.refuse("CreateSecret")

    with pytest.raises(Refused, match="does not let the portal"):
        set_credentials(connection=tills, values={"api_key": "k", "api_secret": "s"}, at=NOW)

    assert not Credentials.objects.exists()


def test_a_connection_stays_while_aws_keeps_its_secret(tills: Connection, door: Door) -> None:
    put(tills)
    door.refuse("DeleteSecret")

    with pytest.raises(Refused, match="does not let the portal"):
        remove_connection(connection=tills)

    assert Connection.objects.exists()
    assert Credentials.objects.exists()


def test_what_is_remembered_does_not_print_its_values(tills: Connection) -> None:
    put(tills)
    get(tills)

    assert "alster" not in repr(secrets_aws._reads)


def test_aws_keys_are_never_out_of_date() -> None:
    assert SecretsManager().is_newest(Sealed(key_version=0, ciphertext=b""))
