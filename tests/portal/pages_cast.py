"""The cast of the pages' tests: Alice and Bob belong to the retailer, Charlie to another one,
Olga looks after the platform, and nobody is logged in."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from portal.tenants.models import Member, Tenant
from portal.tenants.services import add_member, create_tenant
from tests.portal.publication_of import publish


@dataclass(frozen=True)
class Cast:
    lake: Path
    tenant: Tenant
    other: Tenant
    alice: Client
    bob: Client
    charlie: Client
    olga: Client
    nobody: Client

    def publish(self, rows: Any = None, **more: Any) -> str:
        return publish(lake=self.lake, tenant=self.tenant.code, rows=rows, **more)

    def page(self, path: str = "", **asked: str) -> BeautifulSoup:
        """One of the retailer's pages as Bob sees it."""
        response = self.bob.get(f"/t/alster-mode/{path}", asked)
        assert response.status_code == 200, response.content.decode()
        return BeautifulSoup(response.content, "html.parser")


def texts(page: BeautifulSoup, selector: str) -> list[str]:
    return [" ".join(each.get_text().split()) for each in page.select(selector)]


def table_rows(page: BeautifulSoup, caption: str) -> list[list[str]]:
    """The rows of the table that has this caption, cell by cell."""
    for table in page.select("table"):
        if table.caption and table.caption.get_text() == caption:
            return [texts_of(row) for row in table.select("tbody tr")]
    raise AssertionError(f"There is no table {caption}.")


def charts(page: BeautifulSoup) -> dict[str, Any]:
    """What the charts of a page draw, by the id of their data."""
    found = page.select('script[type="application/json"]')
    return {str(each["id"]): json.loads(each.get_text()) for each in found}


def texts_of(row: Any) -> list[str]:
    return [" ".join(cell.get_text().split()) for cell in row.find_all(["th", "td"])]


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def the_cast(settings: Settings, lake: Path) -> Cast:
    """Needs the database."""
    settings.LAKE = str(lake)
    settings.STATIC_ROOT = str(lake)  # nothing was collected, and nothing is looked for
    settings.WHITENOISE_USE_FINDERS = False
    tenant = create_tenant(slug="alster-mode", name="Alster Mode")
    other = create_tenant(slug="isar-schuh", name="Isar Schuh")
    people = {name: User.objects.create_user(name) for name in ("alice", "bob", "charlie")}
    add_member(tenant=tenant, user=people["alice"], role=Member.Role.ADMIN)
    add_member(tenant=tenant, user=people["bob"], role=Member.Role.VIEWER)
    add_member(tenant=other, user=people["charlie"], role=Member.Role.ADMIN)
    olga = User.objects.create_user("olga", is_staff=True)
    return Cast(
        lake=lake,
        tenant=tenant,
        other=other,
        olga=logged_in(olga),
        nobody=Client(),
        **{name: logged_in(user) for name, user in people.items()},
    )
