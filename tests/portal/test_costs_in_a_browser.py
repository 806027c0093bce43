"""The pages of costs as a browser shows them: they fit, are quiet, and can be told apart."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from portal.costs.collecting import DEPLOYMENT, FLOW
from portal.pipelines.foundations import PLATFORM_TAG
from tests.portal.fake_prefect import FakePrefect
from tests.portal.ledger_month import a_month

pytest_plugins = ["tests.browser"]
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:No directory at:UserWarning"),
]
ROOT = "/admin/costs/"
Scheme = Literal["light", "dark"]
SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"
# The day before yesterday has two versions.
PAGES = {
    "overview": "",
    "tenant": "tenants/alsterhaus-mode/",
    "embedded-tenant": "tenants/kiel-segel/",
    "day": "days/{day}/",
    "queries": "details/queries/",
    "runs": "details/runs/?tenant=alsterhaus-mode",
    "models": "details/models/",
    "connections": "details/connections/",
    "unattributed": "unattributed/",
    "report": "report/{day}/",
    "advice": "advice/",
    "budgets": "budgets/",
    "lift": "budgets/lift/alsterhaus-mode/",
    "budget": "budget/add/",
    "ledger": "ledgerday/",
    "prices": "tenantprice/",
    "price": "tenantprice/add/",
    "audit": "budgetevent/",
}


@pytest.fixture
def address(
    settings: Settings, tmp_path: Path, live_server: LiveServer, transactional_db: None
) -> str:
    settings.LAKE = str(tmp_path)
    settings.ENGINES = ["DUCKDB", "SNOWFLAKE"]
    a_month(tmp_path, today=timezone.now().date(), days=30)
    return str(live_server.url)


def opened(chromium: Browser, address: str, *, width: int, scheme: Scheme) -> BrowserContext:
    """Olga's, who has logged in."""
    client = Client()
    client.force_login(User.objects.create_superuser("olga", password="olga"))
    session = client.cookies["sessionid"].value
    context = chromium.new_context(
        base_url=address, viewport={"width": width, "height": 900}, color_scheme=scheme
    )
    context.add_cookies([{"name": "sessionid", "value": session, "url": address}])
    return context


@pytest.fixture
def page(chromium: Browser, address: str) -> Iterator[Page]:
    context = opened(chromium, address, width=1280, scheme="light")
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_pages_fit_and_are_drawn_quietly(
    chromium: Browser, address: str, width: int, scheme: Scheme
) -> None:
    context = opened(chromium, address, width=width, scheme=scheme)
    page = context.new_page()
    complaints: list[str] = []
    page.on(
        "console",
        lambda said: complaints.append(f"{said.type}: {said.location['url']}: {said.text}"),
    )
    page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)

    for name, path in PAGES.items():
        answer = page.goto(ROOT + path.format(day=_day()))
        assert answer is not None
        assert answer.status == 200, path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        file = SCREENSHOTS / f"costs-{name}-{width}-{scheme}.png"
        page.screenshot(path=file, full_page=True)
        for summary in page.locator("details summary").all():
            summary.click()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path

    context.close()
    # A browser asks once for an icon, which there is none of.
    told_off = [each for each in complaints if "/favicon.ico" not in each]
    assert [each for each in told_off if not each.startswith(("debug:", "verbose:"))] == []


def test_each_kind_of_cost_has_a_pattern_of_its_own(page: Page) -> None:
    page.goto(ROOT)

    fills = page.locator("figure.days .legend rect").evaluate_all(
        "found => found.map(each => each.getAttribute('fill'))"
    )
    patterns = page.locator(".patterns pattern").evaluate_all(
        "found => Object.fromEntries(found.map(each => [`url(#${each.id})`,"
        " each.innerHTML.replace(/c-[a-z-]+/g, '') + (each.getAttribute('patternTransform') || '')"
        "]))"
    )

    assert len(fills) == len(set(fills)) >= 8
    assert len({patterns[each] for each in fills}) == len(fills)


def test_a_bar_leads_to_its_day(page: Page) -> None:
    page.goto(ROOT)

    page.locator("figure.days a").last.click()

    expect(page).to_have_url(re.compile(r"/admin/costs/days/2\d{3}-\d\d-\d\d/$"))


def test_figures_lead_down_to_queries(page: Page) -> None:
    page.goto(ROOT)

    page.get_by_role("link", name="alsterhaus-mode").first.click()
    page.get_by_role("region", name="Models").get_by_role("link", name="Queries").first.click()

    expect(page.get_by_role("heading", name="The most expensive queries")).to_be_visible()
    expect(page.get_by_role("region", name="Queries").locator("tbody tr").first).to_be_visible()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("path", ["report/{day}/", "advice/"])
def test_advice_wraps_within_the_page(page: Page, path: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(ROOT + path.format(day=_day()))
    texts = page.locator(".advice .sentence, .advice .basis")
    expect(texts.first).to_be_visible()

    cut = texts.evaluate_all(
        """found => found.filter(each => {
            each.append(' ' + 'OF_A_WAREHOUSE_'.repeat(17));
            const [right, most] = [each, each.closest('section')]
                .map(one => one.getBoundingClientRect().right);
            return each.scrollWidth > each.clientWidth || right > most;
        }).map(each => each.className)"""
    )

    assert cut == []


def test_the_ledger_is_brought_up_to_date_at_a_press(page: Page, prefect: FakePrefect) -> None:
    prefect.deploy_platform(FLOW, DEPLOYMENT, tag=PLATFORM_TAG)
    page.goto(ROOT)

    page.get_by_role("button", name="Bring up to date now").click()

    expect(page.get_by_text("it takes a minute or two")).to_be_visible()
    assert len(prefect.flow_runs) == 1


def test_a_budget_is_set_lifted_and_holds_again(page: Page) -> None:
    page.goto(f"{ROOT}budgets/")

    page.get_by_role("link", name="Set a budget").click()
    page.locator("[name=tenant]").select_option(label="Isar Rad")
    page.locator("[name=amount]").fill("120")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("link", name="isar-rad", exact=True)).to_be_visible()
    row = page.get_by_role("row").filter(has_text="isar-rad").first
    row.get_by_role("link", name="Lift it").click()
    until = timezone.now() + timedelta(days=1)
    page.get_by_label("Until").fill(f"{until:%Y-%m-%dT%H:%M}")
    page.get_by_label("Reason").fill("Stocktaking.")
    page.get_by_role("button", name="Lift the budget").click()
    expect(page.get_by_text("The budget is lifted until")).to_be_visible()
    expect(page.get_by_text("Stocktaking.").first).to_be_visible()
    row.get_by_role("link", name=f"{until:%Y-%m-%d}").click()
    page.get_by_role("button", name="Let the budget hold again").click()

    expect(page.get_by_text("The budget holds again.").first).to_be_visible()


def _day() -> date:
    return timezone.now().date() - timedelta(days=2)
