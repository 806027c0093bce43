"""Two streams of a run are at work at a time, and what ends one of them ends well for the other."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Barrier
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from flows import sync
from flows.land import write_down
from flows.report import StreamReport
from flows.session import Session
from flows.warehouse.warehouse import WarehouseBusy, WarehouseRefused
from tests.connectors import asking
from tests.connectors.fake_source import FakeSource, Reply
from tests.flows.fake_portal import FakePortal
from tests.flows.test_stopping import STREAMS, desk_at
from tests.flows.watching import watch

SECONDS = 30.0


@pytest.fixture
def till(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSource]:
    folder = tmp_path / "connectors" / "till"
    folder.mkdir(parents=True)
    streams = {name: {"path": name, "key": ["id"], "load": "full"} for name in STREAMS}
    document = asking.document(client={"probe": "shops"}, streams=streams)
    (folder / "connector.yaml").write_text(yaml.safe_dump(document))
    monkeypatch.setenv("MERCURIOS_CONNECTORS_PATH", str(folder.parent))
    source = FakeSource()
    for name in STREAMS:
        source.on(f"/api/{name}", Reply(body=[{"id": 1}]))
    yield source
    source.close()


class Alices:
    """A session, as far as the order of its streams goes."""

    def __init__(self, streams: list[str]) -> None:
        self.told: list[str] = []
        self.job = SimpleNamespace(run="R1", connection=SimpleNamespace(streams=streams))
        self.portal = SimpleNamespace(report_stream=self._report)

    def _report(self, *, run: str, stream: str, report: dict[str, Any]) -> None:
        self.told.append(stream)


def test_a_stream_is_read_while_another_one_is(
    prefect: None, portal: FakePortal, till: FakeSource, tmp_path: Path
) -> None:
    both = Barrier(2)

    def answer_together(_: object) -> Reply:
        both.wait(SECONDS)
        return Reply(body=[{"id": 1}])

    till.on("/api/shops", answer_together)
    till.on("/api/sale", answer_together)

    watched = watch(desk_at(till), portal=portal, home=tmp_path / "home")

    assert {name: said["status"] for name, said in watched.streams.items()} == dict.fromkeys(
        STREAMS, "LANDED"
    )
    assert {name: said["new"] for name, said in watched.streams.items()} == dict.fromkeys(
        STREAMS, 1
    )


def test_what_stands_in_the_way_of_all_lets_the_one_beside_it_end_and_none_begin(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refused = asyncio.Event()
    begun: list[str] = []

    async def outcome_of(stream: str, _: object) -> Any:
        begun.append(stream)
        if stream == "sale":
            refused.set()
            return WarehouseRefused("The warehouse may not be written to.")
        await refused.wait()
        return StreamReport(stream=stream)

    monkeypatch.setattr(sync, "outcome_of", outcome_of)
    alices: Any = Alices(["shops", "sale", "stock"])

    with pytest.raises(WarehouseRefused):
        asyncio.run(sync.Landing(alices).run())

    assert begun == ["shops", "sale"]
    assert alices.told == ["shops"]


def test_reports_are_in_the_order_of_the_streams_whichever_ends_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    later = asyncio.Event()

    async def outcome_of(stream: str, _: object) -> Any:
        if stream == "shops":
            await later.wait()
        if stream == "stock":
            later.set()
        return StreamReport(stream=stream)

    monkeypatch.setattr(sync, "outcome_of", outcome_of)
    alices: Any = Alices(["shops", "sale", "stock"])

    reports = asyncio.run(sync.Landing(alices).run())

    assert [report.stream for report in reports] == ["shops", "sale", "stock"]
    assert alices.told == ["sale", "stock", "shops"]


def test_a_busy_warehouse_is_waited_for_to_write_down_what_brought_nothing(
    prefect: None,
    portal: FakePortal,
    till: FakeSource,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk = desk_at(till)
    watch(desk, portal=portal, home=tmp_path / "home")
    left = [WarehouseBusy("held")]

    def busy_at_first(session: Session) -> None:
        if left:
            raise left.pop()
        write_down(session)

    monkeypatch.setattr(sync, "write_down", busy_at_first)
    monkeypatch.setattr(sync.account, "retry_delay_seconds", 0)
    watched = watch(desk, portal=portal, home=tmp_path / "home")

    assert left == []
    assert watched.end["status"] == "COMPLETED"
    told = {name: (said["new"], said["unchanged"]) for name, said in watched.streams.items()}
    assert told == dict.fromkeys(STREAMS, (0, 1))


# As where a large stream of a fresh process has just been read, and another one begins to be large.
LET_GO = """
import threading
from flows.columns import let_go

other = threading.Thread(target=__import__, args=("pyarrow.parquet",))
other.start()
while other.is_alive():
    let_go()
"""


def test_a_stream_that_gives_memory_back_leaves_the_one_beside_it_alone() -> None:
    ended = subprocess.run([sys.executable, "-c", LET_GO], capture_output=True, check=False)

    assert ended.stderr == b""
    assert ended.returncode == 0
