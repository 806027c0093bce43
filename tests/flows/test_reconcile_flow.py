"""The flow that reconciles: one question at a time, and a failure if Prefect refused something."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from socket import create_server, socket
from threading import Thread
from typing import Any

import pytest

from flows import portal as portal_module
from flows.platform import reconcile
from flows.portal import Portal, PortalUnavailable
from tests.flows.fake_portal import TOKEN, FakePortal
from tests.flows.watching import as_worker, prefects_leftovers

RECONCILE = ("POST", "/api/v1/platform/reconcile")


@pytest.fixture
def fake() -> Iterator[FakePortal]:
    with FakePortal() as running:
        yield running


@contextmanager
def silent_server() -> Iterator[tuple[str, list[socket]]]:
    """One that takes every connection and never answers, and the connections it has taken."""
    accepted: list[socket] = []

    def accept() -> None:
        while True:
            try:
                accepted.append(server.accept()[0])
            except OSError:
                return

    with create_server(("127.0.0.1", 0)) as server:
        Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", accepted
    for each in accepted:
        each.close()


def run(flow: Any) -> Any:
    return asyncio.run(flow(return_state=True))


def test_what_prefect_refuses_fails_the_flow(
    prefect: None, fake: FakePortal, tmp_path: Path
) -> None:
    fake.answers[RECONCILE] = (200, {"refused": ["alice-mode.tills: Prefect refused it."]})

    with as_worker(fake, tmp_path), prefects_leftovers():
        state = run(reconcile)

    assert state.is_failed()
    assert state.message == "Prefect refused: alice-mode.tills: Prefect refused it."


@pytest.mark.parametrize("status", [502, 503, 504])
def test_the_platform_does_not_ask_again_while_the_portal_may_be_at_work(
    fake: FakePortal, status: int
) -> None:
    fake.answers[RECONCILE] = (status, {})

    with (
        closing(Portal(url=fake.url, token=TOKEN)) as client,
        pytest.raises(PortalUnavailable, match=f"status {status}"),
    ):
        client.reconcile()

    assert [(told.method, told.path) for told in fake.told] == [RECONCILE]


def test_a_slow_answer_is_waited_for_and_not_asked_for_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(portal_module, "PLATFORM_TIMEOUT_SECONDS", 0.2)
    with silent_server() as (url, accepted):
        with (
            closing(Portal(url=url, token=TOKEN)) as client,
            pytest.raises(PortalUnavailable, match="does not answer"),
        ):
            client.reconcile()

        assert len(accepted) == 1
