"""The price of a schedule while somebody types it: fetched by the page itself, under its policy."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from portal.connections.models import Connection
from tests.portal.past_runs import ran, spent

pytest_plugins = ["tests.browser"]
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:No directory at:UserWarning"),
]
SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"


@pytest.fixture
def running(ready_tills: Connection) -> Connection:
    """For ten days at 1.50 a run."""
    today = datetime.now(UTC).date()
    for back in range(1, 11):
        ran(ready_tills, today - timedelta(days=back), times=2, seconds=150)
        spent(ready_tills.tenant, today - timedelta(days=back), 1)
    return ready_tills


@pytest.fixture
def olga_logged_in(chromium: Browser, live_server: LiveServer) -> Iterator[BrowserContext]:
    User.objects.create_superuser("olga", password="olga")
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(f"{live_server.url}/admin/")
    page.locator("[name=username]").fill("olga")
    page.locator("[name=password]").fill("olga")
    page.locator("[type=submit]").click()
    expect(page).to_have_url(f"{live_server.url}/admin/")
    page.close()
    yield context
    context.close()


def shot(page: Page, name: str) -> None:
    """For people who want to see it."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)


def test_the_price_follows_what_is_typed_and_nothing_is_saved(
    olga_logged_in: BrowserContext, live_server: LiveServer, running: Connection
) -> None:
    complaints: list[str] = []
    page = olga_logged_in.new_page()
    page.on("console", lambda said: complaints.append(f"{said.type}: {said.text}"))
    page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
    page.goto(f"{live_server.url}/admin/connections/connection/{running.pk}/setup/")
    price = page.locator("#schedule_price")

    expect(price).to_contain_text("It runs only when asked. A run costs about 1.50 EUR")

    page.locator("#id_kind").select_option("CRON")
    expect(price).to_contain_text("Write the schedule as five cron fields")
    page.locator("#id_cron").press_sequentially("* * * * *")
    expect(price).to_contain_text("starts run, as its runs last beyond the next start")
    shot(page, "schedule-price-cron")

    page.locator("#id_kind").select_option("INTERVAL")
    page.locator("#id_interval_minutes").fill("720")
    expect(price).to_contain_text("Told from what its own runs cost on 10 days.")
    expect(price).to_contain_text("off by 0% at the median")
    shot(page, "schedule-price-interval")

    running.refresh_from_db()
    assert running.schedule.kind == "MANUAL"
    assert [each for each in complaints if not each.startswith(("debug:", "verbose:"))] == []
