"""The tenant's page as a member sees it: logged in, drawn, quiet, and without other hosts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from portal.tenants.models import Tenant
from portal.tenants.services import add_member, create_tenant
from tests.portal.publication_of import publish
from tests.portal.publication_rows import HOSTILE, retailer_rows

pytest_plugins = ["tests.browser"]
pytestmark = [
    pytest.mark.django_db(transaction=True),
    # Static files come from where they are: nothing was collected for tests.
    pytest.mark.filterwarnings("ignore:No directory at:UserWarning"),
]

SCREENSHOTS = Path("build/screenshots")
PASSWORD = "a-long-invented-password"
VIEWS = ("", "sales/", "products/", "stock/", "shops/", "customers/")


@dataclass
class Watched:
    """A page with everything that went on behind it."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)
    failures: list[str] = field(default_factory=list)

    def listen(self) -> None:
        self.page.on("console", lambda said: self.complaints.append(f"{said.type}: {said.text}"))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))
        self.page.on("requestfailed", lambda request: self.failures.append(request.url))


@pytest.fixture
def tenant(settings: Settings, tmp_path: Path) -> Tenant:
    settings.LAKE = str(tmp_path)
    tenant = create_tenant(slug="alster-mode", name="Alster Mode")
    publish(lake=tmp_path, tenant=tenant.code, rows=retailer_rows())
    alice = User.objects.create_user(username="alice", password=PASSWORD)
    add_member(tenant=tenant, user=alice, role="ADMIN")
    return tenant


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    yield context
    context.close()


@pytest.fixture
def alice(tenant: Tenant, context: BrowserContext, live_server: LiveServer) -> Watched:
    """Alice, who has just logged in by the form."""
    watched = Watched(context.new_page())
    watched.listen()
    watched.page.goto(f"{live_server.url}/t/{tenant.slug}/")
    watched.page.get_by_label("User name").fill("alice")
    watched.page.get_by_label("Password").fill(PASSWORD)
    watched.page.get_by_role("button", name="Log in").click()
    expect(watched.page.get_by_role("heading", level=1)).to_contain_text("Alster Mode")
    return watched


def colours_drawn(page: Page) -> list[int]:
    """For each chart the number of different colours on its canvas; an empty one has one."""
    page.wait_for_timeout(600)  # the charts grow for a moment
    found: list[int] = page.evaluate(
        """() => [...document.querySelectorAll('.drawing')].map((box) => {
            const canvas = box.querySelector('canvas');
            const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
            return new Set(new Uint32Array(pixels.data.buffer)).size;
        })"""
    )
    return found


def test_alice_sees_her_figures_with_drawn_charts_and_nothing_else_is_fetched(
    alice: Watched, live_server: LiveServer
) -> None:
    charts = colours_drawn(alice.page)

    assert len(charts) == 2
    assert min(charts) > 10
    assert alice.complaints == []
    assert alice.failures == []
    assert alice.hosts == {urlsplit(live_server.url).netloc}
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    alice.page.screenshot(path=SCREENSHOTS / "tenant-page.png", full_page=True)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("width", [1280, 390])
def test_every_page_is_drawn_quietly_and_fits_its_window(
    alice: Watched, live_server: LiveServer, view: str, width: int
) -> None:
    alice.page.set_viewport_size({"width": width, "height": 844})

    alice.page.goto(f"{live_server.url}/t/alster-mode/{view}")

    assert min(colours_drawn(alice.page)) > 5
    assert alice.complaints == []
    assert alice.page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_hostile_product_name_is_shown_and_not_run(
    alice: Watched, live_server: LiveServer
) -> None:
    alice.page.on("dialog", lambda dialog: alice.complaints.append(dialog.message))

    alice.page.goto(f"{live_server.url}/t/alster-mode/products/?q=onerror")
    colours_drawn(alice.page)
    alice.page.locator(".drawing").hover()

    expect(alice.page.get_by_role("rowheader", name=HOSTILE)).to_be_visible()
    assert alice.page.locator("img").count() == 0
    assert alice.complaints == []


def test_a_definition_opens_with_the_keyboard(alice: Watched) -> None:
    definition = alice.page.locator(".figure").first.locator("details")

    definition.locator("summary").press("Enter")

    expect(definition.get_by_text("What sales_7d of business_dashboard means.")).to_be_visible()


def test_the_charts_follow_a_change_to_dark(alice: Watched) -> None:
    def drawn() -> str:
        colours_drawn(alice.page)
        return str(alice.page.evaluate("document.querySelector('.drawing canvas').toDataURL()"))

    light = drawn()
    alice.page.emulate_media(color_scheme="dark")

    assert drawn() != light


def test_without_javascript_the_numbers_are_all_there(
    chromium: Browser, alice: Watched, live_server: LiveServer
) -> None:
    cookies = alice.page.context.cookies()
    context = chromium.new_context(java_script_enabled=False)
    context.add_cookies([{**each} for each in cookies])  # type: ignore[typeddict-item]
    page = context.new_page()

    page.goto(f"{live_server.url}/t/alster-mode/")

    page.get_by_text("Show as a table").click()
    expect(page.get_by_role("rowheader", name="20 Nov 2026")).to_be_visible()
    context.close()
