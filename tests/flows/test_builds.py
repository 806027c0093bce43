"""By what the models were built decides whether an increment may follow."""

from __future__ import annotations

from datetime import timedelta

from flows.warehouse.warehouse import Recipe
from tests.flows.batches import NOON
from tests.flows.engines import Place

BERLIN = {"time_zone": "Europe/Berlin"}
FIRST = Recipe(transforms="first", settings=BERLIN)
SECOND = Recipe(transforms="second", settings=BERLIN)
MOVED = Recipe(transforms="first", settings={"time_zone": "Europe/Lisbon"})


def test_a_warehouse_that_was_never_built_is_built_by_nobody(place: Place) -> None:
    with place.open() as warehouse:
        assert not warehouse.is_built_by(FIRST)


def test_only_a_whole_build_that_ended_may_be_added_to(place: Place) -> None:
    with place.open() as warehouse:
        warehouse.begin_build(FIRST, is_whole=True, at=NOON)
        assert not warehouse.is_built_by(FIRST)

        warehouse.finish_build(at=NOON)

        assert warehouse.is_built_by(FIRST)
        assert not warehouse.is_built_by(SECOND)
        assert not warehouse.is_built_by(MOVED)


def test_an_increment_that_failed_may_be_followed_by_another(place: Place) -> None:
    with place.open() as warehouse:
        warehouse.begin_build(FIRST, is_whole=True, at=NOON)
        warehouse.finish_build(at=NOON)

        warehouse.begin_build(FIRST, is_whole=False, at=NOON + timedelta(hours=1))

        assert warehouse.is_built_by(FIRST)


def test_a_build_of_another_release_that_died_asks_for_a_whole_one(place: Place) -> None:
    with place.open() as warehouse:
        warehouse.begin_build(FIRST, is_whole=True, at=NOON)
        warehouse.finish_build(at=NOON)
        warehouse.begin_build(SECOND, is_whole=True, at=NOON + timedelta(hours=1))
        assert not warehouse.is_built_by(FIRST)

        # The first release is back and dies half way: half of the tables are of the second.
        warehouse.begin_build(FIRST, is_whole=True, at=NOON + timedelta(hours=2))
        assert not warehouse.is_built_by(FIRST)

        warehouse.finish_build(at=NOON + timedelta(hours=3))
        assert warehouse.is_built_by(FIRST)


def test_a_clock_that_was_set_back_does_not_confuse_the_order(place: Place) -> None:
    with place.open() as warehouse:
        warehouse.begin_build(FIRST, is_whole=True, at=NOON)
        warehouse.finish_build(at=NOON)

        warehouse.begin_build(SECOND, is_whole=True, at=NOON - timedelta(hours=1))

        assert not warehouse.is_built_by(FIRST)
        assert not warehouse.is_built_by(SECOND)
