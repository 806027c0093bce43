"""Credentials in AWS Secrets Manager: one secret for each connection, bound to it by what it says.

A secret is read from AWS once and then remembered by the process for `SECRETS_CACHE_SECONDS`. What
the portal puts is seen by all its processes at once, because the row names the version; what was
replaced in AWS itself is seen when that time is up, and no later.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Any

from django.conf import settings

from portal.connections.models import Connection
from portal.lib.aws import Trouble, aws_client, is_of_aws, trouble_of
from portal.lib.crypto import Sealed
from portal.lib.errors import Refused

# There are no keys of ours to be renewed: AWS holds them.
NO_KEY = 0

SENTENCES = {
    Trouble.DENIED: (
        "AWS does not let the portal use the credentials of {connection}. Allow it the secret"
        " {name}: flows/ecs/iam/portal.json says with which actions."
    ),
    Trouble.IDENTITY: (
        "AWS does not know who asks for the credentials of {connection}. Give the portal a role and"
        " a region, or correct AWS_ACCESS_KEY_ID and AWS_DEFAULT_REGION."
    ),
    Trouble.MISSING: (
        "The credentials of {connection} are not in AWS Secrets Manager: there is no secret {name}."
        " Enter them again."
    ),
    Trouble.LEAVING: (
        "The credentials of {connection} are about to be deleted from AWS Secrets Manager. Enter"
        " them again, or restore the secret {name}."
    ),
    Trouble.KEY: (
        "The credentials of {connection} cannot be read or written: AWS refuses the KMS key of the"
        " secret {name}. Enable that key, or allow the portal to use it."
    ),
    Trouble.BUSY: (
        "AWS Secrets Manager is too busy for the credentials of {connection}. Try again in a"
        " minute."
    ),
    Trouble.UNREACHABLE: (
        "AWS Secrets Manager cannot be reached for the credentials of {connection}. Correct the"
        " portal's network, then try again."
    ),
}


@dataclass(frozen=True, repr=False)
class _Read:
    version: str  # as the row names it
    values: dict[str, str]
    at: float  # of the monotonic clock


_reads: dict[str, _Read] = {}
_lock = Lock()


class SecretsManager:
    def seal(self, *, connection: Connection, values: Mapping[str, str]) -> Sealed:
        name = secret_name(connection)
        text = json.dumps({**_owner(connection), "credentials": dict(values)})
        _forget_read(name)
        with _sentences(connection):
            version = _put(connection, name, text)
        return Sealed(key_version=NO_KEY, ciphertext=version.encode())

    def open(self, *, connection: Connection, sealed: Sealed) -> dict[str, str]:
        name, version = secret_name(connection), sealed.ciphertext.decode()
        with _lock:
            read = _reads.get(name)
        if read is not None and read.version == version and _is_fresh(read):
            return dict(read.values)
        asked_at = time.monotonic()
        with _sentences(connection):
            text = aws_client("secretsmanager").get_secret_value(SecretId=name)["SecretString"]
        values = _own(connection, text)
        with _lock:
            _reads[name] = _Read(version=version, values=values, at=asked_at)
        return dict(values)

    def forget(self, *, connection: Connection) -> None:
        """Until the recovery window ends, AWS can restore it, and so does entering others."""
        name = secret_name(connection)
        _forget_read(name)
        with _sentences(connection):
            try:
                aws_client("secretsmanager").delete_secret(
                    SecretId=name, RecoveryWindowInDays=settings.SECRETS_RECOVERY_DAYS
                )
            except Exception as error:
                if trouble_of(error) not in {Trouble.MISSING, Trouble.LEAVING}:
                    raise

    def is_newest(self, sealed: Sealed) -> bool:
        return True


def secret_name(connection: Connection) -> str:
    return f"{settings.SECRETS_PREFIX}/{connection.tenant.code}/{connection.code}"


def forget_reads() -> None:
    """Ask AWS again for everything."""
    with _lock:
        _reads.clear()


def _put(connection: Connection, name: str, text: str) -> str:
    """Make the value the current one, whether the secret is there, new, or about to go."""
    client = aws_client("secretsmanager")
    try:
        there = client.describe_secret(SecretId=name)
    except Exception as error:
        if trouble_of(error) is not Trouble.MISSING:
            raise
        key = {"KmsKeyId": settings.SECRETS_KMS_KEY} if settings.SECRETS_KMS_KEY else {}
        tags = [{"Key": tag, "Value": value} for tag, value in _owner(connection).items()]
        answer = client.create_secret(Name=name, SecretString=text, Tags=tags, **key)
    else:
        if there.get("DeletedDate"):
            client.restore_secret(SecretId=name)
        answer = client.put_secret_value(SecretId=name, SecretString=text)
    return str(answer["VersionId"])


def _own(connection: Connection, text: str) -> dict[str, str]:
    """:raises Refused: if the secret is another's, or nothing that we have written"""
    try:
        said: Any = json.loads(text)
    except ValueError:
        said = None
    owner = _owner(connection)
    values = said.get("credentials") if isinstance(said, dict) else None
    if not isinstance(values, dict) or any(said.get(key) != owner[key] for key in owner):
        raise Refused(
            f"The credentials of {connection} were altered or moved: the secret"
            f" {secret_name(connection)} does not name this connection. Enter them again."
        )
    return {str(key): str(value) for key, value in values.items()}


def _owner(connection: Connection) -> dict[str, str]:
    """What binds a secret to its connection; its tags say the same, for policies and bills."""
    return {"tenant": str(connection.tenant.code), "connection": str(connection.code)}


def _is_fresh(read: _Read) -> bool:
    return time.monotonic() - read.at < settings.SECRETS_CACHE_SECONDS


def _forget_read(name: str) -> None:
    with _lock:
        _reads.pop(name, None)


@contextmanager
def _sentences(connection: Connection) -> Iterator[None]:
    """:raises Refused: for what an operator can end; what nobody expected flies on"""
    try:
        yield
    except Exception as error:
        sentence = SENTENCES.get(trouble_of(error)) if is_of_aws(error) else None
        if sentence is None:
            raise
        name = secret_name(connection)
        raise Refused(sentence.format(connection=connection, name=name)) from error
