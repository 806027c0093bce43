"""Who of the staff sees what of costs: prices and budgets are for those who may view them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Permission, User
from django.test import Client
from pytest_django import Settings

from portal.costs.models import Budget, Kind, TenantPrice
from portal.pipelines.models import Restraint
from portal.tenants.models import Tenant
from tests.portal.conftest import NOW
from tests.portal.ledger_cast import Part, ledger_day
from tests.portal.test_costs_admin import ROOT, file_of, page

DAY = date(2026, 11, 20)
TENANT = "tenants/alsterhaus-mode/"
REPORT = f"report/{DAY}/"
# What is said of a budget, and of a price, anywhere on the pages below.
OF_BUDGETS = {"421.00", "Budget", "budget", "Warned", "Three quarters are spent."}
OF_PRICES = {"873.00", "Price", "price of", "Margin", "margin"}

pytestmark = [
    pytest.mark.usefixtures("every_tenant", "db", "agreed"),
    pytest.mark.filterwarnings("ignore:No directory at:UserWarning"),
]


@pytest.fixture(autouse=True)
def _today(settings: Settings, tmp_path: Path) -> Any:
    settings.LAKE = str(tmp_path)
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def agreed(retailer: Tenant) -> None:
    """A tenant with a budget, which holds it back, and a price; the platform has a budget, too."""
    ledger_day(DAY, [Part(retailer, Kind.DIRECT, "110")])
    Budget.objects.create(tenant=retailer, amount=Decimal(421))
    Budget.objects.create(tenant=None, amount=Decimal(421))
    TenantPrice.objects.create(tenant=retailer, from_month=DAY.replace(day=1), amount=Decimal(873))
    Restraint.objects.create(
        tenant=retailer, level="WARNED", reason="Three quarters are spent.", since=NOW
    )


@pytest.fixture
def looker() -> Callable[..., Client]:
    """Lisa's browser. She may see the ledger, and what is said."""

    def with_rights(*rights: str) -> Client:
        lisa = User.objects.create_user("lisa", password="lisa", is_staff=True)
        names = ("view_ledgerday", *rights)
        lisa.user_permissions.set(Permission.objects.filter(codename__in=names))
        client = Client()
        client.force_login(lisa)
        return client

    return with_rights


def said_on(client: Client, path: str, *, of: set[str]) -> set[str]:
    content = page(client, path).select_one(".costs")
    assert content is not None
    text = content.get_text(" ")
    return {each for each in of if each in text}


@pytest.mark.parametrize("path", ["", TENANT, REPORT])
def test_the_ledger_alone_shows_neither_budgets_nor_prices(
    looker: Callable[..., Client], path: str
) -> None:
    assert said_on(looker(), path, of=OF_BUDGETS | OF_PRICES) == set()


@pytest.mark.parametrize("path", ["", TENANT, REPORT])
def test_whoever_may_see_budgets_sees_no_prices(looker: Callable[..., Client], path: str) -> None:
    client = looker("view_budget")

    assert "421.00" in said_on(client, path, of=OF_BUDGETS)
    assert said_on(client, path, of=OF_PRICES) == set()


@pytest.mark.parametrize("path", ["", TENANT])
def test_whoever_may_see_prices_sees_no_budgets(looker: Callable[..., Client], path: str) -> None:
    client = looker("view_tenantprice")

    assert "873.00" in said_on(client, path, of=OF_PRICES)
    assert said_on(client, path, of=OF_BUDGETS) == set()


def test_files_have_no_more_than_the_page(looker: Callable[..., Client]) -> None:
    client = looker()

    answers = [client.get(f"{ROOT}{path}") for path in ("?csv=agreements", f"{REPORT}?csv=budgets")]

    assert [each.status_code for each in answers] == [404, 404]


@pytest.mark.parametrize(
    ("right", "columns"),
    [
        ("view_budget", ["tenant", "cost", "budget", "budget_used", "level"]),
        ("view_tenantprice", ["tenant", "cost", "price", "margin", "margin_share"]),
    ],
)
def test_a_file_has_the_columns_that_one_may_see(
    looker: Callable[..., Client], right: str, columns: list[str]
) -> None:
    found = file_of(looker(right), "?csv=agreements")

    assert found[0] == columns
    assert len(found[1]) == len(columns)


def test_only_who_has_something_of_what_is_shown_is_listed(
    looker: Callable[..., Client], other_retailer: Tenant
) -> None:
    Budget.objects.create(tenant=other_retailer, amount=Decimal(10))

    found = file_of(looker("view_tenantprice"), "?csv=agreements")

    assert [row[0] for row in found[1:]] == ["alsterhaus-mode"]


def test_the_way_to_set_a_budget_is_for_those_who_may(
    looker: Callable[..., Client], olga: User
) -> None:
    Budget.objects.all().delete()
    operator = Client()
    operator.force_login(olga)

    found = [
        bool(page(client, TENANT).select(f'a[href^="{ROOT}budget/add/"]'))
        for client in (operator, looker("view_budget"))
    ]

    assert found == [True, False]
