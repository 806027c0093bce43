"""What a warehouse promises of a batch: all of it or nothing, once, and by the right run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from flows.connectors.bookmarks import Bookmark
from flows.warehouse.warehouse import Fenced, Unaccounted, Warehouse
from tests.flows.batches import (
    NOON,
    OUTLET,
    TILLS,
    Row,
    batch_of,
)
from tests.flows.engines import Place

A = Row("1", "A", NOON - timedelta(hours=2))
B = Row("1", "B", NOON - timedelta(hours=1))


@pytest.fixture
def warehouse(place: Place) -> Iterator[Warehouse]:
    with place.open() as opened:
        yield opened


def contents(place: Place, key: str = "1") -> list[str]:
    """What raw holds of a record, oldest first."""
    found = place.query(
        f"select payload from raw.shop__sale where record_key = '{key}'"
        " order by changed_at, extracted_at"
    )
    return [json.loads(payload)["is"] for (payload,) in found]


def test_a_record_that_turns_back_to_what_it_was_has_three_versions(
    place: Place, warehouse: Warehouse, tmp_path: Path
) -> None:
    back = Row("1", "A", NOON)

    for row in (A, B, back):
        warehouse.land(batch_of(row, folder=tmp_path), at=NOON)

    assert contents(place) == ["A", "B", "A"]


@pytest.mark.parametrize("shown", [(A, B), (B, A)])
def test_a_record_that_changed_while_it_was_paged_keeps_both_in_the_order_of_their_change(
    place: Place, warehouse: Warehouse, tmp_path: Path, shown: tuple[Row, Row]
) -> None:
    landed = warehouse.land(batch_of(*shown, folder=tmp_path), at=NOON)

    read_again = warehouse.land(batch_of(B, folder=tmp_path), at=NOON)

    assert (landed.new, landed.changed) == (1, 1)
    assert contents(place) == ["A", "B"]
    assert read_again.unchanged == 1


def test_of_two_contents_with_one_time_the_one_that_was_read_last_is_current(
    place: Place, warehouse: Warehouse, tmp_path: Path
) -> None:
    one, other = Row("1", "B", NOON), Row("1", "A", NOON)
    warehouse.land(batch_of(one, other, folder=tmp_path), at=NOON)

    again = warehouse.land(batch_of(other, folder=tmp_path), at=NOON)

    assert contents(place) == ["B", "A"]
    assert again.unchanged == 1


def test_a_date_in_the_future_gives_way_to_what_is_read_later(
    place: Place, warehouse: Warehouse, tmp_path: Path
) -> None:
    mistaken, corrected = Row("1", "A", NOON + timedelta(days=9000)), Row("1", "B", NOON)
    warehouse.land(batch_of(mistaken, folder=tmp_path), at=NOON)

    warehouse.land(batch_of(corrected, folder=tmp_path), at=NOON)

    assert contents(place) == ["A", "B"]


def test_a_source_whose_clock_was_set_back_does_not_undo_what_it_says_now(
    place: Place, warehouse: Warehouse, tmp_path: Path
) -> None:
    before, after = Row("1", "A", NOON), Row("1", "B", NOON - timedelta(hours=5))
    warehouse.land(batch_of(before, folder=tmp_path), at=NOON)

    warehouse.land(batch_of(after, folder=tmp_path), at=NOON)

    assert contents(place) == ["A", "B"]


def test_the_same_batch_lands_once(place: Place, warehouse: Warehouse, tmp_path: Path) -> None:
    batch = batch_of(A, B, folder=tmp_path, rejected=[("No id.", "{}")])
    first = warehouse.land(batch, at=NOON)

    second = warehouse.land(batch, at=NOON + timedelta(hours=1))

    assert second == first
    assert contents(place) == ["A", "B"]
    assert len(warehouse.ledger()) == 1


def test_two_connections_may_use_one_key_for_different_things(
    place: Place, warehouse: Warehouse, tmp_path: Path
) -> None:
    warehouse.land(batch_of(A, folder=tmp_path, connection=TILLS), at=NOON)

    landed = warehouse.land(batch_of(A, folder=tmp_path, connection=OUTLET), at=NOON)

    assert landed.new == 1


def test_a_rejected_record_keeps_its_text_and_the_reason(place: Place, tmp_path: Path) -> None:
    with place.open() as warehouse:
        landed = warehouse.land(
            batch_of(A, folder=tmp_path, rejected=[("No id.", '{"x": 1.10}')]), at=NOON
        )

    assert (landed.new, landed.rejected, landed.extracted) == (1, 1, 2)
    assert place.query("select reason, payload from raw.rejects") == [("No id.", '{"x": 1.10}')]


def test_a_record_lost_on_the_way_lands_nothing(place: Place, tmp_path: Path) -> None:
    with (
        place.open() as warehouse,
        pytest.raises(Unaccounted, match=r"^3 records of sale were read, and 2 reached"),
    ):
        warehouse.land(batch_of(A, B, folder=tmp_path, records=3), at=NOON)

    assert place.query("select count(*) from raw.shop__sale") == [(0,)]
    assert place.query("select count(*) from raw.batches") == [(0,)]


def test_the_bookmark_is_the_newest_change_that_landed(
    place: Place, warehouse: Warehouse, tmp_path: Path
) -> None:
    landed = warehouse.land(batch_of(B, A, folder=tmp_path), at=NOON)

    assert landed.bookmark.moment == B.changed_at
    assert warehouse.known(connection_id=TILLS).bookmark("sale").moment == B.changed_at
    assert warehouse.known(connection_id=OUTLET).bookmark("sale") == Bookmark()


def test_the_bookmark_never_falls(place: Place, warehouse: Warehouse, tmp_path: Path) -> None:
    warehouse.land(batch_of(B, folder=tmp_path), at=NOON)

    for batch in (batch_of(A, folder=tmp_path), batch_of(folder=tmp_path)):
        warehouse.land(batch, at=NOON)

    assert warehouse.known(connection_id=TILLS).bookmark("sale").moment == B.changed_at


def test_the_bookmark_never_runs_ahead_of_the_reading(
    place: Place, warehouse: Warehouse, tmp_path: Path
) -> None:
    """A till whose clock is fast must not hide what the others change until then."""
    rows = [Row("1", "A", NOON + timedelta(hours=20)), Row("2", "A", NOON - timedelta(hours=1))]

    landed = warehouse.land(batch_of(*rows, folder=tmp_path, extracted_at=NOON), at=NOON)

    assert landed.new == 2
    assert landed.bookmark.moment == NOON


def test_a_stream_without_times_of_change_has_no_bookmark(
    place: Place, warehouse: Warehouse, tmp_path: Path
) -> None:
    landed = warehouse.land(batch_of(Row("1", "A"), folder=tmp_path), at=NOON)

    assert landed.bookmark == Bookmark()


def test_a_run_that_a_later_one_has_overtaken_may_not_land(place: Place, tmp_path: Path) -> None:
    with place.open() as warehouse:
        warehouse.land(batch_of(B, folder=tmp_path, fence=2), at=NOON)

        with pytest.raises(Fenced):
            warehouse.land(batch_of(A, folder=tmp_path, fence=1), at=NOON)
        warehouse.land(batch_of(A, folder=tmp_path, fence=1, connection=OUTLET), at=NOON)

    landed = place.query("select connection_id from raw.shop__sale order by 1")
    assert landed == [(TILLS,), (OUTLET,)]


def test_a_clock_that_was_set_back_hides_no_landing(
    place: Place, warehouse: Warehouse, tmp_path: Path
) -> None:
    warehouse.land(batch_of(A, folder=tmp_path), at=NOON)
    published = warehouse.landed_through()
    assert published is not None

    warehouse.land(batch_of(B, folder=tmp_path), at=NOON - timedelta(hours=1))

    assert warehouse.landed_after(published) == ["shop__sale"]


def test_a_landing_that_brought_nothing_asks_for_no_build(
    place: Place, warehouse: Warehouse, tmp_path: Path
) -> None:
    warehouse.land(batch_of(A, folder=tmp_path), at=NOON)
    published = warehouse.landed_through()
    assert published is not None

    warehouse.land(batch_of(A, folder=tmp_path), at=NOON + timedelta(hours=1))

    assert warehouse.landed_through() == published
    assert warehouse.landed_after(published) == []


def test_two_streams_that_land_from_two_threads_land_as_one_after_the_other(
    place: Place, tmp_path: Path
) -> None:
    streams, tables = ["sale", "stock"], ["shop__sale", "shop__stock"]
    versions = [Row("1", f"V{hour}", NOON - timedelta(hours=3 - hour)) for hour in range(4)]
    batches = {
        stream: [batch_of(each, folder=tmp_path, stream=stream) for each in versions]
        for stream in streams
    }
    with place.open(*tables):
        pass

    def land(stream: str) -> list[tuple[int, int]]:
        counts = []
        for batch in batches[stream]:
            with place.warehouses.open(place.tenant) as warehouse:
                landed = warehouse.land(batch, at=NOON)
            counts.append((landed.new, landed.changed))
        return counts

    with ThreadPoolExecutor(2) as threads:
        counts = [*threads.map(land, streams)]

    assert counts == [[(1, 0), (0, 1), (0, 1), (0, 1)]] * 2
    assert contents(place) == ["V0", "V1", "V2", "V3"]
    with place.open(*tables) as warehouse:
        known = warehouse.known(connection_id=TILLS)
        assert {known.bookmark(stream).moment for stream in streams} == {NOON}
