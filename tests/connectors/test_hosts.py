from __future__ import annotations

import gzip
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import certifi
import pytest
from urllib3.exceptions import HTTPError

from flows.connectors.hosts import (
    LARGEST_ANSWER,
    AnswerTooLarge,
    AnswerTooSlow,
    HostRefused,
    check_url,
    guarded_session,
)
from flows.connectors.unpack import AnswerUnreadable, unpacked
from tests.connectors.conftest import Resolver
from tests.connectors.fake_source import FakeSource, Reply

LOOPBACK = [
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f.1",
    "0177.0.0.1",
    "①②⑦.⓪.⓪.①",
    "localhost",
    "0",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[64:ff9b::7f00:1]",
]


@pytest.mark.parametrize("host", LOOPBACK)
def test_no_spelling_of_this_machine_passes_the_form(host: str) -> None:
    with pytest.raises(HostRefused, match=r"private network.*Enter the public address"):
        check_url(f"https://{host}/api", allow_private=False)


@pytest.mark.parametrize("host", LOOPBACK)
def test_no_spelling_of_this_machine_is_connected_to(source: FakeSource, host: str) -> None:
    with guarded_session(False) as session, pytest.raises((HostRefused, OSError, HTTPError)):
        session.send("GET", f"https://{host}:{source.port}/token")

    assert source.requests == []


def test_a_public_address_passes_the_form() -> None:
    check_url("https://8.8.8.8/api", allow_private=False)


