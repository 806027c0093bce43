"""One platform, one till and two retailers for all journeys. Every part of it is real."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.forms import Page, browse_http
from tests.journeys.databases import databases
from tests.journeys.figures import Api
from tests.journeys.watching import runs_of, wait_for_run
from tests.processes import Platform
from tests.simulators.process import Company, Simulator

# The secrets are canaries: they are looked for in everything that was written.
ALICES = Company("alices-mode", "CANARY-KEY-alice", "CANARY-SECRET-alice", lines=900, seed=31)
CHARLIES = Company("charlies-sport", "CANARY-KEY-charlie", "CANARY-SECRET-charlie", 400, seed=32)


@dataclass(frozen=True)
class Retailer:
    """A tenant of the platform and the company of the till that it is read from."""

    company: Company
    first_run: dict[str, Any]

    @property
    def slug(self) -> str:
        return self.company.name

    @property
    def path(self) -> str:
        return f"{self.slug}/tills"


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def till() -> Iterator[Simulator]:
    with Simulator(ALICES, CHARLIES) as running:
        yield running


@pytest.fixture(scope="session")
def platform(home: Path) -> Iterator[Platform]:
    with databases() as settings, Platform(home=home, settings=settings) as running:
        yield running


@pytest.fixture(scope="session")
def admin(platform: Platform) -> Page:
    """The admin's start page, after logging in with the password that was printed."""
    login = browse_http(platform.url, "/admin/")
    page = login.press("Log in", username="operator", password=platform.password)
    assert page.path == "/admin/", page.words
    return page


@pytest.fixture(scope="session")
def api(platform: Platform) -> Api:
    """The REST API with an operator's key, which may read every tenant."""
    return Api(url=platform.url, key=platform.issue_key(scopes=["read"]))


def onboard_by_forms(admin: Page, company: Company, till: Simulator) -> None:
    """With a run every minute."""
    page = admin.open("/admin/tenants/tenant/add/").press(
        "Save", slug=company.name, name=company.name.title(), time_zone="Europe/Berlin"
    )
    page = page.follow("Add connection").press("Save", connector="prohandel", name="tills")
    page = page.press(
        "Save and test",
        api_key=company.api_key,
        api_secret=company.secret,
        auth_url=till.auth_url,
    )
    page = page.press("Save and deploy", kind="INTERVAL", interval_minutes=1)
    assert "is deployed" in page.words, page.words


def pass_a_day(
    admin: Page,
    platform: Platform,
    till: Simulator,
    *,
    path: str,
    company: Company,
    status: str = "",
) -> dict[str, Any]:
    """The first scheduled run after the shops were open for another day.

    The connection is paused meanwhile, so that no run reads one half before and one half after.

    :param status: of the run, where others may be cancelled because one still goes on
    """
    connection = admin.open("/admin/connections/connection/").follow(path)
    connection.press("Pause")
    wait_for_run(platform, path, after=None, all_ended=True)
    before = runs_of(platform, path)[0]
    till.advance(days=1, company=company.name)
    till.reset_requests()
    connection.open(connection.path).press("Resume")
    return wait_for_run(platform, path, after=before, status=status)


@pytest.fixture(scope="session")
def alice(admin: Page, platform: Platform, till: Simulator) -> Retailer:
    onboard_by_forms(admin, ALICES, till)
    run = wait_for_run(platform, f"{ALICES.name}/tills", after=None)
    return Retailer(company=ALICES, first_run=run)


@pytest.fixture(scope="session")
def charlie(platform: Platform, till: Simulator, tmp_path_factory: Any) -> Retailer:
    """Onboarded from the command line."""
    file = tmp_path_factory.mktemp("credentials") / "charlie.json"
    file.write_text(
        json.dumps(
            {
                "api_key": CHARLIES.api_key,
                "api_secret": CHARLIES.secret,
                "auth_url": till.auth_url,
            }
        )
    )
    run = platform.manage_json(
        "onboard",
        *("--tenant", CHARLIES.name, "--connector", "prohandel", "--connection", "tills"),
        *("--credentials", str(file), "--run", "--wait"),
    )
    return Retailer(company=CHARLIES, first_run=run)


@pytest.fixture(scope="session")
def day_later(admin: Page, alice: Retailer, platform: Platform, till: Simulator) -> dict[str, Any]:
    return pass_a_day(admin, platform, till, path=alice.path, company=ALICES)
