"""`manage.py query`: the published numbers on the command line."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from portal.tenants.models import Tenant
from portal.tenants.services import create_tenant
from tests.portal.publication_of import folder_of, publish

pytestmark = pytest.mark.django_db

MORNING = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
SHOP = {"shop_id": "1", "shop_name": "=Harbour", "currency": "EUR", "total_revenue": "10.10"}
SQL = "select shop_name, total_revenue from shop_performance order by shop_name"


@pytest.fixture
def tenant(settings: Settings, tmp_path: Path) -> Tenant:
    settings.LAKE = str(tmp_path)
    return create_tenant(slug="alster", name="Alster Mode")


def asked(*words: str) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("query", *words, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def published(tenant: Tenant, lake: Path, **more: Any) -> str:
    return publish(lake=lake, tenant=tenant.code, rows={"shop_performance": [SHOP]}, **more)


def test_answers_as_a_table(tenant: Tenant, tmp_path: Path) -> None:
    published(tenant, tmp_path)

    out, err = asked("alster", SQL)

    assert out.splitlines()[2].split() == ["=Harbour", "10.10"]
    assert err == ""


def test_answers_as_csv_that_a_spreadsheet_does_not_run(tenant: Tenant, tmp_path: Path) -> None:
    published(tenant, tmp_path)

    out, _ = asked("alster", SQL, "--format", "csv")

    assert list(csv.reader(io.StringIO(out, newline=""))) == [
        ["shop_name", "total_revenue"],
        ["'=Harbour", "10.10"],
    ]


def test_answers_as_json_and_names_the_publication(tenant: Tenant, tmp_path: Path) -> None:
    publication = published(tenant, tmp_path)

    out, _ = asked("alster", SQL, "--format", "json")

    said = json.loads(out)
    assert said["publication"] == publication
    assert said["rows"] == [["=Harbour", "10.10"]]
    assert said["columns"][1] == {"name": "total_revenue", "type": "DECIMAL(18,2)"}


def test_answers_as_of_an_earlier_publication(tenant: Tenant, tmp_path: Path) -> None:
    first = published(tenant, tmp_path, at=MORNING)
    publish(lake=tmp_path, tenant=tenant.code, at=MORNING + timedelta(days=1))

    now, _ = asked("alster", SQL, "--format", "json")
    then, _ = asked("alster", SQL, "--format", "json", "--as-of", first)

    assert json.loads(now)["rows"] == []
    assert json.loads(then)["rows"] == [["=Harbour", "10.10"]]


def test_says_when_there_are_more_rows_than_asked_for(tenant: Tenant, tmp_path: Path) -> None:
    published(tenant, tmp_path)

    out, err = asked("alster", "select * from range(5)", "--format", "csv", "--limit", "2")

    assert out.splitlines() == ["range", "0", "1"]
    assert "Raise --limit" in err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nobody", SQL], "There is no tenant nobody"),
        (["alster", "drop view shop_performance"], "Only SELECT is possible"),
        (["alster", "select 1; select 2"], "one statement at a time"),
        (["alster", SQL, "--as-of", "yesterday"], "There is no publication yesterday"),
        (["alster", SQL, "--limit", "0"], "Ask for 1 to"),
    ],
)
def test_what_cannot_be_answered_is_one_sentence(
    tenant: Tenant, tmp_path: Path, words: list[str], sentence: str
) -> None:
    published(tenant, tmp_path)

    with pytest.raises(CommandError, match=sentence) as caught:
        asked(*words)

    assert "\n" not in str(caught.value)
    assert caught.value.returncode == 1


def test_a_tenant_without_publications_is_told_what_to_do(tenant: Tenant) -> None:
    with pytest.raises(CommandError, match="Run one of the tenant's connections first"):
        asked("alster", SQL)


def test_a_broken_publication_is_a_sentence(tenant: Tenant, tmp_path: Path) -> None:
    publication = published(tenant, tmp_path)
    folder = folder_of(lake=tmp_path, tenant=tenant.code, publication=publication)
    (folder / "shop_performance.parquet").write_bytes(b"torn")

    with pytest.raises(CommandError, match="is not the one published"):
        asked("alster", SQL)
