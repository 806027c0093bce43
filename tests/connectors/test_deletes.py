"""How a connector says that it looks for what is gone, and what is read for it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from flows.connectors.deletes import may_be_marked
from flows.connectors.listings import listing_name, listing_of, with_listings
from flows.connectors.spec import ConnectorInvalid, parse_connector
from flows.connectors.streams import Stream
from tests.connectors import shop

CHANGED = {"load": {"by": "parameter", "send": "since", "overlap": "1 hour"}}


def stream_of(**said: Any) -> Stream:
    return parse_connector(name="till", document=shop.stream_document(**said)).streams["sale"]


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (
            {"key": "content", "deletes": {"by": "sweep"}},
            "Records known by their content cannot be told to be gone: one that changed is another"
            " one. Drop deletes, or name a key",
        ),
        (
            {"load": "full", "deletes": {"by": "sweep", "every": "1 day", "path": "ids"}},
            "A stream read in full is its own listing: drop every, path of deletes",
        ),
        (
            {"load": "full", "deletes": {"by": "sweep", "params": {"fields": "id"}}},
            "A stream read in full is its own listing: drop params of deletes",
        ),
        ({"deletes": {"by": "sweep", "blocked_above": 101}}, "deletes.blocked_above"),
        ({"deletes": {"by": "swep"}}, "deletes.by"),
        ({"deletes": {"by": "sweep", "every": "soon"}}, "Write a duration like"),
        (
            {**CHANGED, "deletes": {"by": "sweep", "path": "https://other.example/ids"}},
            "deletes.path: Write a path below the base address",
        ),
        (
            {**CHANGED, "deletes": {"by": "sweep", "params": {"only": "{nothing}"}}},
            "deletes.params.only: There is no credential nothing",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(said: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConnectorInvalid) as caught:
        stream_of(**said)

    assert sentence in str(caught.value)


def test_a_fifth_may_vanish_at_once_and_a_listing_is_read_once_a_day() -> None:
    rule = stream_of(**CHANGED, deletes={"by": "sweep"}).deletes

    assert rule is not None
    assert (rule.blocked_above, rule.pause) == (20, timedelta(days=1))


def test_a_listing_is_the_whole_list_with_more_params_or_another_path() -> None:
    said = {"path": "sale", "params": {"open": "no"}, **CHANGED}
    more = {"path": "sale/ids", "params": {"fields": "id", "size": 500}, "by": "sweep"}

    listing = listing_of(stream_of(**said, deletes=more))

    assert (listing.path, listing.is_incremental, listing.deletes) == ("sale/ids", False, None)
    assert listing.params == {"open": "no", "fields": "id", "size": "500"}
    assert listing.key == stream_of(**said).key


def test_a_stream_without_deletes_has_no_listing() -> None:
    with pytest.raises(ValueError, match="has no deletes"):
        listing_of(stream_of(**CHANGED))


@pytest.mark.parametrize(
    ("said", "has_one"),
    [
        (CHANGED, False),
        ({**CHANGED, "deletes": {"by": "sweep"}}, True),
        ({"load": "full", "deletes": {"by": "sweep"}}, False),
    ],
)
def test_only_beside_what_changed_a_listing_is_read(said: dict[str, Any], has_one: bool) -> None:
    connector = with_listings(parse_connector(name="till", document=shop.stream_document(**said)))

    assert (listing_name("sale") in connector.streams) is has_one


@pytest.mark.parametrize(
    ("held", "missing", "listed", "allowed", "rejected", "may"),
    [
        (0, 0, 0, 0, 0, True),
        (10, 2, 8, 0, 0, True),
        (10, 3, 7, 0, 0, False),
        (10, 3, 7, 1, 0, True),
        (10, 10, 0, 9, 0, False),
        (10, 10, 0, 10, 0, True),
        (10, 1, 9, 10, 1, False),
        (5, 5, 100, 0, 0, False),
    ],
)
def test_only_what_is_plausible_may_be_marked(
    held: int, missing: int, listed: int, allowed: int, rejected: int, may: bool
) -> None:
    assert (
        may_be_marked(
            held=held,
            missing=missing,
            listed=listed,
            blocked_above=20,
            allowed=allowed,
            rejected=rejected,
        )
        is may
    )
