"""A record with NaN or Infinity is rejected as it came, and the rest of its page is read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.connectors import not_numbers
from flows.connectors.answers import Cut, Malformed, read
from flows.connectors.formats import Records
from tests.connectors import paged, shop
from tests.connectors.fake_source import FakeSource, Reply

GOOD = b'{"id":1,"total":"1.10","note":"a: NaN, \\"b\\": -Infinity"}'
WORDS = ["NaN", "nan", "Infinity", "-Infinity", "+inf", "-nan"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inside: st.lists(inside) | st.dictionaries(st.text(), inside),
    max_leaves=5,
)


def cut(body: bytes, records: Records | None = None, **told: Any) -> Cut:
    return read(body, content_type="", largest=2**24, records=records or Records(), **told)


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize(
    "form",
    ['{"id": 2, "total": %s}', '{"id": 2, "lines": [1, %s]}', '{"deep": {"er":\n%s }, "id": 2}'],
)
def test_only_the_record_with_such_a_word_is_set_aside(word: str, form: str) -> None:
    bad = (form % word).encode()

    found = [bytes(each) for each in cut(b"[" + GOOD + b", " + bad + b"]").rows.records]

    assert found[0] == GOOD
    said = json.loads(found[1])
    assert isinstance(said, str)
    assert said.startswith("NaN and Infinity are no numbers")
    assert said.endswith(bad.decode())


def test_it_is_set_aside_wherever_records_are() -> None:
    ndjson = Records.model_validate({"as": "ndjson"})
    inside = b'{"data": [{"id": 1, "x": NaN}], "next": "abc"}'
    lines = b'{"id": 1}\n{"id": 2, "x": NaN}\n'

    assert cut(inside, Records(at="data")).rows.records[0] != b'{"id": 1, "x": NaN}'
    assert bytes(cut(lines, ndjson).rows.records[0]) == b'{"id": 1}'


def test_what_else_an_answer_says_has_nothing_where_such_a_word_was() -> None:
    found = cut(b'{"data": [{"id": 1}], "sum": NaN, "next": "abc"}', Records(at="data"))

    assert [bytes(each) for each in found.rows.records] == [b'{"id": 1}']
    assert json.loads(found.text)["next"] == "abc"


@pytest.mark.parametrize(
    "body",
    [b'[{"a": NaN', b'[{"a": NaNa}]', b'[{"a": tru, "b": NaN}]', b"[nul, NaN]", b'["x: NaN', b"x"],
)
def test_what_is_broken_besides_is_as_broken_as_before(body: bytes) -> None:
    with pytest.raises(Malformed):
        cut(body)


@given(JSON)
def test_what_is_json_has_no_such_word(value: Any) -> None:
    text = json.dumps(value).encode()

    assert not_numbers.marked(text) in (None, text)


@given(JSON, st.sampled_from(WORDS))
def test_what_is_marked_can_be_read_and_says_the_same_otherwise(value: Any, word: str) -> None:
    text = b'{"kept": %s, "odd": %s}' % (json.dumps(value).encode(), word.encode())

    marked = not_numbers.marked(text)

    assert marked is not None
    assert json.loads(marked)["kept"] == value
    assert json.loads(not_numbers.without_marks(marked)) == {"kept": value, "odd": None}


def test_a_large_body_that_only_looks_like_it_takes_no_time() -> None:
    """Quotes without an end: whoever looks for the end of each anew is never done."""
    body = b'[{"a": nan, "b": "' + b'\\"' * 500_000

    with pytest.raises(Malformed):
        cut(body)


def test_the_pages_behind_it_are_read(source: FakeSource) -> None:
    texts = {"1": b'[{"id": 1, "total": NaN}, {"id": 2}]', "2": b'[{"id": 3}]'}

    def answer(page: str) -> Reply:
        return Reply(body=texts[page], headers={"X-More": str(page == "1")})

    source.on("/api/sale", lambda seen: answer(seen.params["page"]))
    of = paged.connector(pages={"by": "number", "stop": {"header": "X-More"}}, records=None)

    with shop.reader(source.url, of=of) as reader:
        found = paged.records(list(reader.pages("sale", since=None)))

    assert found[1:] == [{"id": 2}, {"id": 3}]
    assert isinstance(found[0], str)
