"""Reads that bring nothing: told without opening the warehouse, and written down together."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any, cast

import pytest
from msgspec import Raw

from flows.columns import Chunk
from flows.connectors.streams import Stream
from flows.extract import contents_of
from flows.land import land, write_down
from flows.session import Session
from flows.warehouse.warehouse import Fenced
from tests.flows.fake_portal import FakePortal
from tests.flows.shop import ALICES, desk_of, session_of
from tests.simulators.process import Simulator

STREAMS = ["country", "category"]


def test_a_second_read_of_the_same_opens_the_warehouse_to_begin_and_to_end(
    portal: FakePortal, till: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = desk_of(ALICES, till, streams=STREAMS)
    for _ in range(2):  # the first time everything is read, and then what may have changed
        with session_of(desk, portal=portal, home=tmp_path) as session:
            before = [land(name, session).landed for name in STREAMS]

    with session_of(desk, portal=portal, home=tmp_path) as session:
        openings = counted(session, monkeypatch)
        again = [land(name, session).landed for name in STREAMS]
        assert openings == []
        write_down(session)

    assert len(openings) == 1
    for then, now in zip(before, again, strict=True):
        assert then is not None
        assert now is not None
        assert (now.new, now.changed, now.unchanged) == (0, 0, then.extracted)
        assert now.bookmark == then.bookmark


def counted(session: Session, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Grows by one with each opening of the warehouse."""
    openings: list[object] = []
    opened = session.warehouses.open

    def open_(tenant: Any) -> Any:
        openings.append(tenant)
        return opened(tenant)

    monkeypatch.setattr(session.warehouses, "open", open_)
    return openings


def test_each_of_them_has_its_line_in_the_ledger(
    portal: FakePortal, till: Simulator, tmp_path: Path
) -> None:
    desk = desk_of(ALICES, till, streams=STREAMS)
    for _ in range(3):
        with session_of(desk, portal=portal, home=tmp_path) as session:
            for name in STREAMS:
                land(name, session)
            write_down(session)

    with (
        session_of(desk, portal=portal, home=tmp_path) as session,
        session.warehouses.open(session.job.tenant) as warehouse,
    ):
        lines = warehouse.ledger()

    assert Counter(line.table for line in lines) == {f"prohandel__{name}": 3 for name in STREAMS}
    assert [line.file is not None for line in lines] == [True, True, *[False] * 4]
    landed_at = [line.landed_at for line in lines]
    assert landed_at == sorted({*landed_at})


def test_an_older_run_writes_nothing_down_once_a_later_one_has_begun(
    portal: FakePortal, till: Simulator, tmp_path: Path
) -> None:
    desk = desk_of(ALICES, till, streams=STREAMS)
    with session_of(desk, portal=portal, home=tmp_path) as session:
        land("country", session)

    with session_of(desk, portal=portal, home=tmp_path) as older:
        land("country", older)
        with session_of(desk, portal=portal, home=tmp_path):
            pass

        with pytest.raises(Fenced):
            write_down(older)


def said(*records: str, **stream: Any) -> str:
    chunk = Chunk()
    texts = [Raw(record.encode()) for record in records]
    chunk.add(texts, text=b"", strip=None)
    read = {"path": "things", "key": ["id"], "load": "full", **stream}
    return contents_of(chunk, Stream.model_validate(read))


def test_the_same_records_in_another_order_are_not_the_same() -> None:
    assert said('{"id":1}', '{"id":2}') == said('{"id":1}', '{"id":2}')
    assert said('{"id":1}', '{"id":2}') != said('{"id":2}', '{"id":1}')


def test_where_one_record_ends_makes_a_difference() -> None:
    assert said('{"id":1}', "2") != said('{"id":1}2')


def test_the_same_records_read_in_another_way_may_bring_something() -> None:
    fields = cast("dict[str, Any]", {"id": "key", "name": "text"})

    assert said('{"id":1}') != said('{"id":1}', fields=fields)
    assert said('{"id":1}') != said('{"id":1}', key=["code"])
