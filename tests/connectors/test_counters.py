"""A source that counts its changes is asked for what came after the greatest number that landed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec import Raw

from flows.connectors.bookmarks import Bookmark, Point
from flows.connectors.noting import Notes
from flows.connectors.reader import Reader
from flows.connectors.spec import Connector, ConnectorInvalid
from tests.connectors import paged, shop
from tests.connectors.fake_source import FakeSource, Reply, Seen
from tests.connectors.test_loads import connector, filtered, parameter, question
from tests.connectors.test_parents import connector as connector_of_parents
from tests.connectors.test_parents import on

COUNTED = {"by": "parameter", "send": "after", "counter": "version"}
BY_VERSION = {
    "by": "cursor", "send": "after", "take": "version.max", "stop": "empty"
}  # fmt: skip
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
CHILDREN = {
    "load": {"by": "parameter", "send": "since", "overlap": "1 hour"},
    "changed": {"take": "changed_at", "zone": "utc"},
}


def counted(**changes: Any) -> Connector:
    stream = {"changed": None, "records": "data", "pages": BY_VERSION}
    return connector(**{"load": COUNTED, **stream, **changes})


def read(
    reader: Reader, name: str = "sale", *, since: Point | None = None, **lists: Point
) -> tuple[list[Any], Bookmark]:
    stream = reader._connector.streams[name]
    notes = Notes(stream, time_zone=shop.BERLIN, read_at=shop.NOW)
    pages = []
    for page in reader.pages(name, since=since, lists=lists):
        notes.take(page.records, of=page.of)
        pages.append(page)
    return paged.records(pages), notes.bookmark


def by_version(source: FakeSource, *versions: int) -> None:
    """Two to a page, as Lightspeed's X-Series hands them out."""

    def answer(seen: Seen) -> Reply:
        after = int(seen.params.get("after", 0))
        page = [version for version in versions if version > after][:2]
        data = [{"id": version, "version": version} for version in page]
        return Reply(body={"data": data, "version": {"max": max(page, default=None)}})

    source.on("/api/sale", answer)


def test_the_first_read_takes_everything_and_notes_the_greatest_number(source: FakeSource) -> None:
    by_version(source, 3, 10, 11)

    with shop.reader(source.url, of=counted()) as reader:
        found, noted = read(reader)

    assert [record["id"] for record in found] == [3, 10, 11]
    assert noted == Bookmark(counter=11)
    assert [seen.params.get("after") for seen in source.asked("/api/sale")] == [None, "10", "11"]


def test_the_next_read_takes_what_came_after_it(source: FakeSource) -> None:
    by_version(source, 3, 10, 11, 12, 14, 20)

    with shop.reader(source.url, of=counted()) as reader:
        found, noted = read(reader, since=11)

    assert [record["id"] for record in found] == [12, 14, 20]
    assert noted == Bookmark(counter=20)
    asked = [seen.params.get("after") for seen in source.asked("/api/sale")]
    assert asked == ["11", "14", "20"]


def test_a_read_that_finds_nothing_notes_nothing(source: FakeSource) -> None:
    by_version(source, 3)

    with shop.reader(source.url, of=counted()) as reader:
        found, noted = read(reader, since=10**17)

    assert found == []
    assert noted == Bookmark()


def test_a_number_is_sent_as_the_source_wants_it() -> None:
    number = 9_007_199_254_740_993
    segment = {"by": "segment", "add": "after/{since}", "counter": "version"}
    written = filtered(write="version > {since}", counter="version")
    written.pop("overlap")
    body = {"in": "body", "send": "filter.after"}

    def asked(load: dict[str, Any], **changes: Any) -> Any:
        return question(load, since=number, changed=None, **changes)

    assert asked(COUNTED).params["after"] == str(number)
    assert asked(segment).path == f"sale/after/{number}"
    assert asked(written).params["conditions"] == f"version > {number}"
    assert asked(COUNTED | body, method="post").body == {"filter": {"after": number}}