@pytest.mark.parametrize("url", ["ftp://till.example", "till.example", "https://", "https://[::1"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(HostRefused, match="not a complete address"):
        check_url(url, allow_private=True)


def test_keys_do_not_travel_over_plain_http() -> None:
    with pytest.raises(HostRefused, match="must begin with https"):
        check_url("http://8.8.8.8", allow_private=False)
    with guarded_session(False) as session, pytest.raises(HostRefused, match="https"):
        session.send("GET", "http://8.8.8.8")


def test_a_name_that_does_not_exist_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)

    with pytest.raises(HostRefused, match=r"till\.exampel cannot be found\. Check its spelling"):
        check_url("https://till.exampel", allow_private=False)


def test_one_inner_address_among_several_is_enough_to_refuse(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ask_the_system = socket.getaddrinfo

    def both(host: str, port: int, **options: int) -> list[object]:
        return [
            *ask_the_system("8.8.8.8", port, **options),
            *ask_the_system("::1", port, **options),
        ]

    monkeypatch.setattr(socket, "getaddrinfo", both)

    with pytest.raises(HostRefused):
        check_url("https://till.example", allow_private=False)


def test_a_name_that_changes_its_mind_after_the_form_is_refused(
    source: FakeSource, resolver: Resolver
) -> None:
    resolver({"till.example": ["8.8.8.8", "127.0.0.1"]})
    url = f"https://till.example:{source.port}/token"
    check_url(url, allow_private=False)

    with guarded_session(False) as session, pytest.raises(HostRefused):
        session.send("GET", url)

    assert source.requests == []


def test_a_name_is_resolved_once_and_the_checked_address_is_connected_to(
    source: FakeSource, resolver: Resolver
) -> None:
    asked = resolver({"till.example": ["127.0.0.1", "169.254.169.254"]})

    with guarded_session(True) as session:
        answer = session.send("GET", f"http://till.example:{source.port}/token")

    assert answer.status == 200
    assert asked == ["till.example"]
    assert source.requests[0].headers["host"] == f"till.example:{source.port}"


def test_the_metadata_address_is_refused_even_where_private_ones_are_allowed() -> None:
    with guarded_session(True) as session, pytest.raises(HostRefused):
        session.send("GET", "http://169.254.169.254/latest/meta-data/")


def test_a_redirect_is_not_followed(source: FakeSource) -> None:
    source.on("/moved", Reply(status=302, headers={"Location": f"{source.url}/token"}))

    with guarded_session(True) as session:
        answer = session.send("GET", f"{source.url}/moved")

    assert answer.status == 302
    assert [seen.path for seen in source.requests] == ["/moved"]


def test_one_connection_serves_many_requests(source: FakeSource) -> None:
    with guarded_session(True) as session:
        for _ in range(3):
            session.send("GET", f"{source.url}/token")

    assert len({seen.peer for seen in source.requests}) == 1


def test_proxies_of_the_environment_and_cookies_are_ignored(
    source: FakeSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    source.on("/cookie", Reply(headers={"Set-Cookie": "a=b; Path=/"}))

    with guarded_session(True) as session:
        session.send("GET", f"{source.url}/cookie")
        session.send("GET", f"{source.url}/cookie")

    assert all("cookie" not in seen.headers for seen in source.requests)


def test_a_small_archive_cannot_become_a_large_answer(source: FakeSource) -> None:
    bomb = gzip.compress(gzip.compress(bytes(2 * LARGEST_ANSWER)))
    source.on("/bomb", Reply(body=bomb, headers={"Content-Encoding": "gzip"}))

    with guarded_session(True) as session, pytest.raises(AnswerTooLarge, match="100 times"):
        session.send("GET", f"{source.url}/bomb")


def test_an_answer_of_many_megabytes_is_not_read(source: FakeSource) -> None:
    source.on("/large", Reply(body=b"[", length=LARGEST_ANSWER + 1))

    with guarded_session(True) as session, pytest.raises(AnswerTooLarge, match="64 MB"):
        session.send("GET", f"{source.url}/large")


def endless_in_chunks(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    try:
        while True:
            handler.wfile.write(b"%x\r\n%s\r\n" % (1 << 20, bytes(1 << 20)))
    except OSError:
        handler.close_connection = True


def test_an_answer_that_never_ends_is_left(source: FakeSource) -> None:
    source.on("/endless", Reply(act=endless_in_chunks))

    with guarded_session(True) as session, pytest.raises(AnswerTooLarge, match="64 MB"):
        session.send("GET", f"{source.url}/endless")


def cut_in_chunks(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n")
    handler.close_connection = True


@pytest.mark.parametrize("reply", [Reply(body=b"[]", length=99), Reply(act=cut_in_chunks)])
def test_an_answer_that_breaks_off_is_none(source: FakeSource, reply: Reply) -> None:
    source.on("/cut", reply)

    with guarded_session(True) as session, pytest.raises((HTTPError, HTTPException)):
        session.send("GET", f"{source.url}/cut")


def test_an_answer_of_very_many_pieces_is_refused_in_time() -> None:
    begun = time.process_time()

    with pytest.raises(AnswerTooLarge, match="more than 10000 pieces"):
        unpacked(gzip.compress(b"") * 200_000, encoding="gzip")

    assert time.process_time() - begun < 10.0


@pytest.mark.parametrize("encoding", ["gzip", "", "br"])
def test_an_answer_is_unpacked_by_what_it_is(source: FakeSource, encoding: str) -> None:
    packed = gzip.compress(b"[1,") + gzip.compress(b"2]")
    headers = {"Content-Encoding": encoding} if encoding else {}
    source.on("/packed", Reply(body=packed, headers=headers))
    source.on("/plain", Reply(body=b"[1,2]", headers={"Content-Encoding": "gzip"}))
    source.on(
        "/deflated", Reply(body=zlib.compress(b"[1,2]"), headers={"Content-Encoding": "deflate"})
    )

    with guarded_session(True) as session:
        paths = ["/plain", "/deflated"] if encoding == "br" else ["/packed", "/plain"]
        bodies = {session.send("GET", source.url + path).body for path in paths}

    assert bodies == {b"[1,2]"}


@pytest.mark.parametrize(
    ("body", "encoding"),
    # Packed at a fixed time, or the name of the test would be another every second.
    [(b"\x0b\x02", "br"), (gzip.compress(b"[1]", mtime=0)[:-9], "gzip")],
)
def test_an_answer_that_cannot_be_unpacked_is_told_so(
    source: FakeSource, body: bytes, encoding: str
) -> None:
    source.on("/packed", Reply(body=body, headers={"Content-Encoding": encoding}))

    with guarded_session(True) as session, pytest.raises(AnswerUnreadable):
        session.send("GET", f"{source.url}/packed")


def dripping(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    try:
        for _ in range(200):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(0.02)
    finally:
        handler.close_connection = True


def dripping_headers(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    try:
        for number in range(200):
            handler.wfile.write(b"X-%d: 1\r\n" % number)
            handler.wfile.flush()
            time.sleep(0.02)
    finally:
        handler.close_connection = True


def endless_without_length(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n[")
    handler.wfile.flush()
    time.sleep(0.6)
    handler.close_connection = True


@pytest.mark.parametrize("act", [dripping, dripping_headers, endless_without_length])
def test_an_answer_that_trickles_in_is_cut(
    source: FakeSource, act: Callable[[BaseHTTPRequestHandler], None]
) -> None:
    source.on("/slow", Reply(act=act))
    began = time.monotonic()

    with guarded_session(True, seconds=0.3) as session, pytest.raises(AnswerTooSlow):
        session.send("GET", f"{source.url}/slow")

    assert time.monotonic() - began < 2


def test_a_hundred_requests_need_no_more_threads_than_one(source: FakeSource) -> None:
    with guarded_session(True, seconds=60) as session:
        session.send("GET", f"{source.url}/token")
        ours = {each for each in threading.enumerate() if each.name == "alarms"}
        for _ in range(100):
            session.send("GET", f"{source.url}/token")

    assert len(ours) == 1
    assert {each for each in threading.enumerate() if each.name == "alarms"} == ours


def test_tls_proves_the_name_although_an_address_is_connected_to(
    tls_port: int, certificate: Path, resolver: Resolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolver({"till.example": ["127.0.0.1"], "other.example": ["127.0.0.1"]})

    monkeypatch.setattr(certifi, "where", lambda: str(certificate))
    with guarded_session(True) as session:
        answer = session.send("GET", f"https://till.example:{tls_port}/")
        with pytest.raises(ssl.SSLCertVerificationError):
            session.send("GET", f"https://other.example:{tls_port}/")

    assert answer.body == b"[]"


def test_a_certificate_nobody_vouches_for_is_refused(tls_port: int, resolver: Resolver) -> None:
    resolver({"till.example": ["127.0.0.1"]})

    with guarded_session(True) as session, pytest.raises(ssl.SSLCertVerificationError):
        session.send("GET", f"https://till.example:{tls_port}/")


@pytest.mark.parametrize("query", ["?page=2", "?page=2 of 3"])
def test_what_stands_behind_a_hash_is_not_sent(source: FakeSource, query: str) -> None:
    with guarded_session(True) as session:
        session.send("GET", f"{source.url}/token#here{query}")

    assert [(seen.path, seen.params) for seen in source.requests] == [("/token", {})]
