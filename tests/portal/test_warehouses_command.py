"""`manage.py snowflake`: against a server, without a Prefect, with a line of the audit for each."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from flows.provision.__main__ import main
from flows.provision.keys import Pair
from portal.tenants.models import Tenant
from portal.tenants.services import create_tenant
from portal.warehouses.models import AccountState, WarehouseAction
from tests.processes import free_port
from tests.simulators.snowflake.process import ACCOUNT, SnowflakeServer

CODE = UUID("11111111-1111-4111-8111-111111111111")

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("every_tenant")]


@dataclass(frozen=True)
class Told:
    out: str
    error: str = ""
    status: int = 0


def run(*words: str) -> Told:
    out = StringIO()
    try:
        call_command("snowflake", *words, stdout=out, stderr=StringIO())
    except CommandError as error:
        return Told(out.getvalue(), str(error), error.returncode)
    return Told(out.getvalue())


def audit() -> list[tuple[str, str]]:
    assert all("manage.py" in row.who for row in WarehouseAction.objects.all())
    return list(WarehouseAction.objects.order_by("pk").values_list("action", "outcome"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SnowflakeServer]:
    """An account that agrees with Alster, and with Lerche, who has left since."""
    folder = tmp_path_factory.mktemp("snowflake")
    pair = Pair.made()
    (folder / "admin.pem").write_text(pair.pem())
    public = folder / "admin.pub"
    public.write_text(pair.public_pem)
    tenants = [
        {"code": str(CODE), "slug": "alster-mode", "engine": "SNOWFLAKE"},
        {"code": str(uuid4()), "slug": "lerche", "engine": "SNOWFLAKE"},
    ]
    both, stays = folder / "both.json", folder / "stays.json"
    both.write_text(json.dumps(tenants))
    stays.write_text(json.dumps(tenants[:1]))
    with (
        SnowflakeServer(folder, users={"ADMIN": public}, has_account_model=True) as running,
        pytest.MonkeyPatch.context() as patch,
        redirect_stdout(StringIO()),
    ):
        for name, value in environment(running).items():
            patch.setenv(name, value)
        for file in (both, stays):
            assert main(["apply", "--tenants", str(file)]) == 0
        yield running


def environment(server: SnowflakeServer) -> dict[str, str]:
    values = {
        "ACCOUNT": ACCOUNT,
        "HOST": server.host,
        "PORT": str(server.port),
        "PROTOCOL": "http",
        "ADMIN_USER": "ADMIN",
        "ADMIN_PRIVATE_KEY": f"file:{server.folder / 'admin.pem'}",
        "PRIVATE_KEY": f"file:{server.folder / 'worker.pem'}",
    }
    return {f"MERCURIOS_SNOWFLAKE_{name}": value for name, value in values.items()}


@pytest.fixture(autouse=True)
def at_the_desk(
    server: SnowflakeServer, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ENGINES = ["DUCKDB", "SNOWFLAKE"]
    settings.PREFECT_API_URL = f"http://127.0.0.1:{free_port()}/api"  # nobody is there
    for name, value in environment(server).items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def alster() -> Tenant:
    tenant = create_tenant(slug="alster-mode", name="Alster Mode", engine="SNOWFLAKE")
    Tenant.objects.update(code=CODE)
    return tenant


def answered(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    monkeypatch.setattr(sys, "stdin", StringIO("".join(f"{line}\n" for line in lines)))


def test_the_tenants_are_those_of_the_portal(alster: Tenant) -> None:
    create_tenant(slug="barmbek-schuhe", name="Barmbek Schuhe", engine="SNOWFLAKE")
    create_tenant(slug="chiemsee-sport", name="Chiemsee Sport")

    planned = json.loads(run("plan", "--json").out)

    sentences = [step["sentence"] for step in planned["steps"]]
    assert "create the role TENANT_BARMBEK_SCHUHE_ROLE" in sentences
    assert not [each for each in sentences if "CHIEMSEE" in each or "ALSTER" in each]
    assert audit() == [("plan", "COMPLETED")]
    assert AccountState.objects.get().differences == len(sentences)


def test_where_everything_agrees_there_is_nothing_to_do(alster: Tenant) -> None:
    told = run("repair-permissions")

    assert told.out.startswith("Nothing to do for repair-permissions.")
    assert audit() == [("repair-permissions", "COMPLETED")]


def test_everyday_what_was_left_out_is_said(alster: Tenant) -> None:
    told = run("apply", "--everyday")

    lines = told.out.splitlines()
    assert lines[0] == "Nothing to do for apply."
    assert any(line.startswith("Monitors, the network policy and") for line in lines)
    assert AccountState.objects.get().differences == 0


def test_suspending_is_done_once_it_is_confirmed(
    alster: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("resume-warehouses")
    answered(monkeypatch, "SUSPEND")

    told = run("suspend-warehouses")

    assert "suspend the warehouse MERCURIOS_DEV_WH" in told.out
    assert audit()[-1] == ("suspend-warehouses", "COMPLETED")


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (["yes"], "It was not confirmed: nothing was done."),
        ([], "Nobody is there to confirm it. Say --yes."),
    ],
)
def test_suspending_is_not_done_by_mistake(
    alster: Tenant, monkeypatch: pytest.MonkeyPatch, lines: list[str], sentence: str
) -> None:
    answered(monkeypatch, *lines)

    assert run("suspend-warehouses").error == sentence
    assert audit() == []


def test_a_key_is_rotated_and_never_shown(alster: Tenant, server: SnowflakeServer) -> None:
    told = run("rotate-key")

    row = WarehouseAction.objects.get()
    assert told.out.startswith("MERCURIOS_WORKER logs in with the new key ")
    assert row.report == told.out.strip()
    assert "PRIVATE KEY" in (server.folder / "worker.pem").read_text()
    assert "PRIVATE KEY" not in row.report


def test_a_tenant_who_has_left_is_offboarded_once_it_is_confirmed(
    alster: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered(monkeypatch, "nobody", "lerche")

    assert run("offboard", "lerche").error == "It was not confirmed: nothing was done."
    told = run("offboard", "lerche")
    again = run("offboard", "lerche", "--yes")

    assert "drop the role TENANT_LERCHE_ROLE" in told.out
    assert again.out == "Nothing to do for offboard.\n"
    assert audit() == [("offboard", "COMPLETED")] * 2


def test_who_is_still_a_tenant_is_not_offboarded(alster: Tenant) -> None:
    told = run("offboard", "alster-mode", "--yes")

    assert (told.out, told.status) == ("", 1)
    assert told.error.startswith("alster-mode is still a tenant on Snowflake")
    assert audit() == [("offboard", "FAILED")]


def test_a_failure_is_one_sentence_with_the_programs_exit_code(
    alster: Tenant, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong.pem"
    wrong.write_text(Pair.made().pem())
    monkeypatch.setenv("MERCURIOS_SNOWFLAKE_ADMIN_PRIVATE_KEY", f"file:{wrong}")

    told = run("plan")

    assert (told.out, told.status) == ("", 1)
    assert told.error.startswith("Snowflake does not let ADMIN in:")
    assert "\n" not in told.error
    row = WarehouseAction.objects.get()
    assert (row.outcome, row.report) == ("FAILED", told.error)
    assert AccountState.objects.get().problem == told.error


def test_a_script_gets_json_when_it_fails_too(
    alster: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MERCURIOS_SNOWFLAKE_ACCOUNT", "")

    told = run("plan", "--json")

    result: dict[str, Any] = json.loads(told.out)
    assert (result["action"], result["status"], result["problem"]) == ("plan", 1, told.error)


def test_what_is_no_action_is_refused() -> None:
    with pytest.raises(CommandError, match="invalid choice"):
        call_command("snowflake", "drop-everything")

    assert audit() == []


def test_a_command_that_is_broken_off_says_so(
    alster: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")

    with pytest.raises(FileNotFoundError):
        run("plan")

    row = WarehouseAction.objects.get()
    assert (row.outcome, row.report.split(".")[0]) == ("FAILED", "It was broken off")
