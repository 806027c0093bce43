"""The admin as a browser shows it: its scripts run under the policy, and nothing else may."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from portal.connections.models import Connection

pytest_plugins = ["tests.browser"]
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:No directory at:UserWarning"),
]

PAGES = (
    "",
    "tenants/tenant/",
    "tenants/tenant/add/",
    "tenants/tenant/{tenant}/change/",
    "connections/connection/",
    "connections/connection/add/",
    "marketplace/uploadedconnector/",
    "marketplace/uploadedconnector/add/",
    "connections/connection/{connection}/change/",
    "connections/connection/{connection}/credentials/",
    "connections/connection/{connection}/setup/",
    "runs/run/",
    "pipelines/pipeline/",
    "costs/",
    "access/apikey/add/",
    "auth/user/",
    "auth/user/{user}/change/",
    "password_change/",
)


@pytest.fixture
def page(chromium: Browser, live_server: LiveServer) -> Iterator[Page]:
    """Olga's, who has just logged in by the form."""
    User.objects.create_superuser("olga", password="olga")
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(f"{live_server.url}/admin/")
    page.locator("[name=username]").fill("olga")
    page.locator("[name=password]").fill("olga")
    page.locator("[type=submit]").click()
    expect(page).to_have_url(f"{live_server.url}/admin/")
    yield page
    context.close()


def test_every_page_of_the_admin_is_drawn_quietly_under_its_policy(
    page: Page, live_server: LiveServer, ready_tills: Connection
) -> None:
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(f"{said.type}: {page.url}: {said.text}"))
    page.on("pageerror", lambda error: complaints.append(f"error: {page.url}: {error}"))
    olga = User.objects.get(username="olga")

    for path in PAGES:
        address = path.format(tenant=ready_tills.tenant_id, connection=ready_tills.pk, user=olga.pk)
        answer = page.goto(f"{live_server.url}/admin/{address}")
        assert answer is not None
        assert answer.status == 200, address
        policy = answer.headers["content-security-policy"].split("; ")
        assert "script-src 'self' 'unsafe-eval'" in policy
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy

    # What Chromium would do better with a form is a hint, and not about the policy.
    assert [each for each in complaints if not each.startswith(("debug:", "verbose:"))] == []


def test_a_script_in_a_page_of_the_admin_does_not_run(page: Page) -> None:
    page.evaluate(
        "() => { const s = document.createElement('script'); s.textContent = 'window.ran = true';"
        " document.body.append(s); }"
    )

    assert page.evaluate("() => window.ran") is None
