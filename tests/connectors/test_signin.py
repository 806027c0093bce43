from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from flows.connectors.reader import Reader, ReadFailed, ReadInterrupted
from flows.connectors.spec import parse_connector
from tests.connectors import shop
from tests.connectors.fake_source import FakeSource, Reply, Seen

# So many requests may be under way if a connector does not say it.
AT_ONCE = 4
LAST = {"X-More": "False"}
PAGE = Reply(body=[{"id": 1}], headers=LAST)


def only_with(token: str) -> Callable[[Seen], Reply]:
    def answer(seen: Seen) -> Reply:
        return PAGE if seen.headers["authorization"] == f"Bearer {token}" else Reply(status=401)

    return answer


def read(reader: Reader) -> None:
    for _ in reader.pages("sale", since=None):
        pass


def test_a_token_that_ends_early_is_replaced_once(source: FakeSource) -> None:
    source.on(
        "/token",
        Reply(body=shop.grant(source.url)),
        Reply(body=shop.grant(source.url, token="canary-token-new")),
    )
    source.on("/api/sale", only_with("canary-token-new"))

    with shop.reader(source.url) as reader:
        read(reader)

    assert len(source.asked("/token")) == 2
    assert len(source.asked("/api/sale")) == 2


def test_a_key_that_was_revoked_is_not_hammered(source: FakeSource) -> None:
    source.on("/api/sale", Reply(status=401))

    with (
        shop.reader(source.url) as reader,
        pytest.raises(ReadFailed, match=r"Till rejected the key\. Paste a new one\."),
    ):
        read(reader)

    assert len(source.asked("/token")) == 2
    assert len(source.asked("/api/sale")) == 2


def test_a_wrong_key_is_tried_once_for_all_streams(source: FakeSource) -> None:
    source.on("/token", Reply(status=401))

    with shop.reader(source.url) as reader:
        for _ in range(3):
            with pytest.raises(ReadFailed, match="Till rejected the key"):
                read(reader)

    assert len(source.requests) == 1


def test_threads_share_one_new_login(source: FakeSource) -> None:
    everybody_asked = threading.Barrier(AT_ONCE)

    def answer(seen: Seen) -> Reply:
        if seen.headers["authorization"] == f"Bearer {shop.TOKEN}":
            everybody_asked.wait(timeout=10)
            return Reply(status=401)
        return PAGE

    source.on(
        "/token",
        Reply(body=shop.grant(source.url)),
        Reply(body=shop.grant(source.url, token="canary-token-new")),
    )
    source.on("/api/sale", answer)

    with shop.reader(source.url) as reader, ThreadPoolExecutor(AT_ONCE) as threads:
        for done in [threads.submit(read, reader) for _ in range(AT_ONCE)]:
            done.result()

    assert len(source.asked("/token")) == 2


def test_a_token_is_refreshed_before_it_ends(source: FakeSource) -> None:
    source.on("/api/sale", PAGE)
    clock = shop.Clock()

    with shop.reader(source.url, clock=clock) as reader:
        read(reader)
        clock.pass_(1800 - 301)
        read(reader)
        assert source.asked("/refresh") == []
        clock.pass_(1)
        read(reader)

    [refresh] = source.asked("/refresh")
    assert refresh.method == "POST"
    assert refresh.headers["authorization"] == f"Bearer {shop.REFRESH}"
    assert len(source.asked("/token")) == 1
    last = source.asked("/api/sale")[-1]
    assert last.headers["authorization"] == "Bearer canary-token-second"


def test_a_short_token_is_refreshed_with_a_quarter_of_its_life_left(source: FakeSource) -> None:
    source.on("/token", Reply(body=shop.grant(source.url, seconds=40)))
    source.on("/api/sale", PAGE)
    clock = shop.Clock()

    with shop.reader(source.url, clock=clock) as reader:
        read(reader)
        clock.pass_(31)
        read(reader)

    assert len(source.asked("/refresh")) == 1


