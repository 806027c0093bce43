"""A secret shows nowhere: in no message, log line or repr, nor in a traceback's variables."""

from __future__ import annotations

import logging
import traceback
from datetime import datetime

import pytest

from flows.connectors.probe import probe
from flows.connectors.reader import ReadFailed, ReadInterrupted
from tests.connectors import shop
from tests.connectors.fake_source import FakeSource, Reply

CANARIES = (shop.KEY, shop.SECRET, shop.TOKEN, shop.REFRESH)
ECHO = {"error": f"bad key {shop.KEY} {shop.SECRET}", "token": shop.TOKEN}
TROUBLES = {
    "refused": {"/token": Reply(status=401, body=ECHO)},
    "echoed": {"/token": Reply(body=ECHO)},
    "no host": {"/token": Reply(body={"token": {"value": shop.TOKEN}})},
    "bad host": {"/token": Reply(body=shop.grant(f"http://{shop.TOKEN}@x"))},
    "revoked": {"/api/sale": Reply(status=401, body=ECHO)},
    "forbidden": {"/api/sale": Reply(status=403, body=ECHO)},
    "odd": {"/api/sale": Reply(body=ECHO)},
    "malformed": {"/api/sale": Reply(body=f'["{shop.TOKEN}'.encode())},
    "down": {"/api/sale": Reply(status=503, body=ECHO)},
    "cut": {"/api/sale": Reply(body=b"[]", length=99)},
    "header": {
        "/token": Reply(body={"token": {"value": f"{shop.TOKEN}\nX: 1"}, "serverUrl": "HERE"})
    },
    "redirect": {"/api/sale": Reply(status=302, headers={"Location": f"/?{shop.TOKEN}"})},
}


def everything(error: BaseException) -> str:
    """The error with all it was caused by, each frame with the repr of its variables."""
    told, waiting = [], [error]
    while waiting:
        one = waiting.pop()
        whole = traceback.TracebackException.from_exception(one, capture_locals=True)
        told += [repr(one), str(vars(one)), *whole.format()]
        waiting += [cause for cause in (one.__cause__, one.__context__) if cause]
    return "\n".join(told)


def fail(url: str, *, allow_private: bool = True) -> BaseException:
    # The caller's own variables are its own affair, so none of them holds a value.
    try:
        with shop.reader(url, allow_private=allow_private) as reader:
            list(reader.pages("sale", since=None))
    except (ReadFailed, ReadInterrupted) as error:
        return error
    raise AssertionError("It should have failed")


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_failure_shows_no_secret(
    source: FakeSource, trouble: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for path, reply in TROUBLES[trouble].items():
        if isinstance(reply.body, dict) and reply.body.get("serverUrl") == "HERE":
            reply = Reply(body=reply.body | {"serverUrl": source.url})
        source.on(path, reply)

    told = everything(fail(source.url))

    assert "Sales" in told
    for canary in CANARIES:
        assert canary not in told
        assert canary not in caplog.text


def test_a_reader_shows_no_secret(source: FakeSource) -> None:
    source.on("/api/sale", Reply(body=[{"name": "Ann"}], headers={"X-More": "False"}))

    with shop.reader(source.url) as reader:
        [page] = reader.pages("sale", since=None)

    assert repr(reader) == "Reader(till)"
    assert "Ann" not in repr(page)
    for canary in CANARIES:
        assert canary not in str(vars(reader))


def test_an_inner_host_is_refused_without_showing_a_secret() -> None:
    told = everything(fail("https://127.1:9", allow_private=False))

    assert "private network" in told
    for canary in CANARIES:
        assert canary not in told


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_probe_shows_no_secret(source: FakeSource, trouble: str) -> None:
    for path, reply in TROUBLES[trouble].items():
        source.on(path, reply)

    result = probe(
        shop.connector(),
        shop.credentials(source.url),
        allow_private=True,
        time_zone=shop.BERLIN,
        clock=shop.Clock(),
        sleep=shop.Naps(),
    )

    for canary in CANARIES:
        assert canary not in repr(result)


def broken_clock() -> datetime:
    raise ZeroDivisionError


def fail_to_probe(url: str) -> BaseException:
    try:
        probe(
            shop.connector(),
            shop.credentials(url),
            allow_private=True,
            time_zone=shop.BERLIN,
            clock=broken_clock,
        )
    except ZeroDivisionError as error:
        return error
    raise AssertionError("It should have failed")


def test_a_bug_of_ours_shows_no_secret(source: FakeSource) -> None:
    told = everything(fail_to_probe(source.url))

    assert "broken_clock" in told
    for canary in CANARIES:
        assert canary not in told
