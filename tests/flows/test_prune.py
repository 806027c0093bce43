"""What goes at night, and above all what does not."""

from __future__ import annotations

import json
import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from flows.lake.lake import Lake
from flows.parts import lake_at
from flows.portal import TenantPlace
from flows.prune import prune_publications, prune_raw, prune_work
from flows.warehouse.warehouse import LedgerLine
from tests.flows.batches import NOON, TENANT, TILLS
from tests.flows.publications import publication_at

ALICE = TenantPlace(TENANT.code, TENANT.slug, "DUCKDB")
CHARLIE = TenantPlace("c4a211e0-0000-4000-8000-000000000003", "charlie-sport", "DUCKDB")
OLD = NOON - timedelta(days=40)
OUTLET = "0d000000-0000-4000-8000-000000000002"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return lake_at(str(tmp_path / "lake"))


def point_at(lake: Lake, name: str) -> None:
    text = json.dumps({"publication": name})
    lake.replace(text=text, key=f"{ALICE.code}/publications/current.json")


def kept(lake: Lake, tenant: str = ALICE.code) -> list[str]:
    return lake.folders(f"{tenant}/publications")


def age(path: Path, at: datetime) -> None:
    os.utime(path, (at.timestamp(), at.timestamp()))


def test_the_newest_thirty_stay_however_old(lake: Lake) -> None:
    names = [publication_at(lake, OLD - timedelta(days=number)) for number in range(33)]
    point_at(lake, names[0])

    removed = prune_publications(lake, tenant=ALICE.code, at=NOON)

    assert sorted(removed) == sorted(names[30:])
    assert kept(lake) == sorted(names[:30])


def test_what_is_younger_than_a_week_stays_however_many(lake: Lake) -> None:
    names = [publication_at(lake, NOON - timedelta(hours=5 * number)) for number in range(40)]

    removed = prune_publications(lake, tenant=ALICE.code, at=NOON)

    week = [name for number, name in enumerate(names) if 5 * number <= 7 * 24]
    assert len(week) == 34
    assert kept(lake) == sorted(week)
    assert len(removed) == 6


def test_the_current_one_stays_even_if_it_is_the_oldest(lake: Lake) -> None:
    names = [publication_at(lake, OLD - timedelta(days=number)) for number in range(40)]
    point_at(lake, names[-1])

    prune_publications(lake, tenant=ALICE.code, at=NOON)

    assert names[-1] in kept(lake)


def test_one_that_was_never_finished_goes_after_a_day(lake: Lake) -> None:
    torn = publication_at(lake, NOON - timedelta(days=1, minutes=1), whole=False)
    going_on = publication_at(lake, NOON - timedelta(hours=1), whole=False)

    removed = prune_publications(lake, tenant=ALICE.code, at=NOON)

    assert removed == [torn]
    assert kept(lake) == [going_on]


def test_a_folder_that_is_no_publication_is_left_alone(lake: Lake) -> None:
    lake.replace(text="x", key=f"{ALICE.code}/publications/by-hand/note.txt")

    assert prune_publications(lake, tenant=ALICE.code, at=NOON) == []
    assert kept(lake) == ["by-hand"]


def raw_key(at: datetime, name: str) -> str:
    return f"{ALICE.code}/raw/shop/sale/{at:%Y%m%dT%H%M%S%fZ}-{TILLS[:8]}-{name}.parquet"


def line(connection: str, table: str, hours: int) -> LedgerLine:
    """A landing so many hours after the old file was written."""
    return LedgerLine(connection, table, landed_at=OLD + timedelta(hours=hours), file=None)


@pytest.mark.parametrize(
    ("ledger", "goes"),
    [
        pytest.param([], False, id="after the loss of a warehouse"),
        pytest.param([line(TILLS, "shop__sale", -1)], False, id="nothing has landed since"),
        pytest.param([line(TILLS, "shop__sale", 1)], False, id="no ledger was kept then"),
        pytest.param(
            [line(TILLS, "shop__branch", hours) for hours in (-1, 1)],
            False,
            id="another stream has landed since",
        ),
        pytest.param(
            [line(OUTLET, "shop__sale", -1), line(TILLS, "shop__sale", 1)],
            False,
            id="only another connection kept a ledger then",
        ),
        pytest.param(
            [line(TILLS, "shop__sale", -1), line(OUTLET, "shop__sale", 1)],
            False,
            id="only another connection has landed since",
        ),
        pytest.param(
            [line(TILLS, "shop__sale", hours) for hours in (-1, 1)],
            True,
            id="the stream has landed since",
        ),
    ],
)
def test_a_raw_file_goes_only_when_what_was_in_it_has_come_again(
    lake: Lake, ledger: list[LedgerLine], goes: bool
) -> None:
    orphan = raw_key(OLD, "orphan")
    lake.replace(text="PAR1", key=orphan)

    removed = prune_raw(lake, keys=[orphan], ledger=ledger)

    assert removed == ([orphan] if goes else [])
    assert (lake.read(orphan) is None) == goes


def test_a_raw_file_that_names_no_connection_stays(lake: Lake) -> None:
    key = f"{ALICE.code}/raw/shop/sale/{OLD:%Y%m%dT%H%M%S%fZ}-0123abcd.parquet"
    lake.replace(text="PAR1", key=key)
    ledger = [line(TILLS, "shop__sale", hours) for hours in (-1, 1)]

    assert prune_raw(lake, keys=[key], ledger=ledger) == []


def test_work_of_dead_runs_goes_and_that_of_living_ones_stays(tmp_path: Path) -> None:
    # A folder is as old as the newest file in it: reading a large stream takes a while.
    for name, moment in (("dead", OLD), ("living", NOON)):
        file = tmp_path / name / "sale" / "sale.ndjson"
        file.parent.mkdir(parents=True)
        file.write_text("{}")
        age(file, moment)
        age(file.parent, OLD)
        age(file.parent.parent, OLD)

    removed = prune_work(tmp_path, at=NOON)

    assert removed == ["dead"]
    assert [path.name for path in tmp_path.iterdir()] == ["living"]


def test_a_worker_that_never_worked_has_nothing_to_remove(tmp_path: Path) -> None:
    assert prune_work(tmp_path / "work", at=NOON) == []
