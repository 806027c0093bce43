"""Two retailers on one platform: neither sees a byte of the other."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import UUID

import duckdb
import pytest

from tests.forms import browse_http
from tests.journeys.conftest import Retailer
from tests.journeys.figures import Api, Publication, published, true
from tests.processes import Platform
from tests.simulators.process import Simulator


def code_of(platform: Platform, slug: str) -> str:
    [tenant] = platform.rows("select code from tenants_tenant where slug = ?", slug)
    return str(UUID(str(tenant["code"])))


@pytest.fixture(scope="module")
def charlies(charlie: Retailer, platform: Platform) -> Api:
    """The REST API with a key of Charlie's."""
    return Api(url=platform.url, key=platform.issue_key(scopes=["read"], tenant=charlie.slug))


def test_charlies_figures_are_charlies_own(
    charlies: Api, alice: Retailer, charlie: Retailer, till: Simulator
) -> None:
    shown = published(Publication(charlies, charlie.slug))

    assert charlie.first_run["status"] == "COMPLETED"
    assert shown == true(till.truth(charlie.company.name))


def test_charlies_key_finds_alices_tenant_no_more_than_one_that_does_not_exist(
    alice: Retailer, charlie: Retailer, charlies: Api
) -> None:
    own, other, invented = (
        charlies.get(f"tenants/{slug}/publications/current/business_dashboard")
        for slug in (charlie.slug, alice.slug, "nobody-at-all")
    )

    assert own.status_code == 200
    assert other.status_code == invented.status_code == 404
    assert other.content == invented.content


def test_alices_pages_are_not_there_for_charlie(
    alice: Retailer, charlie: Retailer, platform: Platform
) -> None:
    script = (
        "from django.contrib.auth.models import User\n"
        "from portal.tenants.selectors import tenant_by_slug\n"
        "from portal.tenants.services import add_member\n"
        "user = User.objects.create_user('charlie', password='a-long-and-odd-one')\n"
        f"add_member(tenant=tenant_by_slug({charlie.slug!r}), user=user)\n"
    )
    platform.manage("shell", "--no-imports", "-c", script)
    page = browse_http(platform.url, "/login").press(
        "Log in", username="charlie", password="a-long-and-odd-one"
    )

    assert page.open(f"/t/{charlie.slug}/").status == 200
    assert page.open(f"/t/{alice.slug}/").status == 404


def test_each_warehouse_and_each_folder_of_the_lake_holds_one_tenant(
    alice: Retailer, charlie: Retailer, platform: Platform, home: Path
) -> None:
    for slug in (alice.slug, charlie.slug):
        code = code_of(platform, slug)
        files = list((home / "lake" / code).rglob("*.parquet"))
        views = [file for file in files if "publications" in file.parts]
        assert views
        for file in views:
            found = duckdb.sql(f"select distinct tenant_id from '{file}'").fetchall()
            assert found in ([], [(code,)]), file
        folder = home / "lake" / code
        manifests = [json.loads(file.read_text()) for file in folder.rglob("manifest.json")]
        assert {manifest["tenant"] for manifest in manifests} == {code}
