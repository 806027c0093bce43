"""`manage.py move`: what it does around the copying, which `tests/flows/test_move.py` is about."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from portal.cli import moving
from portal.connections.models import Connection
from portal.runs.models import Run
from portal.tenants.models import Tenant
from tests.portal.conftest import NOW
from tests.portal.fake_prefect import FakePrefect

NAME = "alsterhaus-mode.tills"
COMPARED = [
    {
        "name": "raw.prohandel__sale",
        "before": {"rows": 2, "checksum": "a1", "columns": "record_key VARCHAR"},
        "after": {"rows": 2, "checksum": "a1", "columns": "record_key VARCHAR"},
        "is_equal": True,
    }
]

pytestmark = pytest.mark.usefixtures("every_tenant", "deployed")


@pytest.fixture(autouse=True)
def both_engines(settings: Settings) -> None:
    settings.ENGINES = ["DUCKDB", "SNOWFLAKE"]


def move(*words: str) -> str:
    out = StringIO()
    call_command("move", *words, stdout=out, stderr=StringIO())
    return out.getvalue()


def engine_of(connection: Connection) -> str:
    return Tenant.objects.get(pk=connection.tenant_id).engine


def test_a_tenant_is_paused_while_it_is_copied_and_switches_afterwards(
    deployed: Connection, prefect: FakePrefect, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[bool, str]] = []

    def copied(tenant: Tenant, to: str) -> list[dict[str, Any]]:
        seen.append((prefect.deployment(NAME)["paused"], engine_of(deployed)))
        return COMPARED

    monkeypatch.setattr(moving, "_run_program", copied)

    said = move("alsterhaus-mode", "--to", "snowflake")

    assert seen == [(True, "DUCKDB")]
    assert engine_of(deployed) == "SNOWFLAKE"
    assert not prefect.deployment(NAME)["paused"]
    assert "raw.prohandel__sale" in said
    assert "a1" in said


def test_scripts_get_the_report_as_json(
    deployed: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moving, "_run_program", lambda tenant, to: COMPARED)

    told = json.loads(move("alsterhaus-mode", "--to", "snowflake", "--json"))

    assert told == {"tenant": "alsterhaus-mode", "engine": "SNOWFLAKE", "compared": COMPARED}


def test_what_the_program_refuses_leaves_everything_as_it_was(
    deployed: Connection, prefect: FakePrefect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program is the real one; nobody told it where Snowflake is."""
    monkeypatch.delenv("MERCURIOS_SNOWFLAKE_ACCOUNT", raising=False)
    monkeypatch.setenv("MERCURIOS_SERVICE_TOKEN", "of no portal")

    with pytest.raises(CommandError, match=r"^Set MERCURIOS_SNOWFLAKE_ACCOUNT in the environment"):
        move("alsterhaus-mode", "--to", "snowflake")

    assert engine_of(deployed) == "DUCKDB"
    assert not prefect.deployment(NAME)["paused"]


def test_a_tenant_with_a_run_going_on_is_not_moved(
    deployed: Connection, prefect: FakePrefect
) -> None:
    Run.objects.create(
        tenant=deployed.tenant,
        connection=deployed,
        flow_run_id=uuid4(),
        status=Run.Status.RUNNING,
        requested_at=NOW,
    )

    with pytest.raises(CommandError, match=r"is going on\. Move the tenant when it has ended"):
        move("alsterhaus-mode", "--to", "snowflake")

    assert engine_of(deployed) == "DUCKDB"
    assert not prefect.deployment(NAME)["paused"]


def test_what_was_paused_before_stays_paused(
    deployed: Connection, prefect: FakePrefect, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployed.pipeline.wanted = "PAUSED"
    deployed.pipeline.save()
    monkeypatch.setattr(moving, "_run_program", lambda tenant, to: COMPARED)

    move("alsterhaus-mode", "--to", "snowflake")

    deployed.pipeline.refresh_from_db()
    assert deployed.pipeline.wanted == "PAUSED"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("alsterhaus-mode", "--to", "duckdb"), "is on DUCKDB already"),
        (("nobody", "--to", "snowflake"), "There is no tenant nobody"),
    ],
)
def test_a_move_that_makes_no_sense_is_refused(words: tuple[str, ...], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        move(*words)


def test_an_engine_that_the_installation_does_not_have_is_refused(
    settings: Settings,
) -> None:
    settings.ENGINES = ["DUCKDB"]

    with pytest.raises(CommandError, match="has no engine SNOWFLAKE"):
        move("alsterhaus-mode", "--to", "snowflake")
