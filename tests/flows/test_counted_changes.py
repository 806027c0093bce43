"""A source that counts its changes, and one that is asked shop by shop, from run to run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from flows.land import land
from flows.report import StreamReport
from tests.connectors.fake_source import FakeSource, Reply, Seen
from tests.flows.batches import query
from tests.flows.fake_portal import Desk, FakePortal
from tests.flows.shop import ALICES, desk_of, session_of
from tests.simulators.process import Simulator

STREAMS = ["articles", "receipts"]
FOLDER = """\
name: counting
title: Counting
credentials:
  address: {title: Address, kind: url}
  token: {title: Token, secret: true}
client:
  base_url: "{address}/v1"
  auth: {by: bearer, token: token}
  requests_per_second: 100
  probe: shops
defaults: {key: [id], records: data}
streams:
  shops: {path: shops, load: full}
  articles:
    path: articles
    load: {by: parameter, send: after, counter: version}
    pages: {by: cursor, send: after, take: top, stop: empty, size: {limit: 2}}
  receipts:
    path: shops/{shops.id}/receipts
    each: shops
    changed: {take: changed_at, zone: utc}
    load: {by: parameter, send: since, overlap: 1 hour}
"""


@dataclass
class Counting:
    """What the source holds, and what it was asked for."""

    source: FakeSource
    articles: list[dict[str, Any]] = field(default_factory=list)
    receipts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def answer_articles(self, seen: Seen) -> Reply:
        after = int(seen.params.get("after", 0))
        found = sorted((each["version"], each["id"]) for each in self.articles)
        page = [{"id": id_, "version": version} for version, id_ in found if version > after][:2]
        return Reply(body={"data": page, "top": page[-1]["version"] if page else None})

    def answer_shops(self, seen: Seen) -> Reply:
        return Reply(body={"data": [{"id": shop} for shop in self.receipts]})

    def answer_receipts(self, seen: Seen) -> Reply:
        since = seen.params.get("since", "")
        found = self.receipts[seen.path.split("/")[-2]]
        return Reply(body={"data": [each for each in found if each["changed_at"] >= since]})

    def opens(self, shop: str, *receipts: tuple[str, str]) -> None:
        self.receipts[shop] = [{"id": number, "changed_at": at} for number, at in receipts]
        self.source.on(f"/v1/shops/{shop}/receipts", self.answer_receipts)

    def asked(self, path: str, name: str) -> list[str | None]:
        return [seen.params.get(name) for seen in self.source.asked(f"/v1/{path}")]


@pytest.fixture
def counting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Counting]:
    source = FakeSource()
    folder = tmp_path / "ours" / "counting"
    folder.mkdir(parents=True)
    (folder / "connector.yaml").write_text(FOLDER, encoding="utf-8")
    monkeypatch.setenv("MERCURIOS_CONNECTORS_PATH", str(folder.parent))
    found = Counting(source)
    found.articles = [{"id": number, "version": 10 * number} for number in (1, 2, 3)]
    source.on("/v1/articles", found.answer_articles)
    source.on("/v1/shops", found.answer_shops)
    found.opens("harbour", ("r1", "2026-11-01T10:00:00Z"), ("r2", "2026-11-02T10:00:00Z"))
    yield found
    source.close()


@pytest.fixture
def desk(counting: Counting, till: Simulator) -> Desk:
    found = desk_of(ALICES, till, streams=STREAMS, name="counting", connector="counting")
    found.credentials = {"address": counting.source.url, "token": "CANARY-token"}
    return found


def synced(desk: Desk, portal: FakePortal, home: Path) -> dict[str, StreamReport]:
    with session_of(desk, portal=portal, home=home) as session:
        return {name: land(name, session) for name in STREAMS}


def landed(desk: Desk, home: Path, stream: str) -> list[Any]:
    file = home / "warehouse" / str(desk.tenant["code"]) / "warehouse.duckdb"
    rows = query(file, f"select payload from raw.counting__{stream} order by payload")
    return [json.loads(payload)["id"] for (payload,) in rows]


def test_the_next_run_asks_for_what_came_after_the_greatest_number(
    desk: Desk, counting: Counting, portal: FakePortal, tmp_path: Path
) -> None:
    first = synced(desk, portal, tmp_path)["articles"]
    counting.articles[0]["version"] = 40
    counting.articles.append({"id": 4, "version": 50})
    counting.source.requests.clear()

    second = synced(desk, portal, tmp_path)["articles"]

    assert counting.asked("articles", "after") == ["30", "50"]
    assert second.landed is not None
    assert (second.landed.new, second.landed.changed) == (1, 1)
    assert (first.is_incremental, second.is_incremental) == (False, True)
    assert first.for_portal()["bookmark"] == "30"
    assert second.for_portal()["bookmark"] == "50"


def test_a_run_that_finds_nothing_asks_once_and_stays_where_it_is(
    desk: Desk, counting: Counting, portal: FakePortal, tmp_path: Path
) -> None:
    synced(desk, portal, tmp_path)
    counting.source.requests.clear()

    report = synced(desk, portal, tmp_path)["articles"]

    assert counting.asked("articles", "after") == ["30"]
    assert report.for_portal()["bookmark"] == "30"


def test_a_stream_that_is_to_be_read_in_full_is_read_in_full(
    desk: Desk, counting: Counting, portal: FakePortal, tmp_path: Path
) -> None:
    desk.connection["full_read_streams"] = STREAMS
    synced(desk, portal, tmp_path)
    counting.source.requests.clear()

    reports = synced(desk, portal, tmp_path)

    assert counting.asked("articles", "after")[0] is None
    assert counting.asked("shops/harbour/receipts", "since") == [None]
    assert not any(report.is_incremental for report in reports.values())


def test_a_shop_that_opens_later_brings_what_it_sold_before(
    desk: Desk, counting: Counting, portal: FakePortal, tmp_path: Path
) -> None:
    synced(desk, portal, tmp_path)
    counting.opens("market", ("r3", "2025-01-01T10:00:00Z"))
    counting.source.requests.clear()

    synced(desk, portal, tmp_path)

    assert counting.asked("shops/harbour/receipts", "since") == ["2026-11-02T09:00:00Z"]
    assert counting.asked("shops/market/receipts", "since") == [None]
    assert landed(desk, tmp_path, "receipts") == ["r1", "r2", "r3"]


def test_a_shop_that_tells_late_loses_nothing_to_one_that_tells_at_once(
    desk: Desk, counting: Counting, portal: FakePortal, tmp_path: Path
) -> None:
    counting.opens("market", ("r3", "2026-11-01T08:00:00Z"))
    counting.receipts["harbour"].append({"id": "r4", "changed_at": "2026-11-18T10:00:00Z"})
    synced(desk, portal, tmp_path)
    counting.receipts["market"].append({"id": "r5", "changed_at": "2026-11-03T08:00:00Z"})

    synced(desk, portal, tmp_path)

    assert "r5" in landed(desk, tmp_path, "receipts")
