"""What a source no longer has: marked after a whole listing, on either engine, never removed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.warehouse.deletes import Sweep, Swept
from flows.warehouse.warehouse import Batch, Landed, Warehouse
from tests.examples import examples
from tests.flows.batches import NOON, OUTLET, TILLS, Row, batch_of, warehouse_in
from tests.flows.engines import OnDuckDB, OnSnowflake, Place
from tests.simulators.snowflake.process import SnowflakeServer

DAY = timedelta(days=1)
NEWEST = """
    select record_key, payload, content_hash = 'deleted'
    from raw.shop__sale
    where connection_id = '{connection}'
    qualify row_number() over (partition by record_key order by changed_at desc) = 1
    order by record_key
"""


@pytest.fixture
def warehouse(place: Place) -> Iterator[Warehouse]:
    with place.open() as opened:
        yield opened


def rows_of(keys: str, *, content: str = "A") -> list[Row]:
    return [Row(key, content, NOON - DAY) for key in keys]


def listing(
    keys: str,
    folder: Path,
    *,
    day: int = 0,
    blocked_above: int = 50,
    allowed: int = 0,
    content: str = "A",
    rejected: Sequence[tuple[str, str]] = (),
    beginning: datetime | None = None,
    connection: str = TILLS,
) -> Batch:
    """A stream read in full on a day: one record for each letter."""
    batch = batch_of(
        *rows_of(keys, content=content),
        folder=folder,
        rejected=rejected,
        extracted_at=NOON + day * DAY,
        connection=connection,
    )
    sweep = Sweep(
        listed=batch.records, blocked_above=blocked_above, allowed=allowed, beginning=beginning
    )
    return replace(batch, sweep=sweep)


def increment(keys: str, listed: str, folder: Path, *, day: int, content: str = "A") -> Batch:
    """What changed on a day, with a list of the ids that there are."""
    batch = batch_of(*rows_of(keys, content=content), folder=folder, extracted_at=NOON + day * DAY)
    ids = batch_of(*rows_of(listed), folder=folder)
    sweep = Sweep(listed=len(listed), blocked_above=50, file=ids.file)
    return replace(batch, sweep=sweep)


def swept(landed: Landed) -> Swept:
    assert landed.swept is not None
    return landed.swept


def alive(place: Place, connection: str = TILLS) -> str:
    found = place.query(NEWEST.format(connection=connection))
    return "".join(key for key, _, is_gone in found if not is_gone)


def history(place: Place, key: str) -> list[tuple[datetime, bool]]:
    found = place.query(
        "select changed_at, content_hash = 'deleted' from raw.shop__sale"
        f" where record_key = '{key}' order by changed_at"
    )
    return [(moment.replace(tzinfo=UTC), is_gone) for moment, is_gone in found]


def test_what_a_whole_listing_does_not_name_is_gone_since_then(
    place: Place, warehouse: Warehouse, tmp_path: Path
) -> None:
    warehouse.land(listing("abc", tmp_path), at=NOON)

    landed = warehouse.land(listing("ac", tmp_path, day=1), at=NOON + DAY)

    assert alive(place) == "ac"
    assert history(place, "b") == [(NOON - DAY, False), (NOON + DAY, True)]
    assert swept(landed) == Swept(held=3, missing=1, deleted=1, returned=0)
    assert (landed.extracted, landed.unchanged, landed.new + landed.changed) == (2, 2, 0)
    assert landed.brought_something
    assert warehouse.landed_after(NOON) == ["shop__sale"]


def test_the_mark_keeps_what_the_record_said_last(
    place: Place, warehouse: Warehouse, tmp_path: Path
) -> None:
    warehouse.land(listing("ab", tmp_path, content="A"), at=NOON)
    warehouse.land(listing("ab", tmp_path, day=1, content="B"), at=NOON + DAY)

    warehouse.land(listing("a", tmp_path, day=2, content="B"), at=NOON + 2 * DAY)

    found = place.query(NEWEST.format(connection=TILLS))
    assert [(key, json.loads(payload)["is"]) for key, payload, _ in found] == [
        ("a", "B"),
        ("b", "B"),
    ]


def test_what_is_gone_is_marked_once(place: Place, warehouse: Warehouse, tmp_path: Path) -> None:
    for day, keys in enumerate(("ab", "a", "a")):
        landed = warehouse.land(listing(keys, tmp_path, day=day), at=NOON + day * DAY)

    assert swept(landed) == Swept(held=1, missing=0, deleted=0, returned=0)
    assert not landed.brought_something
    assert len(history(place, "b")) == 2


def test_a_record_that_comes_back_as_it_was_is_changed_and_alive_since_then(
    place: Place, warehouse: Warehouse, tmp_path: Path
) -> None:
    for day, keys in enumerate(("ab", "a", "ab")):
        landed = warehouse.land(listing(keys, tmp_path, day=day), at=NOON + day * DAY)

    assert (landed.new, landed.changed, landed.unchanged) == (0, 1, 1)
    assert history(place, "b")[1:] == [(NOON + DAY, True), (NOON + 2 * DAY, False)]
    assert alive(place) == "ab"


def test_more_than_may_vanish_at_once_holds_all_marks_back(
    place: Place, warehouse: Warehouse, tmp_path: Path
) -> None:
    warehouse.land(listing("abcd", tmp_path), at=NOON)

    landed = warehouse.land(listing("axyz", tmp_path, day=1), at=NOON + DAY)

    assert swept(landed) == Swept(held=4, missing=3, deleted=0, returned=0)
    assert landed.new == 3
    assert alive(place) == "abcdxyz"


def test_as_much_as_may_vanish_at_once_is_marked(
    place: Place, warehouse: Warehouse, tmp_path: Path
) -> None:
    warehouse.land(listing("abcd", tmp_path), at=NOON)

    warehouse.land(listing("ab", tmp_path, day=1), at=NOON + DAY)

    assert alive(place) == "ab"


@pytest.mark.parametrize(("allowed", "left"), [(0, "abcd"), (1, "a")])
def test_what_somebody_let_pass_does_not_count(
    place: Place, warehouse: Warehouse, tmp_path: Path, allowed: int, left: str
) -> None:
    warehouse.land(listing("abcd", tmp_path), at=NOON)

    warehouse.land(listing("a", tmp_path, day=1, allowed=allowed), at=NOON + DAY)

    assert alive(place) == left


@pytest.mark.parametrize(("allowed", "left"), [(0, "ab"), (1, "ab"), (2, "")])
def test_an_empty_listing_marks_nothing_unless_somebody_let_all_of_it_pass(
    place: Place, warehouse: Warehouse, tmp_path: Path, allowed: int, left: str
) -> None:
    warehouse.land(listing("ab", tmp_path), at=NOON)
    empty = listing("", tmp_path, day=1, blocked_above=100, allowed=allowed)

    landed = warehouse.land(empty, at=NOON + DAY)

    assert alive(place) == left
    assert swept(landed).missing == 2


def test_a_rejected_record_could_be_any_so_nothing_is_marked(
    place: Place, warehouse: Warehouse, tmp_path: Path
) -> None:
    warehouse.land(listing("abc", tmp_path), at=NOON)
    spoiled = listing("ab", tmp_path, day=1, rejected=[("No id.", "{}")])

    landed = warehouse.land(spoiled, at=NOON + DAY)

    assert swept(landed) == Swept(held=3, missing=1, deleted=0, returned=0)
    assert alive(place) == "abc"


def test_what_changed_before_the_beginning_stays(
    place: Place, warehouse: Warehouse, tmp_path: Path
) -> None:
    warehouse.land(listing("abc", tmp_path), at=NOON)

    landed = warehouse.land(listing("ab", tmp_path, day=1, beginning=NOON), at=NOON + DAY)

    assert swept(landed) == Swept(held=0, missing=0, deleted=0, returned=0)
    assert alive(place) == "abc"


def test_the_listing_of_one_connection_says_nothing_of_another(
    place: Place, warehouse: Warehouse, tmp_path: Path
) -> None:
    warehouse.land(listing("ab", tmp_path, connection=OUTLET), at=NOON)
    warehouse.land(listing("ab", tmp_path), at=NOON)

    warehouse.land(listing("a", tmp_path, day=1), at=NOON + DAY)

    assert (alive(place), alive(place, OUTLET)) == ("a", "ab")


def test_what_changed_is_no_listing(place: Place, warehouse: Warehouse, tmp_path: Path) -> None:
    warehouse.land(batch_of(*rows_of("ab"), folder=tmp_path), at=NOON)

    landed = warehouse.land(batch_of(*rows_of("a"), folder=tmp_path), at=NOON + DAY)

    assert landed.swept is None
    assert alive(place) == "ab"


def test_a_list_of_ids_beside_what_changed_marks_what_is_in_neither(
    place: Place, warehouse: Warehouse, tmp_path: Path
) -> None:
    warehouse.land(batch_of(*rows_of("abcd"), folder=tmp_path), at=NOON)

    landed = warehouse.land(increment("e", "abc", tmp_path, day=1), at=NOON + DAY)

    assert alive(place) == "abce"
    assert swept(landed) == Swept(held=4, missing=1, deleted=1, returned=0)


def test_an_id_that_is_listed_again_has_what_it_said_last(
    place: Place, warehouse: Warehouse, tmp_path: Path
) -> None:
    warehouse.land(batch_of(*rows_of("abc"), folder=tmp_path), at=NOON)
    warehouse.land(increment("", "ab", tmp_path, day=1), at=NOON + DAY)

    landed = warehouse.land(increment("", "abc", tmp_path, day=2), at=NOON + 2 * DAY)

    assert swept(landed) == Swept(held=2, missing=0, deleted=0, returned=1)
    assert landed.brought_something
    assert history(place, "c")[1:] == [(NOON + DAY, True), (NOON + 2 * DAY, False)]
    assert warehouse.land(batch_of(*rows_of("abc"), folder=tmp_path), at=NOON).unchanged == 3


def test_an_account_that_is_asked_for_again_knows_what_was_marked(
    place: Place, warehouse: Warehouse, tmp_path: Path
) -> None:
    warehouse.land(listing("ab", tmp_path), at=NOON)
    batch = increment("c", "a", tmp_path, day=1)
    first = warehouse.land(batch, at=NOON + DAY)

    again = warehouse.land(batch, at=NOON + DAY)

    assert again == first
    assert swept(first).deleted == 1
    assert len(history(place, "b")) == 2


def test_the_same_listing_is_asked_about_again_after_it_was_held_back(
    place: Place, warehouse: Warehouse, tmp_path: Path
) -> None:
    warehouse.land(listing("abc", tmp_path), at=NOON)
    warehouse.land(listing("a", tmp_path, day=1), at=NOON + DAY)

    landed = warehouse.land(listing("a", tmp_path, day=2, allowed=1), at=NOON + 2 * DAY)

    assert swept(landed).deleted == 2
    assert alive(place) == "a"


def test_a_ledger_from_before_deletes_learns_of_them(tmp_path: Path) -> None:
    with warehouse_in(tmp_path) as warehouse:
        warehouse.land(listing("ab", tmp_path), at=NOON)
        for name in ("held", "missing", "deleted", "returned"):
            warehouse._rows(f"alter table raw.batches drop column {name}")

    with warehouse_in(tmp_path) as warehouse:
        warehouse.land(listing("a", tmp_path, day=1), at=NOON + DAY)

        assert warehouse._rows("select held, deleted from raw.batches order by landed_at") == [
            (None, None),
            (2, 1),
        ]


def moved(source: Warehouse, target: Warehouse, folder: Path) -> None:
    """Every table of raw, as a tenant takes it to another engine."""
    for table, columns in source.raw_tables().items():
        file = folder / f"{table}.parquet"
        source.copy_out(table, columns=columns, file=file)
        target.copy_in(table, columns=columns, file=file)


def test_a_mark_moves_to_another_engine_and_back(
    snowflake: SnowflakeServer, tmp_path: Path
) -> None:
    (tmp_path / "back").mkdir()
    here, there = OnDuckDB(tmp_path), OnSnowflake(snowflake, tmp_path)
    back = OnDuckDB(tmp_path / "back")
    with here.open() as old, there.open() as new:
        old.land(listing("abc", tmp_path), at=NOON)
        old.land(listing("ab", tmp_path, day=1), at=NOON + DAY)
        moved(old, new, tmp_path)
    with there.open() as new:
        landed = new.land(listing("ac", tmp_path, day=2), at=NOON + 2 * DAY)
    # In a session of its own: that of a landing has tables of its own.
    with there.open() as new, back.open() as newest:
        moved(new, newest, tmp_path)

    assert (landed.changed, swept(landed)) == (1, Swept(2, 1, deleted=1, returned=0))
    assert (alive(here), alive(there), alive(back)) == ("ab", "ac", "ac")
    ledger = "select held, deleted from raw.batches order by landed_at"
    assert back.query(ledger) == [(0, 0), (3, 1), (2, 1)]


LISTINGS = st.lists(
    st.tuples(st.text(alphabet="abcdefgh", max_size=8), st.sampled_from("AB"), st.booleans()),
    max_size=8,
)


@settings(deadline=None, max_examples=examples(25))
@given(LISTINGS)
def test_whatever_is_listed_in_turn_the_last_that_was_not_held_back_is_what_is_alive(
    listings: list[tuple[str, str, bool]],
) -> None:
    expected = set[str]()
    with TemporaryDirectory() as name, warehouse_in(Path(name)) as warehouse:
        for day, (text, content, is_listing_of_ids) in enumerate(listings):
            keys = "".join(sorted(set(text)))
            if is_listing_of_ids:
                new = "".join(sorted(set(keys) - expected))
                batch = increment(new, keys, Path(name), day=day, content=content)
            else:
                batch = listing(keys, Path(name), day=day, content=content)
            landed = warehouse.land(batch, at=NOON + day * DAY)

            missing = expected - set(keys)
            is_blocked = bool(missing) and (not keys or len(missing) * 2 > len(expected))
            expected = expected | set(keys) if is_blocked else set(keys)
            assert swept(landed).is_done is not is_blocked
            assert landed.extracted == landed.new + landed.changed + landed.unchanged
            found = warehouse._rows(NEWEST.format(connection=TILLS))
            assert {key for key, _, is_gone in found if not is_gone} == expected
            held = warehouse._rows(
                "select record_key from raw.shop__sale__current where content_hash <> 'deleted'"
            )
            assert {key for (key,) in held} == expected
