from __future__ import annotations

import gzip

import pytest

from flows.connectors.answers import Malformed, Unexpected, json_text, read, rows
from flows.connectors.formats import Records
from flows.native import library
from tests.native import require_native

MEGABYTE = 1024 * 1024


@pytest.fixture(autouse=True, params=["with the native reader", "without it"])
def cut_both_ways(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "without it":
        monkeypatch.setattr(library, "load", lambda: None)
    else:
        require_native()


def text(body: bytes, *, content_type: str = "") -> bytes:
    return json_text(body, content_type=content_type, largest=MEGABYTE)


@pytest.mark.parametrize(
    "body",
    [
        '[{"a":"ä"}]'.encode(),
        '\ufeff[{"a":"ä"}]'.encode(),
        '[{"a":"ä"}]'.encode("utf-16"),
        gzip.compress('[{"a":"ä"}]'.encode(), mtime=0),
    ],
)
def test_a_body_is_read_whatever_its_wrapping(body: bytes) -> None:
    assert text(body) == '[{"a":"ä"}]'.encode()


def test_utf8_wins_over_a_wrong_header_and_the_header_over_nothing() -> None:
    declared = "application/json; charset=ISO-8859-1"

    assert text("ä".encode(), content_type=declared) == "ä".encode()
    assert text("ä".encode("latin-1"), content_type=declared) == "ä".encode()


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b'["\xff"]', ""),
        (b'["\xff"]', "application/json; charset=nonsense"),
        (b"\xff\xfe[", ""),
        (gzip.compress(b"[1,2,3]", mtime=0)[:-9], ""),
        (b"\x1f\x8bnot gzip at all", ""),
    ],
)
def test_what_cannot_be_decoded_is_not_guessed(body: bytes, content_type: str) -> None:
    with pytest.raises(Malformed):
        text(body, content_type=content_type)


def test_a_hidden_archive_has_a_limit_too() -> None:
    with pytest.raises(Unexpected, match="more than 1 MB"):
        text(gzip.compress(bytes(2 * MEGABYTE)))


def test_records_keep_every_byte() -> None:
    found = rows(b' [ {"a" : 1.0 } , {"b":"\\u00e4"}]', path=None)

    assert [bytes(record) for record in found.records] == [b'{"a" : 1.0 }', b'{"b":"\\u00e4"}']


def test_a_list_is_found_at_its_path() -> None:
    found = rows(b'{"data":{"items":[1,2]},"x":[3]}', path="data.items")

    assert [bytes(record) for record in found.records] == [b"1", b"2"]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (b"{}", None),
        (b"null", None),
        (b'{"error":"try later"}', None),
        (b'{"error":"try later"}', "data"),
        (b'{"data":null}', "data"),
        (b'{"data":{}}', "data"),
        (b"[]", "data"),
        (b"  <!DOCTYPE html><html></html>", None),
        (b"[" * 100_000, None),
    ],
)
def test_what_is_no_list_is_not_an_empty_one(body: bytes, path: str | None) -> None:
    with pytest.raises(Unexpected):
        rows(body, path=path)


def cut(body: bytes, records: Records) -> list[bytes]:
    found = read(body, content_type="", largest=MEGABYTE, records=records).rows.records
    return [bytes(record) for record in found]


@pytest.mark.parametrize("body", [b"{}", b'{"data":null}', b'{"cursor":"x"}'])
def test_a_list_that_may_be_left_out_is_empty_then(body: bytes) -> None:
    assert cut(body, Records(at="data", optional=True)) == []


@pytest.mark.parametrize("at", ["data", None])
@pytest.mark.parametrize("body", [b"null", b" null ", b'"data"', b'{"data":{}}'])
def test_what_is_no_answer_leaves_nothing_out(body: bytes, at: str | None) -> None:
    with pytest.raises(Unexpected):
        cut(body, Records(at=at, optional=True))


@pytest.mark.parametrize(
    "body", [b"", b"[{", b'[{"a":1}', b"[1] x", b"[NaN]", b'{"data":[1,', b"x"]
)
def test_what_is_not_whole_json_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        rows(body, path="data" if body.startswith(b"{") else None)
