"""Closed months: their days stay as they are, and what is restated is posted to the journal."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from portal.costs.figures import Period, line_sums, month_of, sums, total
from portal.costs.ledger import close_months
from portal.costs.models import (
    JournalEntry,
    JournalLine,
    LedgerDay,
    LedgerLine,
    LedgerMonth,
)
from portal.costs.selectors import closed_months, is_closed, journal
from portal.tenants.models import Tenant
from tests.examples import examples
from tests.portal.ledger_said import line, take

DAY = date(2026, 10, 14)
THEN = datetime(2026, 10, 20, 12, tzinfo=UTC)
CLOSING = datetime(2026, 11, 6, tzinfo=UTC)
LATER = datetime(2026, 11, 20, 12, tzinfo=UTC)
EVER = Period(date(2026, 1, 1), date(2028, 1, 1))

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("every_tenant")]


def of_month(day: date) -> int:
    return total(sums(month_of(day), "on").values()).amount


def test_a_month_is_closed_when_the_sixth_day_of_the_next_begins(retailer: Tenant) -> None:
    take(line(5, of=retailer), day=DAY, at=THEN)

    before = close_months(at=CLOSING - timedelta(seconds=1))
    closed = close_months(at=CLOSING)
    again = close_months(at=LATER)

    assert (before, [each.month for each in closed], again) == ([], [date(2026, 10, 1)], [])
    assert closed_months().get().closed_at == CLOSING
    assert (is_closed(DAY), is_closed(date(2026, 11, 1))) == (True, False)


def test_what_is_restated_before_the_closing_counts_in_its_month(retailer: Tenant) -> None:
    take(line(5, of=retailer), day=DAY, at=THEN)

    take(line(8, of=retailer), day=DAY, at=CLOSING - timedelta(seconds=1))

    assert of_month(DAY) == 8
    assert not JournalEntry.objects.exists()


def test_what_is_restated_afterwards_counts_where_it_is_posted(
    retailer: Tenant, other_retailer: Tenant
) -> None:
    take(line(5, of=retailer), line(3), day=DAY, at=THEN)
    close_months(at=CLOSING)

    taken = take(line(8, of=retailer), line(2, of=other_retailer), day=DAY, at=LATER)

    entry = journal().get()
    assert (taken.version, LedgerDay.objects.get(is_current=True).version) == (2, 1)
    assert (entry.posted_on, entry.ledger.version) == (LATER.date(), 2)
    assert {(each.tenant_slug, each.amount_nanos) for each in entry.lines.all()} == {
        ("alsterhaus-mode", 3),
        ("chiemsee-sport", 2),
        ("", -3),
    }
    assert (of_month(DAY), of_month(LATER.date())) == (8, 2)


def test_what_is_said_twice_is_posted_once(retailer: Tenant) -> None:
    take(line(5, of=retailer), day=DAY, at=THEN)
    close_months(at=CLOSING)

    for _ in range(3):
        take(line(8, of=retailer), day=DAY, at=LATER)

    assert JournalEntry.objects.count() == 1


def test_a_second_correction_is_the_difference_to_the_first(retailer: Tenant) -> None:
    take(line(5, of=retailer), day=DAY, at=THEN)
    close_months(at=CLOSING)

    for amount in (8, 5, 6):
        take(line(amount, of=retailer), day=DAY, at=LATER)

    posted = JournalLine.objects.order_by("pk").values_list("amount_nanos", flat=True)
    assert list(posted) == [3, -3, 1]


def test_what_differs_in_nothing_but_its_bill_day_posts_nothing(retailer: Tenant) -> None:
    take(line(5, of=retailer), day=DAY, at=THEN, is_billed=False)
    close_months(at=CLOSING)

    taken = take(line(5, of=retailer), day=DAY, at=LATER, is_billed=True)

    assert (taken.version, taken.is_new) == (2, True)
    assert not JournalEntry.objects.exists()


def test_a_day_that_was_missed_until_its_month_was_closed_is_posted_whole(
    retailer: Tenant,
) -> None:
    take(line(5, of=retailer), day=DAY, at=THEN)
    close_months(at=CLOSING)

    take(line(7, of=retailer), day=DAY + timedelta(days=1), at=LATER)

    assert (of_month(DAY), of_month(LATER.date())) == (5, 7)


def test_a_correction_across_the_turn_of_a_year_counts_in_the_new_one(retailer: Tenant) -> None:
    last = date(2026, 12, 31)
    take(line(5, of=retailer), day=last, at=datetime(2027, 1, 1, tzinfo=UTC))
    close_months(at=datetime(2027, 1, 6, tzinfo=UTC))

    take(line(4, of=retailer), day=last, at=datetime(2027, 1, 6, tzinfo=UTC))

    assert (of_month(last), of_month(date(2027, 1, 1))) == (5, -1)


@pytest.mark.parametrize(
    ("taken", "kept_days"), [(THEN, 60), (datetime(2026, 10, 14, 23, 59, tzinfo=UTC), 3)]
)
def test_lines_of_versions_that_do_not_count_are_forgotten_and_their_bill_stays(
    retailer: Tenant, taken: datetime, kept_days: int
) -> None:
    """Those of a day that was not over yet sooner than others."""
    for amount in (5, 8):
        take(line(amount, of=retailer), day=DAY, at=taken)
    kept = []

    for seconds in (0, 1):
        at = taken + timedelta(days=kept_days, seconds=seconds)
        take(line(1), day=date(2026, 9, 1 + seconds), at=at)
        kept.append(LedgerLine.objects.filter(ledger__day=DAY).count())

    assert kept == [2, 1]
    assert LedgerDay.objects.filter(day=DAY).count() == 2
    assert of_month(DAY) == 8


SERVICES = ["COMPUTE", "STORAGE"]
VERSION = some.lists(
    some.tuples(some.sampled_from(SERVICES), some.booleans(), some.integers(-50, 50)), max_size=4
)
# On which of three days, after how many more days, with which lines.
STORY = some.lists(
    some.tuples(some.integers(0, 2), some.integers(0, 40), VERSION), min_size=1, max_size=12
)
DAYS = [date(2026, 10, 31), date(2026, 11, 1), date(2026, 11, 30)]


@settings(
    max_examples=examples(80),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(story=STORY)
def test_whatever_is_said_when_the_last_word_is_what_was_billed(
    retailer: Tenant, story: list[tuple[int, int, list[tuple[str, bool, int]]]]
) -> None:
    for model in (JournalEntry, LedgerDay, LedgerMonth):
        model.objects.all().delete()
    at = datetime(2026, 12, 1, tzinfo=UTC)
    last: dict[date, list[tuple[str, bool, int]]] = {}
    closed: dict[date, int] = {}

    for which, wait, version in story:
        at += timedelta(days=wait)
        closed |= {each.month: within(each.month) for each in close_months(at=at)}
        lines = [
            line(amount, of=retailer if is_hers else None, service_type=service)
            for service, is_hers, amount in version
        ]
        take(*lines, day=DAYS[which], at=at)
        last[DAYS[which]] = version

    said = sum(amount for version in last.values() for _, _, amount in version)
    hers = sum(amount for version in last.values() for _, is_hers, amount in version if is_hers)
    assert total(sums(EVER, "on").values()).amount == said
    by_tenant = {key: each.amount for (key,), each in sums(EVER, "tenant_id").items()}
    assert by_tenant.get(retailer.pk, 0) == hers
    # What is closed has not changed since, whatever was said of it.
    assert {month: within(month) for month in closed} == closed


def within(month: date) -> int:
    """What the days of a month come to without the journal."""
    return total(line_sums(month_of(month), "on").values()).amount
