"""AWS as the portal finds it in a test: empty, behind a door that counts and refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from pytest_django import Settings

from portal.connections.secrets import IN_SECRETS_MANAGER
from portal.connections.secrets_aws import forget_reads
from portal.lib.aws import aws_client
from tests.simulators.aws import AwsServer
from tests.simulators.aws_front import Answer, AwsFront, Seen

DENIED = "AccessDeniedException"


class Door(AwsFront):
    """Answers actions with the errors that it is told to; all others reach AWS."""

    def __init__(self, behind: str) -> None:
        self.refusals: dict[str, tuple[str, str]] = {}
        super().__init__(behind)

    def refuse(
        self, action: str, code: str = "AccessDeniedException", message: str = "No."
    ) -> None:
        """
        :param action: such as `GetSecretValue`, or `*` for all
        """
        self.refusals[action] = (code, message)

    def asked(self, action: str) -> int:
        """How often an action of Secrets Manager was asked for."""
        return sum(_action(each) == action for each in self.seen)

    def answer(self, seen: Seen) -> Answer | None:
        refusal = self.refusals.get(_action(seen)) or self.refusals.get("*")
        if refusal is None:
            return super().answer(seen)
        self.seen.append(seen)
        said = json.dumps(dict(zip(("__type", "Message"), refusal, strict=True))).encode()
        return Answer(400, [("Content-Length", str(len(said)))], said)


def _action(seen: Seen) -> str:
    return seen.headers.get("X-Amz-Target", "").rpartition(".")[2]


@contextmanager
def aws_for_the_portal(aws: AwsServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    """An empty AWS, and nothing remembered of an earlier test."""
    aws.reset()
    with Door(aws.url) as door:
        for name, value in aws.environment(door.url).items():
            monkeypatch.setenv(name, value)
        aws_client.cache_clear()
        forget_reads()
        yield door
    aws_client.cache_clear()
    forget_reads()


@contextmanager
def secrets_in_aws(
    aws: AwsServer, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Door]:
    settings.SECRET_STORE = IN_SECRETS_MANAGER
    with aws_for_the_portal(aws, monkeypatch) as door:
        yield door
