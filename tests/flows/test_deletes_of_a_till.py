"""A till that deletes: its runs find out what is gone, and say what they do not believe."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.connectors.reader import ReadFailed
from flows.land import land
from flows.report import StreamReport
from tests.connectors.fake_source import Reply
from tests.flows.batches import query
from tests.flows.fake_portal import Desk, FakePortal
from tests.flows.shop import ALICES, desk_of, session_of
from tests.flows.tillpoint import DAY, FOLDER, Tillpoint, tillpoint
from tests.simulators.process import Simulator

SWEPT = """\
    deletes: {by: sweep, blocked_above: 34}
"""
IDS = """\
    deletes: {by: sweep, every: 1 day, params: {only: id}}
"""
NOBODY = Reply(status=403, body={"error": {"code": "NO"}})


@pytest.fixture
def till_of_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tillpoint]:
    folder = tmp_path / "ours" / "tillpoint"
    folder.mkdir(parents=True)
    (folder / "connector.yaml").write_text(connector(), encoding="utf-8")
    monkeypatch.setenv("MERCURIOS_CONNECTORS_PATH", str(folder.parent))
    with tillpoint() as running:
        yield running


def connector() -> str:
    """The till's folder, whose full lists are swept, and whose receipts have a list of ids."""
    text = FOLDER
    for line, added in (
        ("    pages: {by: link, rel: next}\n", SWEPT),
        ("    pages: {by: offset, send: skip, size: {take: 2}, total: total}\n", SWEPT),
        ("    load: {by: parameter, send: changed_from, overlap: 1 hour}\n", IDS),
    ):
        assert text.count(line) == 1
        text = text.replace(line, line + added)
    return text


@pytest.fixture
def desk(till_of_nobody: Tillpoint, till: Simulator) -> Desk:
    """Alice's connection to it."""
    streams = ["receipts", "outlets", "stock"]
    found = desk_of(ALICES, till, streams=streams, name="tillpoint", connector="tillpoint")
    found.credentials = till_of_nobody.credentials
    return found


class Runs:
    def __init__(self, desk: Desk, portal: FakePortal, home: Path) -> None:
        self.desk, self._portal, self._home = desk, portal, home

    def land(self, stream: str) -> StreamReport:
        with session_of(self.desk, portal=self._portal, home=self._home) as session:
            return land(stream, session)

    def know(self, stream: str, *, swept: timedelta, allowed: int = 0) -> None:
        """What the portal remembers of a stream: how long ago it was swept."""
        at = datetime.now(UTC) - swept
        self.desk.connection["sweeps"] = {stream: {"swept_at": at.isoformat(), "allowed": allowed}}

    def gone(self, stream: str) -> list[str]:
        file = self._home / "warehouse" / str(self.desk.tenant["code"]) / "warehouse.duckdb"
        return [
            key
            for (key,) in query(
                file,
                f"select record_key from raw.tillpoint__{stream}__current"
                " where content_hash = 'deleted' order by record_key",
            )
        ]


@pytest.fixture
def runs(desk: Desk, portal: FakePortal, tmp_path: Path) -> Runs:
    return Runs(desk, portal, tmp_path)


def lists_of_ids(till: Tillpoint) -> int:
    return sum("only" in each.params for each in till.api.asked("/v1/receipts"))


def told(report: StreamReport) -> dict[str, Any]:
    said = report.for_portal()
    return {name: said[name] for name in ("is_swept", "deleted", "held_back", "message")}


def test_a_stream_read_in_full_is_its_own_listing(runs: Runs, till_of_nobody: Tillpoint) -> None:
    runs.land("outlets")
    del till_of_nobody.outlets[1]

    report = runs.land("outlets")

    assert runs.gone("outlets") == ["2"]
    assert told(report) == {"is_swept": True, "deleted": 1, "held_back": 0, "message": ""}


def test_what_vanishes_all_at_once_is_told_and_not_marked(
    runs: Runs, till_of_nobody: Tillpoint
) -> None:
    runs.land("outlets")
    del till_of_nobody.outlets[:2]

    report = runs.land("outlets")

    assert runs.gone("outlets") == []
    assert told(report) == {
        "is_swept": True,
        "deleted": 0,
        "held_back": 2,
        "message": (
            "Of 3 records held 2 are missing at the source, more than the 34 % that may vanish at"
            " once; none was marked as deleted. If they are gone, let the deletes of this"
            " connection pass in the portal, and run it again."
        ),
    }


def test_what_somebody_has_let_pass_is_marked(runs: Runs, till_of_nobody: Tillpoint) -> None:
    runs.land("outlets")
    del till_of_nobody.outlets[:2]
    runs.know("outlets", swept=timedelta(), allowed=2)

    report = runs.land("outlets")

    assert runs.gone("outlets") == ["1", "2"]
    assert told(report)["deleted"] == 2