@pytest.mark.parametrize(
    ("version", "point"),
    [
        ("7", 7),
        ('"7"', 7),
        ("18446744073709551615", 2**64 - 1),
        ("null", None),
        ('"x"', None),
        ("9" * 39, None),
    ],
)
def test_a_number_may_be_a_text_and_as_long_as_it_likes(version: str, point: int | None) -> None:
    notes = Notes(counted().streams["sale"], time_zone=shop.BERLIN, read_at=shop.NOW)

    notes.take([Raw(f'{{"id": 1, "version": {version}}}'.encode())], of="")

    assert notes.bookmark == Bookmark(counter=point)


@pytest.mark.parametrize(
    ("pages", "counter"),
    [
        ([[3, 10], [11, 12]], 12),
        ([[10, 3], [12, 11]], 12),
        # What is on the first page may have changed since, to a number below 40.
        ([[3, 10], [40, 7]], 10),
        ([[40, 12], [11, 9]], 40),
        ([[3, 10], [], [7]], 10),
    ],
)
def test_only_numbers_that_come_in_their_order_say_that_nothing_is_left_behind(
    pages: list[list[int]], counter: int
) -> None:
    notes = Notes(counted().streams["sale"], time_zone=shop.BERLIN, read_at=shop.NOW)

    for page in pages:
        notes.take([Raw(f'{{"version": {number}}}'.encode()) for number in page], of="")

    assert notes.bookmark == Bookmark(counter=counter)


@pytest.mark.parametrize(
    ("pages", "counter"),
    [
        ([[3, 10], [11, 12]], 10),
        ([[12, 11], [10]], 12),
        # What was on the first page, and is of no interest, may have changed to 101 since.
        ([[], [102]], None),
    ],
)
@pytest.mark.parametrize(
    "told",
    [
        {"pages": {"by": "number", "send": "page"}},
        {"load": {"by": "client", "counter": "version"}, "pages": {"by": "number"}},
    ],
)
def test_where_pages_are_not_asked_for_by_number_their_order_may_be_an_accident(
    told: dict[str, Any], pages: list[list[int]], counter: int | None
) -> None:
    notes = Notes(counted(**told).streams["sale"], time_zone=shop.BERLIN, read_at=shop.NOW)

    for page in pages:
        notes.take([Raw(f'{{"version": {number}}}'.encode()) for number in page], of="")

    assert notes.bookmark == Bookmark(counter=counter)


def test_what_has_a_smaller_number_is_dropped_here_where_the_source_cannot(
    source: FakeSource,
) -> None:
    records = [{"id": 1, "version": 9}, {"id": 2, "version": 11}, {"id": 3}]
    source.on("/api/sale", Reply(body={"data": records}))
    of = counted(load={"by": "client", "counter": "version"}, pages={"by": "none"})

    with shop.reader(source.url, of=of) as reader:
        found, noted = read(reader, since=10)

    assert [record["id"] for record in found] == [2, 3]
    assert noted == Bookmark(counter=11)


