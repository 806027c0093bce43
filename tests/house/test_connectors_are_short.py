"""A connector is read in one go: eighty lines for ten streams, and none of them crammed."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.connectors.catalog import connectors
from tests.house.repository import ROOT, files, text_of

LINES, STREAMS = 80, 10
LONGEST = 120
OURS = sorted(path for path in files() if path.match("flows/connectors/*/connector.yaml"))


def most(streams: int) -> int:
    return LINES * max(streams, STREAMS) // STREAMS


def test_fewer_than_ten_streams_may_have_the_lines_of_ten() -> None:
    assert [most(1), most(10), most(11), most(20)] == [80, 80, 88, 160]


def test_every_connector_of_ours_is_looked_at() -> None:
    assert {path.parent.name for path in OURS} == set(connectors())


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.parent.name)
def test_a_connector_has_eighty_lines_for_ten_streams(path: Path) -> None:
    streams = connectors()[path.parent.name].streams

    assert len(text_of(path).splitlines()) <= most(len(streams))


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.parent.name)
def test_its_lines_can_be_read_without_scrolling(path: Path) -> None:
    texts = [path, *sorted((ROOT / path.parent).glob("*.graphql"))]

    too_long = [
        line for each in texts for line in text_of(each).splitlines() if len(line) > LONGEST
    ]

    assert not too_long