def test_a_list_that_is_empty_all_at_once_is_told(runs: Runs, till_of_nobody: Tillpoint) -> None:
    runs.land("stock")
    till_of_nobody.stock = {outlet: [] for outlet in till_of_nobody.stock}

    report = runs.land("stock")

    assert runs.gone("stock") == []
    assert "Of 6 records held 6 are missing at the source, which lists nothing" in report.message


def test_a_rejected_record_could_be_any_that_is_missing(
    runs: Runs, till_of_nobody: Tillpoint
) -> None:
    runs.land("stock")
    till_of_nobody.stock[1][0] = {"product": {"sku": None}, "on_hand": 0}

    report = runs.land("stock")

    assert runs.gone("stock") == []
    assert report.message == (
        "Of 6 records held 1 are missing at the source; none was marked as deleted, since each"
        " could be one of the 1 rejected ones."
    )


def test_a_child_is_gone_with_its_parent(runs: Runs, till_of_nobody: Tillpoint) -> None:
    runs.land("stock")
    del till_of_nobody.outlets[2]

    runs.land("stock")

    assert len(runs.gone("stock")) == 1


@pytest.mark.parametrize("stream", ["outlets", "stock"])
def test_half_a_list_marks_nothing(runs: Runs, till_of_nobody: Tillpoint, stream: str) -> None:
    runs.land(stream)
    more = {"Link": '</v1/outlets?p=2>; rel="next"'}
    till_of_nobody.troubles = [Reply(body=[till_of_nobody.outlets[0]], headers=more), NOBODY]

    with pytest.raises(ReadFailed):
        runs.land(stream)

    assert runs.gone(stream) == []


def test_beside_what_changed_a_list_of_ids_is_read_once_a_day(
    runs: Runs, till_of_nobody: Tillpoint
) -> None:
    runs.land("receipts")
    del till_of_nobody.receipts[0]
    runs.know("receipts", swept=timedelta(hours=25))
    found = runs.land("receipts")
    read = lists_of_ids(till_of_nobody)
    del till_of_nobody.receipts[0]
    runs.know("receipts", swept=timedelta(hours=23))

    report = runs.land("receipts")

    assert told(found) == {"is_swept": True, "deleted": 1, "held_back": 0, "message": ""}
    assert read == lists_of_ids(till_of_nobody) == 3
    assert told(report) == {"is_swept": False, "deleted": 0, "held_back": 0, "message": ""}
    assert runs.gone("receipts") == ["000"]


def test_nothing_of_a_list_of_ids_lands(runs: Runs, till_of_nobody: Tillpoint) -> None:
    runs.land("receipts")

    report = runs.land("receipts")

    assert lists_of_ids(till_of_nobody) == 4
    assert report.landed is not None
    # The last moment, and an hour before it, are read again.
    assert (report.landed.extracted, report.landed.unchanged) == (4, 4)
    assert report.is_incremental


def test_what_was_held_back_and_let_pass_is_listed_at_once(
    runs: Runs, till_of_nobody: Tillpoint
) -> None:
    runs.land("receipts")
    del till_of_nobody.receipts[:3]
    blocked = runs.land("receipts")
    runs.know("receipts", swept=timedelta(minutes=1), allowed=3)

    runs.land("receipts")

    assert told(blocked)["held_back"] == 3
    assert runs.gone("receipts") == ["000", "001", "002"]


def test_a_list_of_ids_that_cannot_be_read_keeps_nothing_from_landing(
    runs: Runs, till_of_nobody: Tillpoint
) -> None:
    runs.land("receipts")
    till_of_nobody.receipts = [{"id": "new", "total": "1.00", "touched": DAY + 86_400}]
    answer = Reply(
        body={
            "data": {"receipts": till_of_nobody.receipts},
            "meta": {"next": "2", "has_more": "false"},
        }
    )
    till_of_nobody.troubles = [answer, NOBODY]

    report = runs.land("receipts")

    assert report.landed is not None
    assert report.landed.new == 1
    assert report.message.startswith("What is gone from the source could not be found out: ")
    assert not told(report)["is_swept"]
    assert runs.gone("receipts") == []


def test_what_happened_before_the_history_begins_stays(
    runs: Runs, till_of_nobody: Tillpoint, tmp_path: Path
) -> None:
    file = tmp_path / "ours" / "tillpoint" / "connector.yaml"
    file.write_text(connector().replace(IDS, IDS + "    has_history: true\n"), encoding="utf-8")
    runs.land("receipts")
    del till_of_nobody.receipts[0]
    runs.desk.connection["history_from"] = "2026-11-21"

    report = runs.land("receipts")

    assert told(report)["is_swept"]
    assert runs.gone("receipts") == []
