"""The list of a page and what stands beside it, found in one pass."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.connectors.envelope import records_in
from flows.connectors.json_path import raw_at, text_at

LONG = 5_000  # so that it is worth remembering
SPELLINGS = ["data", "total", "next", "odd name", "ü", 'a "name"', "a\\b"]
NAMES = st.sampled_from(SPELLINGS)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=3),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(NAMES, inside, max_size=3),
    max_leaves=6,
)


def padded(text: bytes) -> bytes:
    return text + b" " * LONG


@given(st.dictionaries(NAMES, VALUES), st.lists(VALUES, max_size=4), st.frozensets(NAMES))
def test_it_finds_what_looking_twice_finds(
    members: dict[str, object], items: list[object], beside: frozenset[str]
) -> None:
    text = padded(msgspec.json.encode({**members, "data": items}))
    plain = bytearray(text)  # another object, of which nothing is remembered

    found = records_in(text, at="data", beside=beside)

    assert found is not None
    assert [bytes(record) for record in found] == [msgspec.json.encode(item) for item in items]
    for name in (*SPELLINGS, "missing"):
        once, again = raw_at(text, (name,)), raw_at(bytes(plain), (name,))
        assert (once and bytes(once)) == (again and bytes(again))


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"data":null}', b'{"data":{}}', b"3"])
def test_where_there_is_no_such_list_somebody_else_says_what_there_is(body: bytes) -> None:
    assert records_in(body, at="data", beside=frozenset()) is None


def test_of_a_name_that_is_there_twice_the_last_counts() -> None:
    text = padded(b'{"data":[1],"total":1,"data":[2],"total":2}')

    found = records_in(text, at="data", beside=frozenset({"total"}))

    assert [bytes(record) for record in found or []] == [b"2"]
    assert text_at(text, "total") == "2"


def test_what_is_not_whole_json_is_told() -> None:
    with pytest.raises(msgspec.DecodeError, match=r"malformed|truncated"):
        records_in(b'{"data":[1,2], "total":', at="data", beside=frozenset())
