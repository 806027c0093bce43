"""Whatever a source shows, in whatever order: each record is accounted for, each change is kept."""

from __future__ import annotations

import tempfile
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.flows.batches import NOON, OUTLET, TILLS, Row, batch_of
from tests.flows.engines import OnDuckDB, OnSnowflake, Place
from tests.simulators.snowflake.process import SnowflakeServer

MOMENTS = [NOON + timedelta(hours=hours) for hours in (-3, -2, -1, 0, 20, 30)]
Held = dict[tuple[str, str], str]
History = list[tuple[str, list[Row], list[tuple[str, str]]]]

rows = st.builds(
    Row,
    key=st.sampled_from("ab"),
    content=st.sampled_from("XYZ"),
    changed_at=st.one_of(st.none(), st.sampled_from(MOMENTS)),
)
batches = st.tuples(
    st.sampled_from([TILLS, OUTLET]),
    st.lists(rows, max_size=6),
    st.lists(st.tuples(st.just("No id."), st.just("{}")), max_size=2),
)
histories = st.lists(batches, min_size=1, max_size=5)


def claimed(row: Row, read_at: datetime) -> datetime:
    """When a record changed, as far as one can believe it: nothing changes in the future."""
    return min(row.changed_at or read_at, read_at)


def expected(shown: list[Row], held: Held, connection: str, read_at: datetime) -> list[Row]:
    """The changes among the rows of a batch, in their order; `held` learns of them."""
    changes = []
    for row in sorted(shown, key=lambda row: claimed(row, read_at)):
        place = connection, row.key
        if held.get(place) != row.content_hash:
            changes.append(row)
            held[place] = row.content_hash
    return changes


def in_raw(place: Place, batch_id: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = place.query(
        f"select record_key, payload from raw.shop__sale where batch_id = '{batch_id}'"
    )
    return found


def newest_in_raw(place: Place) -> Held:
    """The content of each record with the latest moment, which no other content of it shares."""
    ties = place.query(
        "select 1 from raw.shop__sale group by connection_id, record_key, changed_at"
        " having count(*) > 1"
    )
    assert ties == []
    newest = place.query(
        "select connection_id, record_key, content_hash from raw.shop__sale"
        " qualify row_number() over ("
        " partition by connection_id, record_key order by changed_at desc) = 1"
    )
    return {(connection, key): content for connection, key, content in newest}


def everything(place: Place) -> list[tuple[object, ...]]:
    return place.query(
        "select connection_id, record_key, batch_id, changed_at, payload from raw.shop__sale"
        " order by 1, 2, 4"
    )


def check_accounts(place: Place, history: History, folder: Path) -> None:
    held: Held = {}
    with place.open() as warehouse:
        for number, (connection, shown, rejected) in enumerate(history):
            read_at = NOON + timedelta(minutes=number)
            known = {key for (owner, key) in held if owner == connection}
            batch = batch_of(
                *shown,
                folder=folder,
                rejected=rejected,
                extracted_at=read_at,
                connection=connection,
            )

            landed = warehouse.land(batch, at=read_at)

            changes = expected(shown, held, connection, read_at)
            new = {row.key for row in shown} - known
            assert landed.extracted == len(shown) + len(rejected)
            assert landed.new == len(new)
            assert landed.changed == len(changes) - len(new)
            assert landed.unchanged == len(shown) - len(changes)
            assert landed.rejected == len(rejected)
            assert sorted(in_raw(place, batch.batch_id)) == sorted(
                (row.key, row.payload) for row in changes
            )
            assert newest_in_raw(place) == held
        total = place.query("select coalesce(sum(new + changed), 0) from raw.batches")
        assert total == place.query("select count(*) from raw.shop__sale")


@settings(max_examples=examples(12), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(history=histories)
def test_extracted_is_new_and_changed_and_unchanged_and_rejected(history: History) -> None:
    with tempfile.TemporaryDirectory() as folder:
        check_accounts(OnDuckDB(Path(folder)), history, Path(folder))


@settings(max_examples=examples(4), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(history=histories)
def test_snowflake_accounts_for_the_same(snowflake: SnowflakeServer, history: History) -> None:
    with tempfile.TemporaryDirectory() as folder:
        check_accounts(OnSnowflake(snowflake, Path(folder)), history, Path(folder))


@settings(
    max_examples=examples(5),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@pytest.mark.parametrize("engine", ["duckdb", "snowflake"])
@given(shown=st.lists(rows, max_size=6))
def test_reading_the_same_again_adds_nothing(
    snowflake: SnowflakeServer, engine: str, shown: list[Row]
) -> None:
    """A record that changed while it was paged is shown only as it is now."""
    newest = {row.key: row for row in sorted(shown, key=lambda row: claimed(row, NOON))}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        place = OnDuckDB(folder) if engine == "duckdb" else OnSnowflake(snowflake, folder)
        with place.open() as warehouse:
            warehouse.land(batch_of(*shown, folder=folder), at=NOON)
            before = everything(place)

            again = warehouse.land(batch_of(*newest.values(), folder=folder), at=NOON)

            assert not again.brought_something
            assert everything(place) == before
