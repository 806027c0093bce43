from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from flows.connectors.reader import ReadFailed, ReadInterrupted
from flows.connectors.spec import Connector, ConnectorInvalid, parse_connector
from tests.connectors import paged, shop
from tests.connectors.conftest import Resolver
from tests.connectors.fake_source import FakeSource, Reply, Seen

JOB = {
    "start": {"path": "reports", "body": {"kind": "sales"}},
    "id": "report.id",
    "poll": "reports/{job}",
    "every": "10 seconds",
    "at_most": "1 minute",
    "state": "status",
    "done": ["DONE"],
    "failed": ["FAILED"],
    "cancelled": ["CANCELLED"],
    "result": "url",
}


def document(*, job: dict[str, Any] | None = None, **stream: Any) -> dict[str, Any]:
    changes = {"path": "", "load": "full", "records": "data", "pages": {"by": "none"}}
    wanted = {name: value for name, value in (JOB | (job or {})).items() if value is not None}
    return shop.stream_document(job=wanted, **(changes | stream))


def connector(**changes: Any) -> Connector:
    return parse_connector(name="till", document=document(**changes))


def read(
    source: FakeSource, of: Connector, *, since: datetime | None = None, naps: Any = None
) -> list[Any]:
    with shop.reader(source.url, of=of, naps=naps) as reader:
        return paged.records(list(reader.pages("sale", since=since)))


@pytest.fixture(autouse=True)
def started(source: FakeSource) -> None:
    source.on("/api/reports", Reply(status=202, body={"report": {"id": "r/1"}}))
    source.on("/api/reports/r/1", Reply(body={"status": "DONE", "url": "/api/files/1"}))
    source.on("/api/files/1", Reply(body={"data": [{"id": 1}]}))


def test_a_report_is_started_awaited_and_fetched(source: FakeSource) -> None:
    naps = shop.Naps()
    source.on(
        "/api/reports/r/1",
        Reply(status=202, body={"status": "QUEUED"}),
        Reply(body={"status": "running"}),
        Reply(body={"status": "done", "url": f"{source.url}/api/files/1"}),
    )

    assert read(source, connector(), naps=naps) == [{"id": 1}]

    [start] = source.asked("/api/reports")
    assert (start.method, json.loads(start.body)) == ("POST", {"kind": "sales"})
    assert naps.long == [10.0, 10.0, 10.0]
    assert source.asked("/api/files/1")[0].headers["authorization"] == f"Bearer {shop.TOKEN}"


def test_a_report_can_be_downloaded_at_a_path_in_pages(source: FakeSource) -> None:
    items = [{"id": number} for number in range(7)]
    source.on("/api/reports/r/1/rows", lambda seen: paged.cursor(items, paged.asked(seen)))
    pages = {"by": "cursor", "send": "after", "take_header": "X-Next"}
    job = {"result": None, "download": "reports/{job}/rows"}

    assert read(source, connector(job=job, pages=pages)) == items


def test_a_report_is_asked_for_what_changed(source: FakeSource) -> None:
    load = {
        "by": "parameter",
        "in": "body",
        "send": "range.from",
        "overlap": "1 hour",
        "format": "%Y-%m-%d",
    }

    read(source, connector(load=load), since=datetime(2026, 11, 20, 12, tzinfo=UTC))

    [start] = source.asked("/api/reports")
    assert json.loads(start.body) == {"kind": "sales", "range": {"from": "2026-11-20"}}


def test_a_report_can_be_a_table(source: FakeSource) -> None:
    source.on("/api/files/1", Reply(body=b"Nr;Betrag\r\n007;1,50\r\n"))
    records = {"as": "csv", "columns": {"Nr": "id", "Betrag": "amount"}, "delimiter": ";"}

    assert read(source, connector(records=records)) == [{"id": "007", "amount": "1,50"}]


def test_a_report_that_failed_is_told(source: FakeSource) -> None:
    source.on("/api/reports/r/1", Reply(body={"status": "failed"}))

    with pytest.raises(ReadFailed, match="Sales: the source says about its report: failed"):
        read(source, connector())


def test_a_report_that_was_cancelled_is_made_by_the_next_run(source: FakeSource) -> None:
    source.on("/api/reports/r/1", Reply(body={"status": "CANCELLED"}))

    with pytest.raises(ReadInterrupted, match="CANCELLED"):
        read(source, connector())


