"""Snowflake's pages as a browser shows them: they fit, are quiet, and stand a double click."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from portal.pipelines.foundations import PLATFORM_TAG
from portal.warehouses.models import WarehouseAction
from portal.warehouses.services import Report, take_report
from tests.portal.conftest import NOW
from tests.portal.fake_prefect import FakePrefect
from tests.portal.test_warehouses_admin import LIST, SEEN

pytest_plugins = ["tests.browser"]
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:No directory at:UserWarning"),
]
PAGES = ("", "do/suspend-warehouses/", "do/plan/")


@pytest.fixture
def context(
    chromium: Browser, live_server: LiveServer, settings: Settings
) -> Iterator[BrowserContext]:
    """Olga's, who has logged in."""
    settings.ENGINES = ["DUCKDB", "SNOWFLAKE"]
    client = Client()
    client.force_login(User.objects.create_superuser("olga", password="olga"))
    session = client.cookies["sessionid"].value
    context = chromium.new_context(base_url=live_server.url)
    context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.mark.parametrize("width", [1280, 390])
def test_the_pages_fit_and_are_drawn_quietly(page: Page, width: int) -> None:
    told = "create the schema MERCURIOS_DATA.TENANT_ALSTERHAUS_MODE_AND_MORE_ANALYTICS"
    take_report(Report("plan", told, differences=1, warehouses=SEEN), row=None, at=NOW)
    complaints: list[str] = []
    page.on(
        "console",
        lambda said: complaints.append(f"{said.type}: {said.location['url']}: {said.text}"),
    )
    page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
    page.set_viewport_size({"width": width, "height": 900})

    for path in PAGES:
        answer = page.goto(LIST + path)
        assert answer is not None
        assert answer.status == 200
        for summary in page.locator("details summary").all():
            summary.click()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path

    # A browser asks once for an icon, which there is none of.
    told_off = [each for each in complaints if "/favicon.ico" not in each]
    assert [each for each in told_off if not each.startswith(("debug:", "verbose:"))] == []


def test_a_double_click_on_the_last_button_acts_once(page: Page, prefect: FakePrefect) -> None:
    prefect.deploy_platform("snowflake", "on-request", tag=PLATFORM_TAG)
    page.goto(f"{LIST}do/suspend-warehouses/")
    page.get_by_label("Type SUSPEND").fill("SUSPEND")

    page.get_by_role("button", name="Suspend all warehouses").dblclick()

    expect(page.get_by_text("it starts as soon as a worker is free")).to_be_visible()
    assert len(prefect.flow_runs) == 1
    assert WarehouseAction.objects.count() == 1