@pytest.mark.parametrize("refusal", [Reply(status=400), Reply(status=503)])
def test_a_refused_refresh_leads_to_a_new_login(source: FakeSource, refusal: Reply) -> None:
    source.on("/refresh", refusal)
    source.on("/api/sale", PAGE)
    clock = shop.Clock()

    with shop.reader(source.url, clock=clock) as reader:
        read(reader)
        clock.pass_(1700)
        read(reader)

    assert len(source.asked("/token")) == 2


@pytest.mark.parametrize("seconds", [None, "soon", -1, 0, True])
def test_a_lifetime_that_makes_no_sense_waits_for_the_401(
    source: FakeSource, seconds: object
) -> None:
    source.on("/token", Reply(body=shop.grant(source.url, seconds=seconds)))
    source.on("/api/sale", PAGE)
    clock = shop.Clock()

    with shop.reader(source.url, clock=clock) as reader:
        read(reader)
        clock.pass_(86_400)
        read(reader)

    assert len(source.asked("/token")) == 1


def test_a_source_without_refresh_gets_a_new_login_in_time(source: FakeSource) -> None:
    client = shop.document()["client"]
    del client["auth"]["refresh"]
    source.on("/api/sale", PAGE)
    clock = shop.Clock()

    with shop.reader(source.url, of=shop.connector(client=client), clock=clock) as reader:
        read(reader)
        clock.pass_(1700)
        read(reader)

    assert len(source.asked("/token")) == 2


def test_a_login_that_is_down_interrupts(source: FakeSource) -> None:
    source.on("/token", Reply(status=503))

    with shop.reader(source.url) as reader, pytest.raises(ReadInterrupted, match="status 503"):
        read(reader)

    assert len(source.asked("/token")) == 5


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(body=b"<html>"), "not answered in JSON"),
        (Reply(body={"access_token": shop.TOKEN}), r"no token at token\.value"),
        (Reply(body={"token": {"value": shop.TOKEN}}), "no host at serverUrl"),
        (Reply(status=302, headers={"Location": "/x"}), "refused the login with status 302"),
        (Reply(status=400), "refused the login with status 400"),
    ],
)
def test_an_odd_login_is_the_tenants_to_look_at(
    source: FakeSource, reply: Reply, reason: str
) -> None:
    source.on("/token", reply)

    with shop.reader(source.url) as reader, pytest.raises(ReadFailed, match=reason):
        read(reader)


@pytest.mark.parametrize(
    "host", ["ftp://till.example", "http://", "http://a:b@127.0.0.1", "http://[::1", "http://x:0"]
)
def test_a_host_from_the_login_must_be_usable(source: FakeSource, host: str) -> None:
    source.on("/token", Reply(body=shop.grant(host)))

    with shop.reader(source.url) as reader, pytest.raises(ReadFailed, match="a host we cannot use"):
        read(reader)


def test_a_slash_at_the_end_of_the_host_is_no_other_host(source: FakeSource) -> None:
    source.on("/token", Reply(body=shop.grant(f"{source.url}/")))
    source.on("/api/sale", PAGE)

    with shop.reader(source.url) as reader:
        read(reader)

    assert source.asked("/api/sale")


def test_a_pasted_token_needs_no_login(source: FakeSource) -> None:
    document = shop.document()
    document["credentials"] |= {"server": {"title": "Server", "kind": "url"}}
    document["client"] |= {
        "base_url": "{server}/api",
        "auth": {"by": "bearer", "token": "api_secret"},
    }
    source.on("/api/sale", PAGE, Reply(status=401))
    connector = parse_connector(name="till", document=document)
    reader = Reader(
        connector,
        shop.credentials("https://unused.example") | {"server": source.url},
        allow_private=True,
        time_zone=shop.BERLIN,
        clock=shop.Clock(),
        sleep=shop.Naps(),
    )

    with reader:
        read(reader)
        with pytest.raises(ReadFailed, match="Till rejected the key"):
            read(reader)

    assert [seen.path for seen in source.requests] == ["/api/sale", "/api/sale"]
    assert source.requests[0].headers["authorization"] == f"Bearer {shop.SECRET}"
