"""A key that is kept in AWS Secrets Manager is replaced there."""

from __future__ import annotations

import json
from collections.abc import Iterator

import boto3
import pytest

from flows.provision.key_places import write_secret
from flows.references import ReferenceBroken, secret_at
from tests.simulators.aws import AwsServer


@pytest.fixture(scope="module")
def aws() -> Iterator[AwsServer]:
    with AwsServer() as server:
        yield server


@pytest.fixture
def _here(aws: AwsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in aws.environment().items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("_here")
def test_a_secret_gets_a_new_version() -> None:
    boto3.client("secretsmanager").create_secret(Name="mercurios/worker", SecretString="old")

    write_secret("secret:mercurios/worker", "new")

    assert secret_at("secret:mercurios/worker") == "new"


@pytest.mark.usefixtures("_here")
def test_the_other_fields_of_a_secret_stay() -> None:
    told = json.dumps({"key": "old", "passphrase": "open sesame"})
    boto3.client("secretsmanager").create_secret(Name="mercurios/both", SecretString=told)

    write_secret("secret:mercurios/both#key", "new")

    assert secret_at("secret:mercurios/both#key") == "new"
    assert secret_at("secret:mercurios/both#passphrase") == "open sesame"


@pytest.mark.usefixtures("_here")
def test_a_secret_that_is_not_there_is_said() -> None:
    with pytest.raises(ReferenceBroken, match="the secret mercurios/none of AWS"):
        write_secret("secret:mercurios/none", "new")
