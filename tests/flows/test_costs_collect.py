"""Collecting costs: one engine's trouble is not another's, and nothing is told twice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from flows.costs.collect import Collected, collect
from flows.portal import Portal
from tests.flows.fake_portal import TOKEN, FakePortal, Told
from tests.flows.shop import settings_of

ALICE = {"code": "11111111-1111-4111-8111-111111111111", "slug": "alice", "engine": "DUCKDB"}
BOB = {"code": "22222222-2222-4222-8222-222222222222", "slug": "bob", "engine": "SNOWFLAKE"}
NOON = datetime(2026, 3, 29, 12, tzinfo=UTC)
TODAY, YESTERDAY = date(2026, 3, 29), date(2026, 3, 28)
DAY = re.compile(r"/api/v1/platform/ledger/(\w+)/(\d{4}-\d{2}-\d{2})")


def a_run(*, finished_at: datetime, cpu_seconds: float) -> dict[str, Any]:
    return {
        "run": f"33333333-3333-4333-8333-{finished_at:%Y%m%d%H%M}",
        "tenant": ALICE["code"],
        "connection": "44444444-4444-4444-8444-444444444444",
        "finished_at": finished_at.isoformat(),
        "bytes_read": 10**9,
        "steps": {"extract": {"seconds": cpu_seconds, "cpu_seconds": cpu_seconds}},
    }


class Books(FakePortal):
    """A portal that keeps the newest ledger of each day, and refuses some."""

    def __init__(self) -> None:
        super().__init__()
        self.tenants = [ALICE]
        self.runs = [
            a_run(finished_at=NOON - timedelta(days=back), cpu_seconds=7) for back in (0, 1)
        ]
        self.ledgers: dict[tuple[str, str], dict[str, Any]] = {}
        self.refused: set[str] = set()

    def answer(self, told: Told, token: str) -> tuple[int, Any]:
        place = urlsplit(told.path).path
        if place.endswith("/platform/usage"):
            prices = dict.fromkeys(("credit", "snowflake_tb_month", "gb_read", "gb_month"), "1")
            prices["cpu_hour"] = "3600"
            said = {"currency": "EUR", "prices": prices}
            return 200, {**said, "tenants": self.tenants, "runs": self.runs}
        if told.method == "GET" and "/platform/ledger/" in place:
            engine = place.rpartition("/")[2]
            held = [(day, each) for (of, day), each in self.ledgers.items() if of == engine]
            return 200, [{"day": day, "version": 1, "digest": each["digest"]} for day, each in held]
        if told.method == "PUT" and (found := DAY.fullmatch(place)):
            if found[2] in self.refused:
                return 400, {"detail": "The lines do not sum to the bill."}
            self.ledgers[found[1], found[2]] = told.body
        return super().answer(told, token)

    def sent(self) -> list[str]:
        """Which days were told, and not only confirmed; forgets it."""
        days = [found[2] for told in self.told if (found := DAY.fullmatch(told.path))]
        self.told.clear()
        return days


@pytest.fixture
def books() -> Iterator[Books]:
    with Books() as portal:
        for path in ("DUCKDB/seen", "SNOWFLAKE/seen"):
            portal.answers["POST", f"/api/v1/platform/ledger/{path}"] = (200, {"days": 1})
        for day in (TODAY, YESTERDAY):
            path = f"/api/v1/platform/ledger/DUCKDB/{day}"
            portal.answers["PUT", path] = (200, {"version": 1, "is_new": True})
        yield portal


def collected(books: Books, home: Path, *, at: datetime = NOON) -> Collected:
    settings = settings_of(home, books)
    with closing(Portal(url=books.url, token=TOKEN)) as portal:
        return collect(portal=portal, settings=settings, at=at)


def test_what_runs_measured_becomes_the_ledger_of_their_days(books: Books, tmp_path: Path) -> None:
    done = collected(books, tmp_path)

    assert done.days == {"DUCKDB": [YESTERDAY, TODAY]}
    ledger = books.ledgers["DUCKDB", str(YESTERDAY)]
    [work] = [line for line in ledger["lines"] if line["kind"] == "DIRECT"]
    assert (work["tenant_code"], work["nanos"]) == (ALICE["code"], 7 * 10**9)
    assert work["amount_nanos"] == 7 * 10**9  # an hour of the processor costs 3600
    assert ledger["is_billed"]
    assert not books.ledgers["DUCKDB", str(TODAY)]["is_billed"]


def test_what_has_not_changed_is_confirmed_and_not_told_again(books: Books, tmp_path: Path) -> None:
    collected(books, tmp_path)
    books.sent()

    done = collected(books, tmp_path, at=NOON + timedelta(minutes=1))

    confirmed = [told.body["days"] for told in books.told if told.path.endswith("/seen")]
    assert done.text == "Nothing has changed."
    assert confirmed == [[str(YESTERDAY), str(TODAY)]]
    assert books.sent() == []


def test_a_refused_day_keeps_no_other_one_from_being_told(books: Books, tmp_path: Path) -> None:
    books.refused = {str(YESTERDAY)}

    done = collected(books, tmp_path)

    assert done.days == {"DUCKDB": [TODAY]}
    [problem] = done.problems
    assert problem.startswith(f"DUCKDB on {YESTERDAY} was refused: ")
    assert "The lines do not sum to the bill." in problem


def test_a_snowflake_that_cannot_be_read_keeps_no_other_engine_waiting(
    books: Books, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MERCURIOS_SNOWFLAKE_ADMIN_USER", raising=False)
    books.tenants = [ALICE, BOB]

    done = collected(books, tmp_path)

    assert done.days == {"DUCKDB": [YESTERDAY, TODAY]}
    [problem] = done.problems
    assert problem.startswith("Set MERCURIOS_SNOWFLAKE_ADMIN_USER where provisioning runs")


def test_an_account_that_nobody_is_on_any_more_may_be_gone(
    books: Books, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MERCURIOS_SNOWFLAKE_ADMIN_USER", raising=False)
    books.ledgers["SNOWFLAKE", str(YESTERDAY)] = {"digest": "of long ago"}

    assert collected(books, tmp_path).problems == []
