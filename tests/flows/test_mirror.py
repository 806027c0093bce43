"""Each tenant's configuration in the lake: written when it differs, told when it cannot be."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flows.lake.lake import Lake
from flows.mirror import mirror
from flows.parts import lake_at
from flows.platform import reconcile
from tests.flows.fake_portal import Desk, FakePortal
from tests.flows.watching import as_worker, prefects_leftovers

ALICE = {"code": "alice", "slug": "alice-mode", "name": "Alice's Müdes", "connections": []}
CHARLIE = {"code": "charlie", "slug": "charlie-sport", "name": "Charlie", "connections": []}


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return lake_at(str(tmp_path / "lake"))


@pytest.fixture
def fake() -> Iterator[FakePortal]:
    with FakePortal() as running:
        for tenant in (ALICE, CHARLIE):
            running.add(Desk(tenant, {"code": tenant["code"]}, {}))
        yield running


def run(flow: Any, fake: FakePortal, home: Path) -> Any:
    with as_worker(fake, home), prefects_leftovers():
        return asyncio.run(flow(return_state=True))


def test_each_tenant_has_its_configuration_beside_its_data(lake: Lake) -> None:
    written = mirror(lake, configurations=[ALICE, CHARLIE])

    assert written == ["alice", "charlie"]
    assert json.loads(lake.read("alice/tenant.json") or "") == {"format": 1, **ALICE}


def test_only_what_has_changed_is_written(lake: Lake) -> None:
    mirror(lake, configurations=[ALICE, CHARLIE])

    again = mirror(lake, configurations=[dict(reversed(ALICE.items())), CHARLIE])
    changed = mirror(lake, configurations=[ALICE, {**CHARLIE, "name": "Charlie & Sons"}])

    assert again == []
    assert changed == ["charlie"]


def test_what_was_lost_is_written_again(lake: Lake) -> None:
    mirror(lake, configurations=[ALICE])
    lake.delete("alice/tenant.json")

    assert mirror(lake, configurations=[ALICE]) == ["alice"]


def test_the_flow_that_reconciles_brings_the_configurations_to_the_lake(
    prefect: None, fake: FakePortal, lake: Lake, tmp_path: Path
) -> None:
    state = run(reconcile, fake, tmp_path)

    assert state.is_completed()
    assert json.loads(lake.read("charlie/tenant.json") or "")["slug"] == "charlie-sport"


def test_a_lake_that_cannot_be_written_fails_the_flow_after_prefect_agrees(
    prefect: None, fake: FakePortal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.answers[("POST", "/api/v1/platform/reconcile")] = (200, {"refused": ["alice: no."]})
    fake.answers[("GET", "/api/v1/platform/configurations")] = (503, {})

    state = run(reconcile, fake, tmp_path)

    assert state.is_failed()
    assert state.message == (
        "Prefect refused: alice: no. The configurations did not reach the lake:"
        " The portal answered with status 503."
    )
