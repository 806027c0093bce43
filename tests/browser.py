"""A real browser for tests: Chromium as the system brings it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Skips where there is no browser, unless MERCURIOS_REQUIRE_BROWSER=1 makes it a must.

    One for each module: while Playwright runs, no other test could start an event loop.
    """
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        advice = "There is no Chromium on this machine. Install it with: apt-get install chromium"
        if os.environ.get("MERCURIOS_REQUIRE_BROWSER") == "1":
            pytest.fail(advice)
        pytest.skip(advice)
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright keeps an event loop in this thread; Django's database is used from it all the
        # same, and nothing here runs at the same time.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()