def test_a_read_of_what_is_newest_first_ends_at_the_first_smaller_number(
    source: FakeSource,
) -> None:
    by_page = {"1": [20, 12], "2": [11, 9], "3": [8, 7]}
    source.on(
        "/api/sale",
        lambda seen: Reply(
            body={"data": [{"id": n, "version": n} for n in by_page[seen.params["page"]]]}
        ),
    )
    load = {"by": "client", "counter": "version", "newest_first": True}

    with shop.reader(source.url, of=counted(load=load, pages={"by": "number"})) as reader:
        found, _ = read(reader, since=10)

    assert [record["id"] for record in found] == [20, 12, 11]
    assert len(source.asked("/api/sale")) == 2


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"load": parameter(counter="version")}, "A counter is no moment: drop overlap"),
        ({"load": {**COUNTED, "until": "to"}}, "A counter is no moment: drop until"),
        ({"load": {**COUNTED, "format": "iso", "zone": "utc"}}, "drop format, zone"),
        ({"load": {"by": "parameter", "send": "after"}}, "add overlap; or counter, if the source"),
        ({"load": COUNTED, "has_history": True}, "A counter knows no days"),
    ],
)
def test_a_mistake_is_told(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(ConnectorInvalid, match=r"streams\.sale") as caught:
        connector(**changes)

    assert told in str(caught.value)


def test_children_go_by_a_moment_of_their_parent() -> None:
    load = {"by": "parent", "counter": "version"}

    with pytest.raises(ConnectorInvalid, match="by their parent's time of change"):
        connector_of_parents(load=load, **{"with": {"version": "version"}})


def lists_of(source: FakeSource) -> dict[str, list[str | None]]:
    """What each list was asked for, by outlet."""
    return {
        outlet: [seen.params.get("since") for seen in source.asked(f"/api/outlets/{outlet}/stock")]
        for outlet in ("7", "8", "9")
    }


def test_each_parent_has_a_bookmark_of_its_own(source: FakeSource) -> None:
    on(source, "outlets", {"id": 7}, {"id": 8})
    on(source, "outlets/7/stock", {"id": 1, "changed_at": "2026-11-20T12:00:00Z"})
    on(source, "outlets/8/stock", {"id": 2, "changed_at": "2026-11-01T12:00:00Z"})

    with shop.reader(source.url, of=connector_of_parents(**CHILDREN)) as reader:
        _, noted = read(reader, "stock")
        read(reader, "stock", **noted.lists)

    assert lists_of(source) == {
        "7": [None, "2026-11-20T11:00:00Z"],
        "8": [None, "2026-11-01T11:00:00Z"],
        "9": [],
    }


def test_children_of_a_parent_that_is_new_are_read_whole(source: FakeSource) -> None:
    on(source, "outlets", {"id": 7})
    on(source, "outlets/7/stock", {"id": 1, "changed_at": "2026-11-20T12:00:00Z"})
    on(source, "outlets/9/stock", {"id": 3, "changed_at": "2020-01-01T00:00:00Z"})

    with shop.reader(source.url, of=connector_of_parents(**CHILDREN)) as reader:
        _, noted = read(reader, "stock")
        on(source, "outlets", {"id": 7}, {"id": 9})
        found, _ = read(reader, "stock", **noted.lists)

    assert {record["id"] for record in found} == {1, 3}
    assert lists_of(source)["9"] == [None]


def test_children_of_a_new_parent_begin_where_history_does(source: FakeSource) -> None:
    on(source, "outlets", {"id": 9})
    on(source, "outlets/9/stock")

    with shop.reader(source.url, of=connector_of_parents(**CHILDREN)) as reader:
        read(reader, "stock", since=NOON)

    assert lists_of(source)["9"] == ["2026-11-20T11:00:00Z"]


def test_no_list_is_noted_as_read_beyond_the_moment_when_the_read_began(
    source: FakeSource,
) -> None:
    on(source, "outlets", {"id": 7})
    on(source, "outlets/7/stock", {"id": 1, "changed_at": "2199-01-01T00:00:00Z"})

    with shop.reader(source.url, of=connector_of_parents(**CHILDREN)) as reader:
        _, noted = read(reader, "stock")

    assert [*noted.lists.values()] == [shop.NOW]


def test_a_list_is_known_by_what_is_asked_not_by_what_else_its_parent_says(
    source: FakeSource,
) -> None:
    on(source, "outlets/7/stock", {"id": 1, "changed_at": "2026-11-20T12:00:00Z"})
    noted = []

    with shop.reader(source.url, of=connector_of_parents(**CHILDREN)) as reader:
        for name in ("Kasse Süd", "Kasse Nord"):
            on(source, "outlets", {"id": 7, "name": name})
            noted.append(read(reader, "stock")[1])

    assert noted[0] == noted[1]
    assert noted[0].lists


def test_each_parent_may_count_by_itself(source: FakeSource) -> None:
    on(source, "outlets", {"id": 7}, {"id": 8})
    on(source, "outlets/7/stock", {"id": 1, "version": 90})
    on(source, "outlets/8/stock", {"id": 2, "version": 4})
    of = connector_of_parents(load={**COUNTED, "send": "since"})

    with shop.reader(source.url, of=of) as reader:
        _, noted = read(reader, "stock")
        read(reader, "stock", **noted.lists)

    assert lists_of(source) == {"7": [None, "90"], "8": [None, "4"], "9": []}
    assert noted.counter == 90


def test_a_moment_that_says_never_moves_no_list() -> None:
    stream = connector_of_parents(**CHILDREN).streams["stock"]
    notes = Notes(stream, time_zone=shop.BERLIN, read_at=shop.NOW + timedelta(hours=1))

    notes.take([Raw(b'{"id": 1, "changed_at": "0001-01-01T00:00:00Z"}')], of="a")

    assert notes.bookmark == Bookmark()
