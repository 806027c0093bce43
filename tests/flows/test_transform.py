"""What has to be built is decided by what landed; what fails its tests is seen by nobody."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from flows.connectors.catalog import connector
from flows.dbt import TransformFailed
from flows.land import land
from flows.session import Session, now
from flows.transform import publish_all, raw_tables, recipe_of, transform_all, work_to_do
from tests.flows.batches import Row, batch_of
from tests.flows.fake_portal import Desk, FakePortal
from tests.flows.publications import copy_of, current, lake_of, manifest_of, revenue
from tests.flows.shop import CHARLIES, desk_of, session_of
from tests.flows.watching import Watched
from tests.simulators.process import Simulator

Tried = tuple[Session, Desk, Path]


@pytest.fixture
def tried(synced: Watched, portal: FakePortal, tmp_path: Path) -> Iterator[Tried]:
    """A new run after the first publication, on a copy."""
    desk, home = copy_of(synced, tmp_path)
    with session_of(desk, portal=portal, home=home) as session:
        yield session, desk, home


def land_country(session: Session, folder: Path, payload: str, *, minutes: int) -> None:
    """Land a country as a till would that says this of it."""
    row = Row("zz", payload, now() + timedelta(minutes=minutes))
    made = batch_of(row, folder=folder, extracted_at=now())
    batch = replace(
        made,
        tenant_id=session.job.tenant.code,
        connection_id=session.job.connection.code,
        connector="prohandel",
        stream="country",
        fence=session.job.fence,
    )
    with session.warehouses.open(session.job.tenant) as warehouse:
        warehouse.land(batch, at=now())


def test_nothing_new_needs_no_build(tried: Tried) -> None:
    session, _, _ = tried

    assert work_to_do(session) is None


def test_reading_what_is_known_needs_no_build(tried: Tried) -> None:
    session, _, _ = tried
    land("size", session)

    assert work_to_do(session) is None


def test_only_what_something_new_landed_in_is_built(tried: Tried, tmp_path: Path) -> None:
    session, _, _ = tried
    land_country(session, tmp_path, "new", minutes=0)

    work = work_to_do(session)

    assert work is not None
    assert (work.tables, work.full_refresh) == (["prohandel__country"], False)


@pytest.mark.parametrize(
    ("setting", "value"), [("time_zone", "Europe/Lisbon"), ("currency", "CHF"), ("country", "AT")]
)
def test_a_setting_that_the_numbers_depend_on_has_everything_rebuilt(
    synced: Watched, portal: FakePortal, tmp_path: Path, setting: str, value: str
) -> None:
    desk, home = copy_of(synced, tmp_path)
    desk.tenant[setting] = value

    with session_of(desk, portal=portal, home=home) as session:
        work = work_to_do(session)

    assert work is not None
    assert (work.tables, work.full_refresh) == (None, True)


def test_a_new_name_of_the_tenant_has_nothing_rebuilt(
    synced: Watched, portal: FakePortal, tmp_path: Path
) -> None:
    desk, home = copy_of(synced, tmp_path)
    desk.tenant["name"] = "Charlie & Sons"

    with session_of(desk, portal=portal, home=home) as session:
        assert work_to_do(session) is None


def test_other_transforms_have_everything_rebuilt(tried: Tried) -> None:
    session, desk, home = tried
    manifest = manifest_of(desk, home)
    manifest["transforms"] = "of an earlier release"
    folder = lake_of(desk, home) / "publications" / current(desk, home)
    (folder / "manifest.json").write_text(json.dumps(manifest))

    work = work_to_do(session)

    assert work is not None
    assert (work.tables, work.full_refresh) == (None, True)


def test_where_nothing_was_published_everything_is_built_anew(tried: Tried) -> None:
    session, desk, home = tried
    (lake_of(desk, home) / "publications/current.json").unlink()

    work = work_to_do(session)

    assert work is not None
    assert (work.tables, work.full_refresh) == (None, True)


def test_where_nothing_landed_nothing_is_built(
    portal: FakePortal, till: Simulator, tmp_path: Path
) -> None:
    desk = desk_of(CHARLIES, till)
    with session_of(desk, portal=portal, home=tmp_path) as session:
        assert work_to_do(session) is None


def test_a_number_that_fails_its_test_is_held_back(tried: Tried, tmp_path: Path) -> None:
    session, desk, home = tried
    before = current(desk, home)
    land_country(session, tmp_path, "a country without its number", minutes=0)
    work = work_to_do(session)
    assert work is not None

    with pytest.raises(TransformFailed) as failure:
        transform_all(work, session)

    assert str(failure.value).startswith(
        "The new numbers are held back: 1 row of std_countries failed the check"
        " nothing_is_unreadable."
    )
    assert str(failure.value).endswith(
        "The last good numbers stay; an operator has to look into it."
    )
    assert current(desk, home) == before
    assert work_to_do(session) == work


def test_after_a_failed_build_of_other_transforms_everything_is_rebuilt(
    tried: Tried, tmp_path: Path
) -> None:
    session, _, _ = tried
    other = replace(recipe_of(session), transforms="of another release")
    with session.warehouses.open(session.job.tenant) as warehouse:
        warehouse.begin_build(other, is_whole=True, at=now())
    land_country(session, tmp_path, "new", minutes=0)

    work = work_to_do(session)

    assert work is not None
    assert (work.tables, work.full_refresh) == (None, True)


def test_another_connector_asks_for_a_whole_build_of_both(tried: Tried, tmp_path: Path) -> None:
    session, desk, home = tried
    till = session.connector
    session.connector = connector("connectwise")
    with session.warehouses.open(session.job.tenant) as warehouse:
        warehouse.prepare(tenant=session.job.tenant, tables=raw_tables(session), at=now())

    work = work_to_do(session)

    assert work is not None
    assert (work.tables, work.full_refresh) == (None, True)
    nodes = {node.name for node in transform_all(work, session)}
    assert {"stg_connectwise__tickets", "stg_prohandel__sales"} <= nodes
    assert not {name for name in nodes if "salesforce" in name}
    publish_all(work, session)
    settings = manifest_of(desk, home, current(desk, home))["settings"]
    assert settings["connectors"] == "connectwise,prohandel"
    # The till's next run builds the desk's models, too: they stay in the views.
    session.connector = till
    assert work_to_do(session) is None
    assert "connectwise__tickets" in raw_tables(session)


def test_raw_tables_are_those_of_the_connectors_in_use(tried: Tried) -> None:
    session, _, _ = tried

    assert {table.partition("__")[0] for table in raw_tables(session)} == {"prohandel"}


def test_a_build_is_noted_before_it_begins(
    tried: Tried, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, _, _ = tried
    land_country(session, tmp_path, "new", minutes=0)
    work = work_to_do(session)
    assert work is not None
    recipe = recipe_of(session)
    monkeypatch.setattr("flows.transform.transforms_version", lambda: "of another release")
    session.dbt_folder = tmp_path / "a file"
    session.dbt_folder.write_text("where dbt cannot write")

    with pytest.raises(OSError, match="a file"):
        transform_all(work, session)

    with session.warehouses.open(session.job.tenant) as warehouse:
        assert not warehouse.is_built_by(recipe)


def test_an_increment_publishes_the_new_truth(tried: Tried, till: Simulator) -> None:
    session, desk, home = tried
    before = current(desk, home)
    till.advance(days=1, company=CHARLIES.name)
    for name in ("sale", "article", "articlesize", "customer"):
        land(name, session)
    work = work_to_do(session)
    assert work is not None
    assert work.tables is not None
    assert "prohandel__sale" in work.tables

    nodes = transform_all(work, session)
    publication = publish_all(work, session)

    truth = till.truth(CHARLIES.name)["currencies"]["EUR"]["total"]
    assert revenue(desk, home) == Decimal(truth["revenue"])
    assert current(desk, home) == publication != before
    assert "std_suppliers" not in {node.name for node in nodes}
    assert {node.kind for node in nodes} >= {"model", "test"}
    assert work_to_do(session) is None
