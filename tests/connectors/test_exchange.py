from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from flows.connectors.alarm import Alarm
from flows.connectors.exchange import Call, exchange
from flows.connectors.hosts import Session, guarded_session
from flows.connectors.retries import Trouble
from tests.connectors import shop
from tests.connectors.conftest import Resolver


@pytest.fixture
def session() -> Iterator[Session]:
    with guarded_session(True, seconds=0.3) as session:
        yield session


def trouble(session: Session, url: str) -> Trouble:
    outcome = exchange(session, Call(url=url), now=shop.NOW)
    assert isinstance(outcome, Trouble)
    return outcome


def test_a_certificate_that_proves_nothing_is_named(
    session: Session, tls_port: int, resolver: Resolver
) -> None:
    resolver({"till.example": ["127.0.0.1"]})

    found = trouble(session, f"https://till.example:{tls_port}/")

    assert found.reason == "The host till.example has no valid certificate"
    assert found.is_unreachable


@pytest.mark.parametrize("host", ["till.invalid", "a" * 64 + ".example"])
def test_a_host_that_does_not_exist_is_named(
    session: Session, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(name: str, *_: object, **__: object) -> None:
        name.encode("idna")
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)

    found = trouble(session, f"https://{host}/")

    assert host in found.reason
    assert found.is_unreachable


def test_a_source_that_never_answers_is_cut(session: Session) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        found = trouble(session, f"http://127.0.0.1:{deaf.getsockname()[1]}/")

    assert found.reason == "There was no whole answer within 0.3 seconds"


def test_an_alarm_that_rang_already_cuts_the_next_socket_too() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, Alarm(0) as alarm:
        until = time.monotonic() + 5
        while not alarm.rang and time.monotonic() < until:
            time.sleep(0.01)

        Alarm.watch(ours)

        assert theirs.recv(1) == b""
