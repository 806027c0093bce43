"""Runs of the real flow against a real Prefect, with everything that is logged kept."""

from __future__ import annotations

import asyncio
import gc
import logging
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from prefect.client.schemas.objects import State

from flows.sync import sync
from tests.flows.fake_portal import TOKEN, Desk, FakePortal

# Prefect's loggers hand nothing on to the root.
LOGGERS = ("", "prefect", "prefect.flow_runs", "prefect.task_runs")


class Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__(level=logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        trace = record.exc_info and record.exc_info[1]
        lines = traceback.format_exception(trace) if isinstance(trace, BaseException) else []
        self.lines.append("".join([record.getMessage(), *lines]))

    def text(self) -> str:
        return "\n".join(self.lines)


@dataclass
class Watched:
    """One run of the flow: how Prefect saw it end, what the portal heard, what was logged.

    `truth` is what the till knew of its own numbers then.
    """

    desk: Desk
    home: Path
    state: State[Any]
    log: str
    end: dict[str, Any] = field(default_factory=dict)
    streams: dict[str, dict[str, Any]] = field(default_factory=dict)
    truth: dict[str, Any] = field(default_factory=dict)


@contextmanager
def listening() -> Iterator[Kept]:
    kept = Kept()
    for name in LOGGERS:
        logging.getLogger(name).addHandler(kept)
    try:
        yield kept
    finally:
        for name in LOGGERS:
            logging.getLogger(name).removeHandler(kept)


@contextmanager
def prefects_leftovers() -> Iterator[None]:
    """Prefect leaves clients of its own server to the garbage collector, which then complains."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        try:
            yield
        finally:
            gc.collect()


@contextmanager
def as_worker(portal: FakePortal, home: Path) -> Iterator[None]:
    """The environment of a worker."""
    with pytest.MonkeyPatch.context() as changed:
        changed.setenv("MERCURIOS_HOME", str(home))
        changed.setenv("MERCURIOS_PORTAL_URL", portal.url)
        changed.setenv("MERCURIOS_SERVICE_TOKEN", TOKEN)
        changed.setenv("MERCURIOS_ALLOW_PRIVATE_HOSTS", "true")
        changed.delenv("MERCURIOS_LAKE", raising=False)
        yield


def watch(desk: Desk, *, portal: FakePortal, home: Path) -> Watched:
    """Run the flow for a connection. A Prefect has to be there."""
    portal.add(desk)
    with as_worker(portal, home), listening() as kept, prefects_leftovers():
        flow_run: Any = sync(UUID(desk.connection["code"]), return_state=True)
        state = asyncio.run(flow_run)
    run = desk.runs[-1]
    return Watched(
        desk=desk,
        home=home,
        state=state,
        log=kept.text(),
        end=portal.end_of(run),
        streams=portal.streams_of(run),
    )
