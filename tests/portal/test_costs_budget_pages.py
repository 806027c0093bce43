"""Budgets and prices in the admin: what may be set, by whom, and what the audit says of it."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from portal.costs.models import Budget, BudgetEvent, BudgetOverride, TenantPrice
from portal.tenants.models import Tenant
from tests.forms import browse
from tests.portal.fake_prefect import FakePrefect

ROOT = "/admin/costs/"
# What each right is needed for.
DOORS = {
    "add_budget": "budget/add/",
    "add_budgetoverride": "budgets/lift/alsterhaus-mode/",
    "add_tenantprice": "tenantprice/add/",
}

pytestmark = [
    pytest.mark.usefixtures("every_tenant", "db", "prefect"),
    pytest.mark.filterwarnings("ignore:No directory at:UserWarning"),
]


@pytest.fixture
def staff(olga: User) -> Client:
    client = Client()
    client.force_login(olga)
    return client


def set_budget(client: Client, tenant: Tenant | None, **values: str) -> str:
    """What the page says after it."""
    said = {
        "tenant": str(tenant.pk) if tenant else "",
        "amount": "100",
        "warn_at": "75",
        "slow_at": "90",
        "skip_analytics_at": "100",
        "pause_at": "120",
        **values,
    }
    answer = client.post(f"{ROOT}budget/add/", said, follow=True)
    return answer.content.decode()


def client_with(*rights: str) -> Client:
    """Lisa's browser, who is staff."""
    lisa = User.objects.create_user("lisa", password="lisa", is_staff=True)
    lisa.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client = Client()
    client.force_login(lisa)
    return client


def audit() -> list[tuple[str, str]]:
    return list(BudgetEvent.objects.order_by("pk").values_list("what", "who"))


def test_a_budget_is_set_and_written_down(staff: Client, retailer: Tenant) -> None:
    set_budget(staff, retailer, amount="250.50", pause_at="")

    budget = Budget.objects.get()
    assert (budget.tenant, budget.amount, budget.pause_at) == (retailer, Decimal("250.50"), None)
    assert audit() == [("SET", "olga")]


def test_the_platform_has_a_budget_of_its_own(staff: Client, retailer: Tenant) -> None:
    set_budget(staff, retailer)
    set_budget(staff, None, amount="1000")

    assert Budget.objects.get(tenant=None).amount == 1000
    assert "The whole platform" in staff.get(f"{ROOT}budgets/").content.decode()


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"amount": "0"}, "above zero"),
        ({"warn_at": "95"}, "do not fall"),
        ({"pause_at": "5000"}, "from 1 to 1000"),
    ],
)
def test_what_makes_no_sense_is_a_sentence(
    staff: Client, retailer: Tenant, values: dict[str, str], sentence: str
) -> None:
    assert sentence in set_budget(staff, retailer, **values)
    assert not Budget.objects.exists()


def test_a_second_budget_is_no_second_budget(staff: Client, retailer: Tenant) -> None:
    set_budget(staff, retailer)

    said = set_budget(staff, retailer, amount="1")

    assert "alsterhaus-mode has a budget already. Change that one." in said
    assert Budget.objects.get().amount == 100


def test_a_budget_is_changed_and_removed(staff: Client, retailer: Tenant) -> None:
    set_budget(staff, retailer)
    budget = Budget.objects.get()

    changed = staff.post(f"{ROOT}budget/{budget.pk}/change/", {"amount": "80", "warn_at": "50"})
    amount = Budget.objects.get().amount
    staff.post(f"{ROOT}budget/{budget.pk}/delete/", {"post": "yes"})

    assert (changed.status_code, amount) == (302, Decimal(80))
    assert not Budget.objects.exists()
    assert [what for what, _ in audit()] == ["SET", "SET", "REMOVED"]


def test_a_budget_is_lifted_with_a_reason_and_holds_again(staff: Client, retailer: Tenant) -> None:
    set_budget(staff, retailer)
    until = timezone.now() + timedelta(days=2)
    lift = f"{ROOT}budgets/lift/alsterhaus-mode/"

    staff.post(lift, {"until": f"{until:%Y-%m-%dT%H:%M}", "reason": "Stocktaking."})
    lifted = BudgetOverride.objects.get()
    shown = staff.get(f"{ROOT}budgets/").content.decode()
    staff.post(lift, {"end": "1"})

    assert (lifted.reason, lifted.who, lifted.until.second) == ("Stocktaking.", "olga", 0)
    assert f"{until:%Y-%m-%d %H:%M} UTC" in shown
    assert audit() == [("SET", "olga"), ("OVERRIDDEN", "olga"), ("OVERRIDE_ENDED", "olga")]


def test_nobody_lifts_a_budget_for_ever_or_without_a_reason(
    staff: Client, retailer: Tenant
) -> None:
    set_budget(staff, retailer)
    lift = f"{ROOT}budgets/lift/alsterhaus-mode/"

    far = staff.post(lift, {"until": "2100-01-01T00:00", "reason": "Why not?"})
    silent = staff.post(lift, {"until": "2100-01-01T00:00", "reason": " "})

    assert "Choose an end within the next" in far.content.decode()
    assert silent.status_code == 200
    assert not BudgetOverride.objects.exists()


def test_whoever_may_look_may_not_set_or_lift(retailer: Tenant) -> None:
    client = client_with("view_ledgerday", "view_budget", "view_tenantprice")

    answers = [client.post(f"{ROOT}{path}").status_code for path in DOORS.values()]

    assert (client.get(f"{ROOT}budgets/").status_code, answers) == (200, [403, 403, 403])


@pytest.mark.parametrize("right", DOORS)
def test_every_right_but_the_one_that_it_needs_opens_no_door(retailer: Tenant, right: str) -> None:
    of_costs = Permission.objects.filter(content_type__app_label="costs")
    others = of_costs.exclude(codename=right).values_list("codename", flat=True)
    client = client_with(*others)

    answers = {name: client.get(f"{ROOT}{path}").status_code for name, path in DOORS.items()}

    assert answers == {name: 403 if name == right else 200 for name in DOORS}


def test_a_price_holds_from_a_month_on(staff: Client, retailer: Tenant) -> None:
    said = {"tenant": retailer.pk, "from_month": "2026-11", "amount": "450"}

    staff.post(f"{ROOT}tenantprice/add/", said)

    price = TenantPrice.objects.get()
    assert (price.from_month, price.amount) == (date(2026, 11, 1), Decimal(450))


def test_a_price_is_corrected(staff: Client, retailer: Tenant) -> None:
    price = TenantPrice.objects.create(
        tenant=retailer, from_month=date(2026, 11, 1), amount=Decimal(45)
    )

    staff.post(f"{ROOT}tenantprice/{price.pk}/change/", {"amount": "450"})

    assert TenantPrice.objects.get().amount == 450


def test_lifting_needs_a_token(operator: Client, retailer: Tenant, prefect: FakePrefect) -> None:
    answer = operator.post(f"{ROOT}budgets/lift/alsterhaus-mode/", {"end": "1"})

    assert answer.status_code == 403
    assert browse(operator, f"{ROOT}budgets/lift/alsterhaus-mode/") is not None
