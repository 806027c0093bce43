"""The connector against a whole ProHandel cloud of its own process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec
import pytest

from flows.connectors.catalog import connector
from flows.connectors.probe import Outcome, probe
from flows.connectors.reader import Reader
from flows.connectors.records import strip
from tests.connectors import shop

PROHANDEL = connector("prohandel")
MARK = b"PII-CANARY"


@pytest.fixture(scope="module")
def cloud() -> Iterator[str]:
    command = [
        *(sys.executable, "-m", "tests.simulators.prohandel", "--port", "0"),
        *("--company", f"alice:{shop.KEY}:{shop.SECRET}:3000:7"),
        *("--forbid", "alice:staff", "--missing", "alice:order"),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ready = process.stdout.readline().split()
        assert ready[:1] == ["ready"], "The simulator did not start"
        yield ready[1]
        process.terminate()


def credentials(cloud: str) -> dict[str, str]:
    return {"api_key": shop.KEY, "api_secret": shop.SECRET, "auth_url": f"{cloud}/api/v4"}


def test_a_connection_to_a_cloud_is_tried(cloud: str) -> None:
    result = probe(
        PROHANDEL,
        credentials(cloud),
        allow_private=True,
        time_zone=shop.BERLIN,
        clock=lambda: datetime(2025, 6, 30, tzinfo=UTC),
        sleep=shop.Naps(),
    )

    assert result.problem is None
    assert result.streams["sale"].outcome == Outcome.READABLE
    assert result.streams["sale"].incremental
    assert result.streams["staff"].outcome == Outcome.FORBIDDEN
    assert result.streams["order"].outcome == Outcome.MISSING


def test_a_cloud_is_read_to_its_end_without_its_people(cloud: str) -> None:
    def clock() -> datetime:
        return datetime.now(UTC)

    with Reader(
        PROHANDEL,
        credentials(cloud),
        allow_private=True,
        time_zone=shop.BERLIN,
        clock=clock,
        sleep=shop.Naps(),
    ) as reader:
        for name in ("sale", "customer", "branch", "supplier"):
            stream = PROHANDEL.streams[name]
            records = [r for page in reader.pages(name, since=None) for r in page.records]
            landed = [
                strip(record, stream=stream, kept=frozenset(), pseudonym_key=b"k")
                for record in records
            ]
            keys = [msgspec.json.decode(record)["id"] for record in landed]
            assert len(set(keys)) == len(keys) > 0
            assert not [record for record in landed if MARK in record]
