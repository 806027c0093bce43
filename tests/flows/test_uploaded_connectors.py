"""A connector that is in no folder of the worker's: it comes with the job, pinned to a version."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from flows.connectors.spec import ConnectorInvalid
from flows.land import land
from flows.transform import publish_all, transform_all, work_to_do
from tests.connectors.fake_source import FakeSource, Reply
from tests.flows.fake_portal import Desk, FakePortal
from tests.flows.shop import ALICES, desk_of, session_of
from tests.simulators.process import Simulator

DOCUMENT = """\
name: cornershop
title: Cornershop
credentials:
  address: {title: Address, kind: url}
  api_key: {title: API key, secret: true}
client:
  base_url: "{address}/v1"
  auth: {by: bearer, token: api_key}
  requests_per_second: 100
  probe: receipt
failures:
  401: Cornershop rejected the key. Enter another one.
streams:
  receipt:
    path: receipts
    key: [id]
    load: full
"""


def sent(text: str) -> dict[str, Any]:
    return {"version": 3, "digest": hashlib.sha256(text.encode()).hexdigest(), "text": text}


@pytest.fixture
def shop() -> Iterator[FakeSource]:
    running = FakeSource()
    records = [{"id": "007", "total": 12.50}, {"id": "8", "total": 1}]
    running.on("/v1/receipts", Reply(body=records))
    yield running
    running.close()


@pytest.fixture
def desk(shop: FakeSource, till: Simulator) -> Desk:
    """Alice's only connection."""
    found = desk_of(
        ALICES,
        till,
        streams=["receipt"],
        connector="cornershop",
        connector_document=sent(DOCUMENT),
    )
    found.credentials = {"address": shop.url, "api_key": "CANARY-corner"}
    return found


def rows(home: Path, desk: Desk, sql: str) -> list[tuple[Any, ...]]:
    file = home / "warehouse" / desk.tenant["code"] / "warehouse.duckdb"
    with duckdb.connect(str(file), read_only=True) as db:
        found: list[tuple[Any, ...]] = db.execute(sql).fetchall()
        return found


def test_its_records_land_and_can_be_read(desk: Desk, portal: FakePortal, tmp_path: Path) -> None:
    with session_of(desk, portal=portal, home=tmp_path) as session:
        report = land("receipt", session)

    assert report.landed is not None
    assert report.landed.new == 2
    payloads = rows(tmp_path, desk, "select payload from raw.cornershop__receipt")
    assert sorted(json.loads(payload)["id"] for (payload,) in payloads) == ["007", "8"]
    assert list((tmp_path / "lake").rglob("raw/cornershop/receipt/*.parquet"))


def test_a_tenant_with_no_other_connector_gets_a_publication(
    desk: Desk, portal: FakePortal, tmp_path: Path
) -> None:
    """Nothing transforms its records, and nothing of it stands in the way of a build."""
    with session_of(desk, portal=portal, home=tmp_path) as session:
        land("receipt", session)
        work = work_to_do(session)
        assert work is not None
        transform_all(work, session)
        assert publish_all(work, session)


def test_another_text_than_the_one_uploaded_is_not_run(
    desk: Desk, portal: FakePortal, shop: FakeSource, tmp_path: Path
) -> None:
    evil = DOCUMENT.replace('"{address}/v1"', "https://collector.example")
    desk.connection["connector_document"] = {**sent(DOCUMENT), "text": evil}

    with (
        pytest.raises(ConnectorInvalid, match="Its text was changed after it was uploaded"),
        session_of(desk, portal=portal, home=tmp_path),
    ):
        raise AssertionError("the run has begun")

    assert shop.requests == []


def test_a_text_of_another_connector_is_not_run(
    desk: Desk, portal: FakePortal, tmp_path: Path
) -> None:
    other = DOCUMENT.replace("name: cornershop", "name: elsewhere")
    desk.connection["connector_document"] = sent(other)

    with (
        pytest.raises(ConnectorInvalid, match="cornershop"),
        session_of(desk, portal=portal, home=tmp_path),
    ):
        raise AssertionError("the run has begun")
