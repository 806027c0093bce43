"""A source that nobody wrote a line of code for: sixty lines of YAML read it, exactly."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from flows.land import land
from flows.report import StreamReport
from tests.connectors.fake_source import Reply
from tests.flows.fake_portal import Desk, FakePortal
from tests.flows.shop import ALICES, desk_of, session_of
from tests.flows.tillpoint import DAY, FOLDER, SECRET, Tillpoint, records_of, tillpoint
from tests.simulators.process import Simulator

STREAMS = ["receipts", "outlets", "stock", "customers"]


@pytest.fixture
def till_of_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tillpoint]:
    """The till runs, and its folder lies outside of ours."""
    folder = tmp_path / "ours" / "tillpoint"
    folder.mkdir(parents=True)
    (folder / "connector.yaml").write_text(FOLDER, encoding="utf-8")
    monkeypatch.setenv("MERCURIOS_CONNECTORS_PATH", str(folder.parent))
    with tillpoint() as running:
        yield running


@pytest.fixture
def desk(till_of_nobody: Tillpoint, till: Simulator) -> Desk:
    """Alice's connection to it."""
    found = desk_of(ALICES, till, streams=STREAMS, name="tillpoint", connector="tillpoint")
    found.credentials = till_of_nobody.credentials
    return found


def synced(desk: Desk, *, portal: FakePortal, home: Path) -> dict[str, StreamReport]:
    with session_of(desk, portal=portal, home=home) as session:
        return {name: land(name, session) for name in STREAMS}


def landed(desk: Desk, home: Path, stream: str) -> list[dict[str, Any]]:
    """The records in raw, each once, as its newest batch has it; hashes are left out."""
    file = home / "warehouse" / desk.tenant["code"] / "warehouse.duckdb"
    newest = (
        f"select payload from raw.tillpoint__{stream}"
        " qualify row_number() over (partition by record_key order by landed_at desc) = 1"
    )
    with duckdb.connect(str(file), read_only=True) as db:
        records = [json.loads(payload) for (payload,) in db.execute(newest).fetchall()]
    return [{name: each[name] for name in each if name != "email"} for each in records]


def counted(report: StreamReport) -> tuple[int, int]:
    """New and changed."""
    assert report.landed is not None
    return report.landed.new, report.landed.changed


def by_content(records: list[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps(each, sort_keys=True) for each in records)


def test_the_folder_is_short() -> None:
    assert len(FOLDER.splitlines()) <= 60


def test_all_of_it_lands_exactly(
    desk: Desk, till_of_nobody: Tillpoint, portal: FakePortal, tmp_path: Path
) -> None:
    reports = synced(desk, portal=portal, home=tmp_path)

    for stream, records in records_of(till_of_nobody).items():
        assert by_content(landed(desk, tmp_path, stream)) == by_content(records), stream
        assert counted(reports[stream]) == (len(records), 0)
    assert "Alice" not in (tmp_path / "warehouse").as_posix()


def test_the_next_run_reads_what_changed_and_no_more(
    desk: Desk, till_of_nobody: Tillpoint, portal: FakePortal, tmp_path: Path
) -> None:
    synced(desk, portal=portal, home=tmp_path)
    till_of_nobody.receipts[6]["total"] = "99.99"
    till_of_nobody.receipts[6]["touched"] = DAY + 86_400
    till_of_nobody.receipts.append({"id": "007", "total": "7.10", "touched": DAY + 86_400})
    till_of_nobody.api.requests.clear()

    reports = synced(desk, portal=portal, home=tmp_path)

    asked = till_of_nobody.api.asked("/v1/receipts")
    assert {int(each.params["changed_from"]) for each in asked} == {DAY + 2 * 3600 - 3600}
    assert reports["receipts"].is_incremental
    assert counted(reports["receipts"]) == (1, 1)
    for stream, records in records_of(till_of_nobody).items():
        assert by_content(landed(desk, tmp_path, stream)) == by_content(records), stream


def test_its_moods_cost_nothing(
    desk: Desk, till_of_nobody: Tillpoint, portal: FakePortal, tmp_path: Path
) -> None:
    till_of_nobody.troubles = [
        Reply(status=429, headers={"X-Wait": "1"}),
        Reply(body={"error": {"code": "BUSY"}}),
        Reply(body=b'{"data": {"receipts": [', headers={"Content-Type": "application/json"}),
    ]

    synced(desk, portal=portal, home=tmp_path)

    for stream, records in records_of(till_of_nobody).items():
        assert by_content(landed(desk, tmp_path, stream)) == by_content(records), stream


def test_its_secret_goes_to_the_login_and_nowhere_else(
    desk: Desk, till_of_nobody: Tillpoint, portal: FakePortal, tmp_path: Path
) -> None:
    synced(desk, portal=portal, home=tmp_path)

    for seen in till_of_nobody.api.requests:
        shown = f"{seen.path} {seen.params} {seen.headers} {seen.body!r}"
        assert (SECRET in shown) == (seen.path == "/oauth/token")
