"""What readers see: one whole publication or the one before it, with true numbers in it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from flows.dbt import published_views, transforms_version
from flows.land import land
from flows.parts import lake_at
from flows.session import Session, now
from flows.transform import Work, publish_all
from flows.warehouse.warehouse import Fenced
from tests.flows.fake_portal import Desk, FakePortal
from tests.flows.publications import copy_of, current, hashes, lake_of, manifest_of, revenue
from tests.flows.shop import session_of
from tests.flows.watching import Watched

VIEWS = {
    "daily_ticket_summary",
    "daily_sales_summary",
    "customer_insights",
    "product_performance",
    "inventory_status",
    "shop_performance",
    "business_dashboard",
}


class WatchedLake:
    """The real lake, with a look at what is current after each step; may fail at a step."""

    def __init__(self, lake: Any, desk: Desk, fails_at: str = "") -> None:
        self._lake, self._fails_at = lake, fails_at
        self._pointer = f"{desk.tenant['code']}/publications/current.json"
        self.steps: list[tuple[str, str | None]] = []

    def put(self, *, source: Path, key: str) -> None:
        self._step(key)
        self._lake.put(source=source, key=key)
        self.steps.append((key, self._lake.read(self._pointer)))

    def replace(self, *, text: str, key: str) -> None:
        self._step(key)
        self._lake.replace(text=text, key=key)
        self.steps.append((key, self._lake.read(self._pointer)))

    def _step(self, key: str) -> None:
        if self._fails_at and key.endswith(self._fails_at):
            raise OSError("The disk is full.")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._lake, name)


def all_of_it(session: Session) -> Work:
    with session.warehouses.open(session.job.tenant) as warehouse:
        landed_through = warehouse.landed_through()
    assert landed_through is not None
    return Work(tables=None, full_refresh=False, landed_through=landed_through)


def test_the_published_revenue_is_what_the_till_says(synced: Watched) -> None:
    expected = Decimal(synced.truth["currencies"]["EUR"]["total"]["revenue"])

    assert revenue(synced.desk, synced.home) == expected


def test_the_manifest_describes_every_file(synced: Watched) -> None:
    manifest = manifest_of(synced.desk, synced.home)
    folder = lake_of(synced.desk, synced.home) / "publications" / manifest["publication"]

    assert set(manifest["views"]) == VIEWS
    assert {file.name for file in folder.iterdir()} == {f"{view}.parquet" for view in VIEWS} | {
        "manifest.json"
    }
    for view in manifest["views"].values():
        content = (folder / view["file"]).read_bytes()
        assert view["bytes"] == len(content)
        assert view["sha256"] == hashlib.sha256(content).hexdigest()
        assert view["description"]
        with duckdb.connect() as db:
            found = db.execute("select * from read_parquet(?)", [str(folder / view["file"])])
            names = [column[0] for column in found.description or []]
            assert view["rows"] == len(found.fetchall())
        assert [column["name"] for column in view["columns"]] == names
        assert all(column["type"] and column["description"] for column in view["columns"])


def test_the_manifest_says_from_what_it_was_made(synced: Watched) -> None:
    manifest = manifest_of(synced.desk, synced.home)

    assert manifest["format"] == 1
    assert manifest["publication"] == synced.end["publication"]
    assert re.fullmatch(r"\d{8}T\d{6}Z-[0-9a-f]{8}", manifest["publication"])
    assert manifest["tenant"] == synced.desk.tenant["code"]
    assert manifest["run"] == synced.desk.runs[0]
    assert manifest["transforms"] == transforms_version()
    assert datetime.fromisoformat(manifest["published_at"]).utcoffset() == timedelta(0)
    assert datetime.fromisoformat(manifest["landed_through"]) < now()
    streams = {each["stream"]: each for each in manifest["streams"]}
    assert len(streams) == 18
    assert streams["sale"]["records"] == 120
    assert streams["sale"]["bookmark"] == synced.streams["sale"]["bookmark"]
    assert streams["order"]["bookmark"] is None


def test_readers_see_the_old_publication_until_the_last_step(
    synced: Watched, portal: FakePortal, tmp_path: Path
) -> None:
    desk, home = copy_of(synced, tmp_path)
    before = current(desk, home)

    with session_of(desk, portal=portal, home=home) as session:
        watched: Any = WatchedLake(session.lake, desk)
        session.lake = watched
        publication = publish_all(all_of_it(session), session)

    keys = [key.rpartition("/")[2] for key, _ in watched.steps]
    assert set(keys[:-2]) == {f"{view}.parquet" for view in VIEWS}
    assert keys[-2:] == ["manifest.json", "current.json"]
    assert {seen for _, seen in watched.steps[:-1]} == {f'{{"publication": "{before}"}}'}
    assert current(desk, home) == publication


@pytest.mark.parametrize("step", ["shop_performance.parquet", "manifest.json", "current.json"])
def test_a_publication_that_fails_half_way_is_seen_by_nobody(
    synced: Watched, portal: FakePortal, tmp_path: Path, step: str
) -> None:
    desk, home = copy_of(synced, tmp_path)
    before = current(desk, home)

    with session_of(desk, portal=portal, home=home) as session:
        failing: Any = WatchedLake(session.lake, desk, fails_at=step)
        session.lake = failing
        with pytest.raises(OSError, match="full"):
            publish_all(all_of_it(session), session)

    assert current(desk, home) == before


def test_publishing_the_same_again_gives_the_same_files(
    synced: Watched, portal: FakePortal, tmp_path: Path
) -> None:
    desk, home = copy_of(synced, tmp_path)

    with session_of(desk, portal=portal, home=home) as session:
        publication = publish_all(all_of_it(session), session)

    assert publication != synced.end["publication"]
    assert hashes(desk, home) == hashes(desk, home, synced.end["publication"])


def test_an_earlier_publication_is_never_written_over(
    synced: Watched, portal: FakePortal, tmp_path: Path
) -> None:
    desk, home = copy_of(synced, tmp_path)
    lake = lake_at(str(home / "lake"))
    prefix = f"{desk.tenant['code']}/publications/{current(desk, home)}"
    before = [(file.key, file.written_at) for file in lake.files(prefix)]

    with session_of(desk, portal=portal, home=home) as session:
        publish_all(all_of_it(session), session)

    assert [(file.key, file.written_at) for file in lake.files(prefix)] == before


def test_what_shows_more_is_never_replaced_by_what_shows_less(
    synced: Watched, portal: FakePortal, tmp_path: Path
) -> None:
    desk, home = copy_of(synced, tmp_path)
    before = current(desk, home)

    with session_of(desk, portal=portal, home=home) as session:
        work = all_of_it(session)
        overtaken = replace(work, landed_through=work.landed_through - timedelta(microseconds=1))
        with pytest.raises(Fenced, match="has published more"):
            publish_all(overtaken, session)

    assert current(desk, home) == before
    assert len(list((lake_of(desk, home) / "publications").iterdir())) == 2


def test_a_run_that_a_later_one_has_overtaken_publishes_nothing(
    synced: Watched, portal: FakePortal, tmp_path: Path
) -> None:
    desk, home = copy_of(synced, tmp_path)
    before = current(desk, home)

    with session_of(desk, portal=portal, home=home) as session:
        with session_of(desk, portal=portal, home=home) as later:
            land("size", later)
        with pytest.raises(Fenced, match="A later run of this connection has begun"):
            publish_all(all_of_it(session), session)

    assert current(desk, home) == before


def test_only_models_marked_as_published_are(synced: Watched) -> None:
    views = published_views(synced.home / "dbt" / synced.desk.tenant["code"])

    assert {view.name for view in views} == VIEWS
