"""`python -m flows.provision` against a server: what it prints, and what it says when it fails."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from collections.abc import Iterator

import pytest

from flows.provision.keys import Pair, fingerprint_of
from tests.house.repository import ROOT
from tests.provision.conftest import ALICE, BOB
from tests.provision.desk import ADMIN, Desk
from tests.simulators.snowflake.process import SnowflakeServer

STRANGER = Pair.made()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """An account that agrees: the first `apply` was sent from there."""
    folder = tmp_path_factory.mktemp("desk")
    public = folder / "admin.pub"
    public.write_text(ADMIN.public_pem)
    options = ["--account-model", "--account-admin", "ADMIN"]
    with SnowflakeServer(folder / "server", users={"ADMIN": public}, options=options) as server:
        found = Desk(folder, server)
        found.key.write_text(ADMIN.pem())
        told = found.run("apply", "--json")
        assert (told.status, told.error) == (0, "")
        assert told.steps
        yield found


def test_a_second_apply_sends_nothing_but_questions(desk: Desk) -> None:
    desk.changes()

    told = desk.run("apply")

    assert told.out == "Nothing to do for apply.\n"
    assert desk.changes() == []


def test_a_plan_is_told_in_sentences(desk: Desk) -> None:
    told = desk.run("plan", more={"MERCURIOS_SNOWFLAKE_CREDITS": "DEV=7"})

    assert told.out == "set the monitor MERCURIOS_DEV_MONITOR to 7 credits a month\n"


def test_warehouses_are_suspended_and_resumed(desk: Desk) -> None:
    assert "resume the warehouse MERCURIOS_DEV_WH" in desk.run("resume-warehouses").out
    assert "suspend the warehouse MERCURIOS_DEV_WH" in desk.run("suspend-warehouses").out
    assert desk.run("suspend-warehouses").out == "Nothing to do for suspend-warehouses.\n"


@pytest.mark.parametrize("action", ["set-up-monitors", "repair-permissions"])
def test_where_everything_agrees_nothing_is_done(desk: Desk, action: str) -> None:
    assert desk.run(action).out == f"Nothing to do for {action}.\n"


def test_the_worker_gets_a_key_and_then_another(desk: Desk) -> None:
    first = desk.run("rotate-key", "--json")
    before = desk.worker_key.read_text()
    second = desk.run("rotate-key", "--json")

    assert (first.error, second.error) == ("", "")
    assert stat.S_IMODE(desk.worker_key.stat().st_mode) == 0o600
    told = json.loads(second.out)
    assert told["old"] == fingerprint_of(before)
    assert told["new"] == fingerprint_of(desk.worker_key.read_text())


def test_everyday_the_provisioner_logs_in(desk: Desk) -> None:
    key = desk.folder / "provisioner.pem"
    made = desk.run("rotate-key", "--user", "MERCURIOS_PROVISIONER", "--keep", f"file:{key}")
    assert (made.status, made.error) == (0, "")

    told = desk.run(
        "apply",
        "--everyday",
        more={
            "MERCURIOS_SNOWFLAKE_ADMIN_USER": "MERCURIOS_PROVISIONER",
            "MERCURIOS_SNOWFLAKE_ADMIN_PRIVATE_KEY": f"file:{key}",
        },
    )

    assert told.error == ""
    assert told.out.startswith("Nothing to do for apply.\nMonitors, the network policy and")


def test_who_is_still_a_tenant_is_not_offboarded(desk: Desk) -> None:
    told = desk.run("offboard", "bob", "--apply")

    assert told.status == 1
    assert told.error.startswith("bob is still a tenant on Snowflake")


def test_offboarding_is_shown_and_then_done(desk: Desk) -> None:
    desk.tenants(ALICE)
    try:
        desk.changes()
        shown = desk.run("offboard", "bob")
        assert desk.changes() == []
        done = desk.run("offboard", "bob", "--apply")
        assert done.out == shown.out
        assert "drop the role TENANT_BOB_ROLE" in done.out
        assert desk.run("plan").out == "Nothing to do for plan.\n"
    finally:
        desk.tenants(ALICE, BOB)
        assert desk.run("apply").status == 0


def test_a_failure_is_told_without_a_traceback() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "flows.provision", "plan"],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=180,
    )

    assert done.returncode == 1
    assert done.stderr == "Set MERCURIOS_PORTAL_URL in the environment of the worker.\n"


def test_a_wrong_key_is_told_in_one_sentence(desk: Desk) -> None:
    wrong = desk.folder / "wrong.pem"
    wrong.write_text(STRANGER.pem())

    told = desk.run("plan", more={"MERCURIOS_SNOWFLAKE_ADMIN_PRIVATE_KEY": f"file:{wrong}"})

    assert told.status == 1
    assert told.error.startswith("Snowflake does not let ADMIN in:")
    assert "register the key" in told.error


def test_who_lacks_the_role_is_told_who_can_help(desk: Desk) -> None:
    desk.run("rotate-key")

    told = desk.run(
        "apply",
        more={
            "MERCURIOS_SNOWFLAKE_ADMIN_USER": "MERCURIOS_WORKER",
            "MERCURIOS_SNOWFLAKE_ADMIN_PRIVATE_KEY": f"file:{desk.worker_key}",
        },
    )

    assert told.status == 1
    assert told.error.startswith("MERCURIOS_WORKER may not use a role that this needs:")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("MERCURIOS_SNOWFLAKE_ACCOUNT", "", "Set MERCURIOS_SNOWFLAKE_ACCOUNT"),
        ("MERCURIOS_SNOWFLAKE_ADMIN_USER", "", "Set MERCURIOS_SNOWFLAKE_ADMIN_USER"),
        ("MERCURIOS_SNOWFLAKE_ADMIN_PRIVATE_KEY", "", "Set MERCURIOS_SNOWFLAKE_ADMIN_PRIVATE_KEY"),
        ("MERCURIOS_SNOWFLAKE_ADMIN_PRIVATE_KEY", "file:/nowhere", "The secret in the file"),
        ("MERCURIOS_SNOWFLAKE_PORT", "many", "MERCURIOS_SNOWFLAKE_PORT is no number"),
        ("MERCURIOS_SNOWFLAKE_CREDITS", "DEV=x", "MERCURIOS_SNOWFLAKE_CREDITS is 'X'"),
    ],
)
def test_a_setting_that_is_missing_or_wrong_is_told_by_name(
    desk: Desk, name: str, value: str, said: str
) -> None:
    told = desk.run("plan", more={name: value})

    assert told.status == 1
    assert told.error.startswith(said)
    assert "\n" not in told.error


@pytest.mark.parametrize(
    "text", ["", "{}", '[{"code": "x"}]', '[{"code":"x","slug":"A B","engine":"X"}]']
)
def test_a_file_of_tenants_that_is_none_is_refused(desk: Desk, text: str) -> None:
    file = desk.folder / "tenants.json"
    kept = file.read_text()
    file.write_text(text)
    try:
        told = desk.run("plan")
    finally:
        file.write_text(kept)

    assert told.status == 1
    assert "is no list of tenants" in told.error
