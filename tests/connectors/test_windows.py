"""A page is cut without an object for any record, and always as it is cut with one."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import Mock, patch

import msgspec
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from msgspec import Raw

from flows.connectors import json_path
from flows.connectors.answers import Malformed, Unexpected, rows
from flows.connectors.depth import DEEPEST
from flows.connectors.json_path import raw_at, text_at
from flows.connectors.windows import windows
from flows.native import library
from tests.examples import examples
from tests.native import require_native

NAMES = st.sampled_from(["data", "page", "total", "ü", 'a "b"', ""])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    # With what JSON escapes, and with texts of every length around eight bytes.
    | st.text(max_size=20) | st.sampled_from(["\\", '"', "\x07", "\x00", "a\\b", "ÄÖÜ€😀"]),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(NAMES, inside, max_size=4),
    max_leaves=12,
)  # fmt: skip
PATHS = st.sampled_from([(), ("data",), ("page", "data")])
WAYS: list[Callable[[object], str]] = [
    json.dumps,
    lambda page: json.dumps(page, indent=2),
    lambda page: json.dumps(page, separators=(",", ":"), ensure_ascii=False),
    lambda page: json.dumps(page, indent="\t", separators=(" , ", " : ")).replace("\n", "\r\n"),
]
LONG = " " * 5_000  # so that it is worth remembering


@pytest.fixture(autouse=True)
def native_reader() -> None:
    require_native()


@st.composite
def pages(draw: st.DrawFn) -> tuple[bytes, tuple[str, ...]]:
    path = draw(PATHS)
    page: object = draw(st.lists(VALUES, max_size=5))
    for name in reversed(path):
        page = {**draw(st.dictionaries(NAMES, VALUES, max_size=3)), name: page}
    return draw(st.sampled_from(WAYS))(page).encode(), path


def is_utf_8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def cut(text: bytes, path: tuple[str, ...]) -> list[bytes] | None:
    found = windows(text, path, beside=frozenset())
    return None if found is None else [bytes(record) for record in found]


def cut_by_objects(text: bytes, path: tuple[str, ...]) -> list[bytes]:
    with patch.object(library, "load", lambda: None):
        return [bytes(record) for record in rows(text, path=path or None).records]


@given(pages())
@settings(max_examples=examples(200))
def test_it_finds_what_others_find(made: tuple[bytes, tuple[str, ...]]) -> None:
    text, path = made

    found = cut(text, path)

    if b"\\" not in text:
        assert found is not None
    assert found in (None, cut_by_objects(text, path))


@given(pages(), st.data())
@settings(max_examples=examples(300))
@example((b'{"data":[1],"data":[2]}', ("data",)), None)
@example((b'{"data":[{"a":01}]}', ("data",)), None)
@example((b'{"data":[{"a":"\\x"}]}', ("data",)), None)
@example((b'{"data":[{"a":"\\ud83d"}]}', ("data",)), None)
@example((b'{"data":[{"a":1,}]}', ("data",)), None)
@example((b'{"data":[{"a":1]}}', ("data",)), None)
@example((b'{"data":[{a:1}]}', ("data",)), None)
def test_what_is_damaged_is_never_cut_in_a_way_of_its_own(
    made: tuple[bytes, tuple[str, ...]], data: st.DataObject | None
) -> None:
    text, path = made
    if data is not None:
        at = data.draw(st.integers(0, len(text) - 1))
        what = data.draw(st.binary(max_size=2) | st.sampled_from([b"{", b"]", b'"', b",", b"\\"]))
        text = text[:at] + what + text[at + data.draw(st.integers(0, 2)) :]
    assume(is_utf_8(text))
    if (found := cut(text, path)) is not None:
        assert found == cut_by_objects(text, path)


@given(pages(), st.frozensets(NAMES))
def test_what_stands_beside_the_records_is_what_others_find_there(
    made: tuple[bytes, tuple[str, ...]], beside: frozenset[str]
) -> None:
    text, path = made[0] + LONG.encode(), made[1]
    plain = bytes(bytearray(text))  # another object, of which nothing is remembered

    if windows(text, path, beside=beside) is not None and path:
        for name in beside:
            once, again = raw_at(text, (name,)), raw_at(plain, (name,))
            assert (once and bytes(once)) == (again and bytes(again))


def test_several_threads_cut_at_once() -> None:
    made = [json.dumps([{"page": page, "n": n} for n in range(500)]).encode() for page in range(40)]

    with ThreadPoolExecutor(4) as threads:
        found = [*threads.map(lambda text: cut(text, ()), made)]

    assert found == [cut_by_objects(text, ()) for text in made]


@pytest.mark.parametrize(
    "text",
    [
        *(b"", b" ", b"[", b"[1", b"[1,", b"[1,]", b"[1] 2", b"[1]]", b"[1 2]", b"[,1]"),
        *(b"[NaN]", b"[01]", b"[1.]", b"[-]", b"[1e]", b"[+1]", b"[tru]", b"[nulls]", b"['a']"),
        *(b'["a]', b'["\\q"]', b'["\\u12"]', b'["\x01"]', b'["a\\"]'),
        *(b'[{"a"}]', b'[{"a":}]', b'[{"a":1,}]', b"[{1:2}]", b'[{"a":1]', b"[[1}]", b"[{]"),
    ],
)
def test_what_is_no_json_is_left_to_others(text: bytes) -> None:
    assert cut(text, ()) is None


@pytest.mark.parametrize(
    "text",
    [
        *(b'{"data":null}', b'{"data":{}}', b'{"more":[1]}', b"{}", b"[1]", b"3", b'"data"'),
        *(b'{"data":[1],"data":[2]}', b'{"data":[1],"a":1,"a":2}', b'{"dat\\u0061":[1]}'),
        b"{%s}" % b",".join([b'"data":[1]', *(b'"a%d":1' % number for number in range(100))]),
    ],
)
def test_what_has_not_one_list_by_one_name_is_left_to_others(text: bytes) -> None:
    assert cut(text, ("data",)) is None


@pytest.mark.parametrize("around", ["[%s]", '{"data":[%s]}', '{"data":[1],"more":%s}'])
def test_a_page_may_have_so_many_levels_and_no_more(around: str) -> None:
    path = ("data",) if "data" in around else ()
    levels = around.count("[%") + around.count("{")

    def nested(depth: int) -> bytes:
        return (around % ("[" * depth + "]" * depth)).encode()

    assert cut(nested(DEEPEST - levels), path) is not None
    assert cut(nested(DEEPEST - levels + 1), path) is None


def test_what_stands_beside_the_records_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    text = f'{{"total": 7, "data":[1], "page": {{"next": "n2"}}{LONG}}}'.encode()
    gone_through = Mock(wraps=msgspec.json.Decoder(dict[str, Raw]))
    monkeypatch.setattr(json_path, "_MEMBERS", gone_through)

    windows(text, ("data",), beside=frozenset({"total", "page", "missing"}))

    assert text_at(text, "total") == "7"
    assert text_at(text, "page.next") == "n2"
    assert raw_at(text, "missing") is None
    assert [bytes(call.args[0]) for call in gone_through.decode.mock_calls] == [b'{"next": "n2"}']


def test_windows_are_a_sequence_of_records() -> None:
    found = windows(b"[1, 22 ,333]", (), beside=frozenset())

    assert found is not None
    assert len(found) == 3
    assert [bytes(record) for record in found] == [b"1", b"22", b"333"]
    assert [bytes(record) for record in found[::2]] == [b"1", b"333"]
    assert bytes(found[-1]) == b"333"
    assert isinstance(found[0], Raw)
    with pytest.raises(IndexError):
        found[3]


def test_a_page_that_is_left_is_told_about_as_ever() -> None:
    with pytest.raises(Malformed):
        rows(b'{"data":[1,]}', path="data")
    with pytest.raises(Unexpected):
        rows(b'{"data":null}', path="data")
