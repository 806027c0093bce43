"""The ledger of a day: what is taken in, what is refused, and which version counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from portal.costs.figures import Period, month_of, sums, total
from portal.costs.ledger import Billed, Ledger, take_ledger
from portal.costs.models import Bill, LedgerDay, LedgerLine
from portal.costs.prices import price_of, prices_of, set_price
from portal.costs.selectors import newest_versions
from portal.lib.errors import Refused
from portal.tenants.models import Tenant
from portal.tenants.services import remove_tenant
from tests.examples import examples
from tests.portal.ledger_said import ledger, line, take

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = date(2026, 11, 19)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("every_tenant")]


def spent() -> int:
    return total(sums(month_of(DAY), "on").values()).amount


def test_a_day_is_written_down_with_its_bill_its_lines_and_its_files(retailer: Tenant) -> None:
    said = replace(
        ledger(line(5, of=retailer), line(7, kind="STORAGE", service_type="STORAGE")),
        files={"details": {"key": "costs/x", "sha256": "0" * 64, "bytes": 3}},
    )

    taken = take_ledger(engine="DUCKDB", day=DAY, said=said, at=NOON)

    written = LedgerDay.objects.get()
    assert (taken.version, taken.is_new) == (1, True)
    assert (written.is_current, written.currency, written.taken_at) == (True, "EUR", NOON)
    assert written.files == said.files
    assert Bill.objects.count() == LedgerLine.objects.count() == 2
    assert LedgerLine.objects.get(amount_nanos=5).tenant_slug == retailer.slug


def test_the_same_digest_changes_nothing(retailer: Tenant) -> None:
    for _ in range(3):
        taken = take(line(5, of=retailer), day=DAY, at=NOON)

    assert (taken.version, taken.is_new) == (1, False)
    assert LedgerLine.objects.count() == 1


def test_other_content_is_a_version_that_counts_instead(retailer: Tenant) -> None:
    for amount in (5, 8, 5):
        take(line(amount, of=retailer), day=DAY, at=NOON)

    assert [each.version for each in LedgerDay.objects.filter(is_current=True)] == [3]
    assert [each.amount_nanos for each in Bill.objects.order_by("pk")] == [5, 8, 5]
    assert spent() == 5


def test_days_and_engines_are_added_up(retailer: Tenant) -> None:
    take(line(1, of=retailer), day=DAY, at=NOON)
    take(line(10, of=retailer), day=DAY, at=NOON, engine="SNOWFLAKE")
    take(line(100, of=retailer), day=DAY - timedelta(days=18), at=NOON)
    take(line(1000, of=retailer), day=DAY - timedelta(days=19), at=NOON)

    assert spent() == 111


def test_the_newest_version_of_each_day_is_known_by_its_digest(retailer: Tenant) -> None:
    take(line(1, of=retailer), day=DAY, at=NOON)
    take(line(2, of=retailer), day=DAY, at=NOON)
    take(line(3, of=retailer), day=DAY, at=NOON, engine="SNOWFLAKE")

    [found] = newest_versions(engine="DUCKDB", first=DAY, last=DAY).values()

    assert (found.version, found.digest) == (2, ledger(line(2, of=retailer)).digest)


def test_a_code_that_nobody_has_keeps_its_code() -> None:
    code = uuid4()

    take(line(4, holder="TENANT", tenant_code=code), day=DAY, at=NOON)

    found = LedgerLine.objects.get()
    assert (found.tenant, found.tenant_code, found.tenant_slug) == (None, code, "")
    assert spent() == 4


def test_what_a_tenant_cost_stays_when_the_tenant_goes(retailer: Tenant) -> None:
    take(line(4, of=retailer), day=DAY, at=NOON)

    remove_tenant(tenant=retailer)

    assert spent() == 4
    assert LedgerLine.objects.get().tenant_slug == "alsterhaus-mode"


def wrong_quantity(said: Ledger) -> Ledger:
    return replace(said, bill=[replace(said.bill[0], nanos=said.bill[0].nanos + 1)])


def wrong_amount(said: Ledger) -> Ledger:
    return replace(said, bill=[replace(said.bill[0], amount_nanos=0)])


def wrong_unit(said: Ledger) -> Ledger:
    return replace(said, bill=[replace(said.bill[0], unit="CREDIT")])


def no_bill(said: Ledger) -> Ledger:
    return replace(said, bill=[])


def no_lines(said: Ledger) -> Ledger:
    return replace(said, lines=[])


def billed_twice(said: Ledger) -> Ledger:
    return replace(said, bill=said.bill * 2)


@pytest.mark.parametrize(
    "spoilt", [wrong_quantity, wrong_amount, wrong_unit, no_bill, no_lines, billed_twice]
)
def test_lines_that_do_not_sum_to_the_bill_are_refused(
    retailer: Tenant, spoilt: Callable[[Ledger], Ledger]
) -> None:
    said = spoilt(ledger(line(5, of=retailer)))

    with pytest.raises(Refused, match=r"COMPUTE in C"):
        take_ledger(engine="DUCKDB", day=DAY, said=said, at=NOON)

    assert not LedgerDay.objects.exists()


def test_a_bill_of_nothing_needs_no_line() -> None:
    said = replace(ledger(), bill=[Billed("COMPUTE", "CPU_SECOND", 0, 0)])

    assert take_ledger(engine="DUCKDB", day=DAY, said=said, at=NOON).is_new


def test_money_of_two_currencies_is_never_added_up(retailer: Tenant) -> None:
    with pytest.raises(Refused, match="is in USD, the others are in EUR"):
        take(line(5, of=retailer), day=DAY, at=NOON, currency="USD")


def test_a_day_that_has_not_come_is_refused() -> None:
    with pytest.raises(Refused, match="has not come yet"):
        take(line(5), day=date(2026, 11, 21), at=NOON)


@pytest.mark.parametrize(
    "holder", [{"holder": "TENANT"}, {"holder": "NOBODY", "tenant_code": uuid4()}]
)
def test_a_line_names_a_tenant_if_it_is_a_tenants(holder: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="names a tenant's code"):
        take(line(5, **holder), day=DAY, at=NOON)


SERVICES = ["COMPUTE", "READING", "STORAGE"]
LINES = some.lists(
    some.tuples(
        some.sampled_from(SERVICES), some.integers(-(10**15), 10**15), some.integers(-99, 10**15)
    ),
    max_size=12,
)


@settings(
    max_examples=examples(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(lines=LINES)
def test_what_is_taken_sums_to_the_bill_to_the_last_digit(
    retailer: Tenant, lines: list[tuple[str, int, int]]
) -> None:
    said = [line(a, of=retailer, nanos=n, service_type=service) for service, n, a in lines]

    take(*said, day=DAY, at=NOON)

    current = Bill.objects.filter(ledger__is_current=True)
    billed = {each.service_type: (each.nanos, each.amount_nanos) for each in current}
    found = sums(Period(DAY, DAY + timedelta(days=1)), "service_type")
    assert {key: (each.nanos, each.amount) for (key,), each in found.items()} == billed


def test_a_price_holds_from_its_month_on(retailer: Tenant, other_retailer: Tenant) -> None:
    set_price(tenant=retailer, month=date(2026, 3, 31), amount=Decimal("49.90"))
    set_price(tenant=retailer, month=date(2026, 11, 1), amount=Decimal(59))

    asked = [price_of(tenant=retailer, month=date(2026, month, 15)) for month in (2, 3, 10, 11)]

    assert asked == [None, Decimal("49.90"), Decimal("49.90"), Decimal(59)]
    assert prices_of(month=date(2026, 12, 1)) == {retailer.pk: Decimal(59)}


def test_a_price_that_is_said_again_is_another(retailer: Tenant) -> None:
    for amount in (10, 20):
        set_price(tenant=retailer, month=DAY, amount=Decimal(amount))

    assert price_of(tenant=retailer, month=DAY) == 20


@pytest.mark.parametrize("amount", ["-1", "1.234", "NaN", "1e12"])
def test_what_is_no_price_is_refused(retailer: Tenant, amount: str) -> None:
    with pytest.raises(Refused, match="two decimals"):
        set_price(tenant=retailer, month=DAY, amount=Decimal(amount))
