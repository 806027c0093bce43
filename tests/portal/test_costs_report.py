"""The daily report: its figures, its mail, and that a day is reported once."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from pytest_django import Settings

from portal.alerts.models import Alert
from portal.costs.daily_report import as_text, daily_report, raise_due_report, raise_report
from portal.costs.models import NANOS, Budget, Kind
from portal.tenants.models import Tenant
from tests.portal.conftest import NOW
from tests.portal.ledger_cast import Part, ledger_day, of_nobody

DAY = date(2026, 11, 20)

pytestmark = pytest.mark.usefixtures("every_tenant", "db")


def a_week(retailer: Tenant, *, credits: str = "1") -> None:
    for back in range(1, 8):
        ledger_day(DAY - timedelta(days=back), [Part(retailer, Kind.DIRECT, credits)])


def there_before(*tenants: Tenant, engine: str = "DUCKDB") -> None:
    keys = [each.pk for each in tenants]
    Tenant.objects.filter(pk__in=keys).update(engine=engine, created_at=NOW - timedelta(days=9))


def test_a_day_is_compared_with_the_median_of_the_seven_before(retailer: Tenant) -> None:
    a_week(retailer)
    ledger_day(DAY - timedelta(days=1), [Part(retailer, Kind.DIRECT, "500")], version=2)
    ledger_day(DAY, [Part(retailer, Kind.DIRECT, "1.5")])

    report = daily_report(day=DAY, at=NOW)

    assert (report.whole.cost, report.whole.median) == (4_500_000_000, 3 * NANOS)
    assert [(each.name, each.change) for each in report.risers] == [
        ("alsterhaus-mode", 1_500_000_000)
    ]


def test_whoever_cost_nothing_on_known_days_is_compared_with_nothing(
    retailer: Tenant, other_retailer: Tenant
) -> None:
    a_week(retailer)
    ledger_day(DAY, [Part(other_retailer, Kind.DIRECT, "1")])

    report = daily_report(day=DAY, at=NOW)

    found = {each.name: (each.cost, each.median) for each in report.tenants}
    assert found == {"chiemsee-sport": (3 * NANOS, 0), "alsterhaus-mode": (0, 3 * NANOS)}


def test_two_days_are_too_few_to_compare_with(retailer: Tenant) -> None:
    for back in (0, 1, 2):
        ledger_day(DAY - timedelta(days=back), [Part(retailer, Kind.DIRECT, "1")])

    report = daily_report(day=DAY, at=NOW)

    assert report.whole.median is None
    assert "too few days before" in as_text(report)


def test_the_tenants_and_the_services_sum_to_the_cost(
    retailer: Tenant, other_retailer: Tenant
) -> None:
    storage = Part(retailer, Kind.STORAGE, "0.3", service="STORAGE", warehouse="")
    ledger_day(DAY, [Part(other_retailer, Kind.IDLE, "1.000000001"), storage])
    ledger_day(DAY, [of_nobody(Part(None, Kind.DIRECT, "2"))], engine="DUCKDB")

    report = daily_report(day=DAY, at=NOW)

    sums = {sum(each.cost for each in found) for found in (report.tenants, report.services)}
    assert sums == {report.whole.cost} == {9_900_000_003}
    assert (report.idle, report.compute, report.unattributed) == (
        3_000_000_003,
        9_000_000_003,
        6 * NANOS,
    )


def test_the_mail_is_plain_and_says_what_matters(retailer: Tenant, settings: Settings) -> None:
    settings.PUBLIC_URL = "https://portal.example.org"
    a_week(retailer)
    ledger_day(DAY, [Part(retailer, Kind.DIRECT, "2"), Part(retailer, Kind.IDLE, "1")])
    Budget.objects.create(tenant=retailer, amount=Decimal(35))

    text = as_text(daily_report(day=DAY, at=NOW))

    assert text.startswith("What 20 November 2026 cost (UTC), in EUR\n")
    assert "Everything: 9.00, 6.00 more than the median of the seven days before (3.00)." in text
    assert "  alsterhaus-mode: 9.00 (+6.00)" in text
    assert "  Idle: 33.3 % of compute" in text
    assert "  alsterhaus-mode: 85.7 % of 35.00; the next step is at 90 %" in text
    assert text.endswith("https://portal.example.org/admin/costs/report/2026-11-20/\n")
    assert "<" not in text


def test_a_provisional_day_is_called_so(retailer: Tenant) -> None:
    ledger_day(DAY, [Part(retailer, Kind.DIRECT, "2")], is_billed=False)

    assert "may still change" in as_text(daily_report(day=DAY, at=NOW))


def test_a_day_is_reported_once_to_every_channel(retailer: Tenant, settings: Settings) -> None:
    settings.ALERTS = ["log:", "mail:olga@example.org"]
    ledger_day(DAY, [Part(retailer, Kind.DIRECT, "2")])

    first = raise_report(day=DAY, at=NOW)
    again = raise_report(day=DAY, at=NOW + timedelta(hours=1))

    assert (len(first), again) == (2, [])
    assert Alert.objects.get(channel="log:").subject == "Mercurios: 2026-11-20 cost 6.00 EUR"


def test_a_day_without_a_ledger_is_not_reported(retailer: Tenant) -> None:
    assert raise_report(day=DAY, at=NOW) == []


@pytest.mark.parametrize(
    ("is_billed", "hour", "reports"), [(True, 1, 1), (False, 11, 0), (False, 12, 1)]
)
def test_yesterday_is_reported_when_it_is_billed_or_at_noon(
    retailer: Tenant, is_billed: bool, hour: int, reports: int
) -> None:
    there_before(retailer, engine="SNOWFLAKE")
    ledger_day(DAY, [Part(retailer, Kind.DIRECT, "2")], is_billed=is_billed)

    found = [raise_due_report(at=NOW.replace(hour=hour)) for _ in range(2)]

    assert [len(each) for each in found] == [reports, 0]


def test_a_day_that_an_engine_has_no_ledger_of_is_told_at_noon_and_reported_later(
    retailer: Tenant, other_retailer: Tenant, settings: Settings
) -> None:
    settings.ALERTS = ["log:"]
    there_before(retailer)
    there_before(other_retailer, engine="SNOWFLAKE")
    ledger_day(DAY, [Part(retailer, Kind.DIRECT, "2")], engine="DUCKDB")

    found = [raise_due_report(at=NOW.replace(hour=hour)) for hour in (1, 11, 12, 13)]
    ledger_day(DAY, [Part(other_retailer, Kind.DIRECT, "1")])
    late = [raise_due_report(at=NOW.replace(hour=14)) for _ in range(2)]

    assert [len(each) for each in found + late] == [0, 0, 1, 0, 1, 0]
    assert found[2][0].kind == Alert.Kind.REPORT
    assert found[2][0].subject == "Mercurios: there is no ledger of 2026-11-20"
    assert "no ledger of 2026-11-20 for Snowflake," in found[2][0].text
    assert "look at the last flow run of costs/every-hour" in found[2][0].text
    assert late[0][0].subject == "Mercurios: 2026-11-20 cost 9.00 EUR"


def test_of_an_engine_without_tenants_on_the_day_no_ledger_is_missed(retailer: Tenant) -> None:
    Tenant.objects.update(created_at=NOW.replace(hour=0, minute=0))

    assert raise_due_report(at=NOW.replace(hour=13)) == []