def test_a_report_that_is_never_done_is_given_up(source: FakeSource) -> None:
    source.on("/api/reports/r/1", Reply(body={"status": "QUEUED"}))

    with pytest.raises(ReadInterrupted, match="did not finish its report within 1 minutes"):
        read(source, connector())

    assert len(source.asked("/api/reports/r/1")) == 6


def test_two_streams_that_are_read_at_a_time_have_one_report_made_after_the_other(
    source: FakeSource,
) -> None:
    making, most = 0, 0
    lock = threading.Lock()

    def begin(_: Seen) -> Reply:
        nonlocal making, most
        with lock:
            making += 1
            most = max(most, making)
        time.sleep(0.1)
        return Reply(status=202, body={"report": {"id": "r/1"}})

    def end(_: Seen) -> Reply:
        nonlocal making
        with lock:
            making -= 1
        return Reply(body={"status": "DONE", "url": "/api/files/1"})

    source.on("/api/reports", begin)
    source.on("/api/reports/r/1", end)
    whole = document()
    streams = whole["streams"] | {"stock": whole["streams"]["sale"] | {"title": "Stock"}}
    of = parse_connector(name="till", document=whole | {"streams": streams})

    with shop.reader(source.url, of=of) as reader, ThreadPoolExecutor(2) as threads:
        read_at_once = threads.map(
            lambda name: paged.records(list(reader.pages(name, since=None))), ["sale", "stock"]
        )

    assert [*read_at_once] == [[{"id": 1}], [{"id": 1}]]
    assert len(source.asked("/api/reports")) == 2
    assert most == 1


def test_a_start_without_a_number_is_an_error(source: FakeSource) -> None:
    source.on("/api/reports", Reply(body={"report": {}}))

    with pytest.raises(ReadFailed, match=r"the answer to its start has no report\.id"):
        read(source, connector())


def test_a_finished_report_without_an_address_is_an_error(source: FakeSource) -> None:
    source.on("/api/reports/r/1", Reply(body={"status": "DONE"}))

    with pytest.raises(ReadFailed, match="has no address at url"):
        read(source, connector())


def test_a_result_that_expired_fails_the_stream(source: FakeSource) -> None:
    source.on("/api/files/1", Reply(status=410))

    with pytest.raises(ReadFailed, match="410"):
        read(source, connector())


@pytest.fixture
def store(source: FakeSource, resolver: Resolver) -> Iterator[FakeSource]:
    """Another host, where the source says the report is."""
    store = FakeSource()
    resolver({"files.store.example": ["127.0.0.1"]})
    address = f"http://files.store.example:{store.port}/signed?signature=x"
    source.on("/api/reports/r/1", Reply(body={"status": "DONE", "url": address}))
    store.on("/signed", Reply(body={"data": [{"id": 2}]}))
    yield store
    store.close()


def test_a_result_elsewhere_is_not_fetched_unless_its_host_is_listed(
    source: FakeSource, store: FakeSource
) -> None:
    with pytest.raises(ReadFailed, match="on another host"):
        read(source, connector(job={"result_hosts": ["other.example", "*.files.store.example"]}))

    assert store.requests == []


@pytest.mark.parametrize("host", ["files.store.example", "*.store.example"])
def test_a_listed_host_never_gets_the_token(
    source: FakeSource, store: FakeSource, host: str
) -> None:
    assert read(source, connector(job={"result_hosts": [host]})) == [{"id": 2}]

    [asked] = store.asked("/signed")
    assert "authorization" not in asked.headers
    assert asked.params == {"signature": "x"}


@pytest.mark.parametrize(
    ("job", "sentence"),
    [
        ({"result": None}, "either result or download"),
        ({"download": "reports/{job}/file"}, "either result or download"),
        ({"failed": ["done"]}, "A state has one meaning: done"),
        ({"done": []}, "streams.sale.job.done: "),
        ({"every": "0 seconds"}, "longer than nothing"),
        ({"poll": "reports/{number}"}, "streams.sale.job.poll: There is no credential number"),
        ({"poll": "https://x.example/{job}"}, "streams.sale.job.poll: Write a path below"),
        ({"result_hosts": ["https://x.example"]}, "streams.sale.job.result_hosts"),
    ],
)
def test_a_mistake_about_a_report_is_named(job: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConnectorInvalid) as caught:
        connector(job=job)

    assert sentence in str(caught.value)
