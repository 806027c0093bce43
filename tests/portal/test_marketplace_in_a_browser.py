"""The marketplace's pages as a browser shows them: they fit, are quiet, and lead to the end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from portal.marketplace.models import ConnectorVersion
from portal.marketplace.wording import PREVIEW
from portal.tenants.models import Tenant
from tests.portal.marketplace_cast import DOCUMENT, KEY, Till, running_till

pytest_plugins = ["tests.browser"]
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:No directory at:UserWarning"),
]
ROOT = "/admin/marketplace/uploadedconnector/"


@pytest.fixture
def till() -> Iterator[Till]:
    with running_till() as running:
        yield running


@pytest.fixture
def context(chromium: Browser, live_server: LiveServer) -> Iterator[BrowserContext]:
    """Olga's, who has logged in."""
    client = Client()
    client.force_login(User.objects.create_superuser("olga", password="olga"))
    session = client.cookies["sessionid"].value
    context = chromium.new_context(
        base_url=live_server.url, viewport={"width": 1280, "height": 900}
    )
    context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    yield context
    context.close()


def test_a_connector_goes_through_the_marketplace(
    context: BrowserContext, retailer: Tenant, till: Till, tmp_path: Path
) -> None:
    page = context.new_page()
    complaints: list[str] = []
    page.on(
        "console",
        lambda said: complaints.append(f"{said.type}: {said.location['url']}: {said.text}"),
    )
    page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
    file = tmp_path / "connector.yaml"
    file.write_text(DOCUMENT)

    page.goto(f"{ROOT}add/")
    page.locator("[name=file]").set_input_files(file)
    page.get_by_label("What is new").fill("The first one.")
    _fits(page)
    page.locator("button[name=_upload]").click()
    expect(page.get_by_text("Tillpoint version 1 is kept.")).to_be_visible()
    expect(page.get_by_text(PREVIEW)).to_be_visible()
    _fits(page)

    page.get_by_role("link", name="Try it").click()
    page.locator("[name=tenant]").select_option(label="Alsterhaus Mode")
    page.get_by_label("Address").fill(till.url)
    page.get_by_label("API key").fill(KEY)
    _fits(page)
    page.get_by_role("button", name="Try with these").click()
    expect(page.get_by_text("All 2 streams can be read.").first).to_be_visible()

    page.get_by_label("Alsterhaus Mode").check()
    page.get_by_role("button", name="Roll out").click()
    expect(page.get_by_text("is used by Alsterhaus Mode from now on.")).to_be_visible()
    _fits(page)

    page.goto(ROOT)
    expect(page.get_by_text("Alsterhaus Mode (1)")).to_be_visible()
    _fits(page)
    page.get_by_role("link", name="Tillpoint", exact=True).click()
    expect(page.get_by_role("button", name="Withdraw")).to_be_visible()
    _fits(page)
    page.goto(f"/admin/connections/connection/add/?tenant={retailer.pk}")
    expect(page.get_by_text("Not everything in a preview could be checked")).to_be_visible()
    assert ConnectorVersion.objects.count() == 1
    told_off = [each for each in complaints if "/favicon.ico" not in each]
    assert [each for each in told_off if not each.startswith(("debug:", "verbose:"))] == []


def _fits(page: Page) -> None:
    """On a screen and on a phone nothing is wider than the window."""
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url
