"""The documentation page as a browser shows it: drawn, quiet, and without other hosts."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

pytest_plugins = ["tests.browser"]
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:No directory at:UserWarning"),
]


def test_the_page_is_drawn_under_its_policy(chromium: Browser, live_server: LiveServer) -> None:
    page = chromium.new_page()
    complaints: list[str] = []
    hosts: set[str] = set()
    page.on("console", lambda said: complaints.append(said.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))

    page.goto(f"{live_server.url}/api/v1/docs")
    expect(page.get_by_text("/tenants/{tenant}/publications/{publication}/{view}")).to_be_visible()
    page.close()

    assert complaints == []
    assert hosts <= {urlsplit(live_server.url).netloc, ""}
