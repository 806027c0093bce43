"""Whatever a source shows, in whatever order: each record is accounted for, each change is kept."""

from __future__ import annotations

import tempfile
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows.warehouse.duckdb import DuckDBWarehouse
from tests.flows.batches import NOON, OUTLET, TENANT, TILLS, Row, batch_of

MOMENTS = [NOON + timedelta(hours=hours) for hours in (-3, -2, -1, 0, 20, 30)]
Held = dict[tuple[str, str], str]

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


def in_raw(db: duckdb.DuckDBPyConnection, batch_id: str) -> list[tuple[str, str]]:
    statement = (
        "select record_key, payload from raw.shop__sale where batch_id = ? order by changed_at"
    )
    found: list[tuple[str, str]] = db.execute(statement, [batch_id]).fetchall()
    return found


def newest_in_raw(db: duckdb.DuckDBPyConnection) -> Held:
    """The content of each record with the latest moment, which no other content of it shares."""
    ties = db.execute(
        "select 1 from raw.shop__sale group by connection_id, record_key, changed_at"
        " having count(*) > 1"
    ).fetchall()
    assert ties == []
    newest = db.execute(
        "select connection_id, record_key, arg_max(content_hash, changed_at) from raw.shop__sale"
        " group by connection_id, record_key"
    ).fetchall()
    return {(connection, key): content for connection, key, content in newest}


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(history=st.lists(batches, min_size=1, max_size=5))
def test_extracted_is_new_and_changed_and_unchanged_and_rejected(
    history: list[tuple[str, list[Row], list[tuple[str, str]]]],
) -> None:
    held: Held = {}
    with duckdb.connect() as db, tempfile.TemporaryDirectory() as folder:
        warehouse = DuckDBWarehouse(db)
        warehouse.prepare(tenant=TENANT, tables=["shop__sale"], at=NOON)
        for number, (connection, shown, rejected) in enumerate(history):
            read_at = NOON + timedelta(minutes=number)
            known = {key for (owner, key) in held if owner == connection}
            batch = batch_of(
                *shown,
                folder=Path(folder),
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
            assert sorted(in_raw(db, batch.batch_id)) == sorted(
                (row.key, row.payload) for row in changes
            )
            assert newest_in_raw(db) == held
        total = db.execute("select sum(new + changed) from raw.batches").fetchone()
        assert total == db.execute("select count(*) from raw.shop__sale").fetchone()


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(shown=st.lists(rows, max_size=6))
def test_reading_the_same_again_adds_nothing(shown: list[Row]) -> None:
    """A record that changed while it was paged is shown only as it is now."""
    newest = {row.key: row for row in sorted(shown, key=lambda row: claimed(row, NOON))}
    with duckdb.connect() as db, tempfile.TemporaryDirectory() as folder:
        warehouse = DuckDBWarehouse(db)
        warehouse.prepare(tenant=TENANT, tables=["shop__sale"], at=NOON)
        warehouse.land(batch_of(*shown, folder=Path(folder)), at=NOON)
        before = db.execute("select * from raw.shop__sale order by all").fetchall()

        again = warehouse.land(batch_of(*newest.values(), folder=Path(folder)), at=NOON)

        assert not again.brought_something
        assert db.execute("select * from raw.shop__sale order by all").fetchall() == before
