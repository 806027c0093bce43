"""What an operator sees who set something wrongly: one sentence, exit code 1, no traceback."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from portal.cli.stack import Ports, Stack
from tests.house.bare_metal import VALUES
from tests.house.repository import ROOT
from tests.processes import free_port

SECRETS = {name: value for name, value in VALUES.items() if name.startswith("MERCURIOS_")}


def said_by(
    *arguments: str, home: Path | str, file_size: str = "unlimited", **environment: str
) -> str:
    """What a command that fails says."""
    command = shlex.join([sys.executable, "manage.py", *arguments])
    done = subprocess.run(
        ["sh", "-c", f"ulimit -f {file_size} && exec {command}"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "MERCURIOS_HOME": str(home), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    return done.stderr


def make_database(home: Path) -> None:
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "MERCURIOS_HOME": str(home), **SECRETS},
        check=True,
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MERCURIOS_PORTAL_PORT", "abc"),
        ("MERCURIOS_PORTAL_PORT", "99999"),
        ("MERCURIOS_PREFECT_PORT", "0"),
        ("MERCURIOS_TILL_PORT", "-1"),
        ("MERCURIOS_PRICE_PER_CPU_HOUR", "abc"),
        ("MERCURIOS_PRICE_PER_GB_READ", "NaN"),
        ("MERCURIOS_PRICE_PER_GB_READ", "-1"),
        ("MERCURIOS_CREDENTIAL_KEYS", "nonsense"),
        ("MERCURIOS_CREDENTIAL_KEYS", "1:c2hvcnQ="),
    ],
)
def test_a_malformed_setting_is_named(tmp_path: Path, name: str, value: str) -> None:
    assert name in said_by("status", home=tmp_path, **{**SECRETS, name: value})


@pytest.mark.parametrize("home", ["/proc/nope", "/etc/passwd"])
def test_a_home_that_cannot_be_one_is_named_before_anything_starts(home: str) -> None:
    said = said_by("up", home=home)

    assert home in said
    assert "MERCURIOS_HOME" in said


def test_a_full_disk_leaves_no_half_of_the_first_settings(tmp_path: Path) -> None:
    said = said_by("up", home=tmp_path, file_size="0")

    assert "MERCURIOS_HOME" in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["status", "service_key"])
def test_a_command_without_a_database_says_how_to_make_one(tmp_path: Path, command: str) -> None:
    assert "manage.py migrate" in said_by(command, home=tmp_path, **SECRETS)


def test_credentials_that_are_nested_too_deeply_are_not_json(tmp_path: Path) -> None:
    file = tmp_path / "credentials.json"
    file.write_text('{"a":' * 200_000)
    wish = ["--tenant", "alster", "--connector", "prohandel", "--credentials", str(file)]
    make_database(tmp_path)

    said = said_by("onboard", *wish, home=tmp_path, **SECRETS)

    assert "are not JSON" in said


def test_that_prefect_does_not_answer_is_said_once(tmp_path: Path) -> None:
    make_database(tmp_path)
    nowhere = f"http://127.0.0.1:{free_port()}/api"

    said = said_by("plan", home=tmp_path, PREFECT_API_URL=nowhere, **SECRETS)

    assert "Prefect" in said


def test_a_database_is_told_to_the_program_it_belongs_to_and_to_no_other() -> None:
    stack = Stack(home=Path("/home"), project=ROOT, ports=Ports(portal=1, prefect=2, till=3))
    portals, prefects = "MERCURIOS_DATABASE_URL", "PREFECT_SERVER_DATABASE_CONNECTION_URL"

    assert portals not in stack.portal().withheld
    assert prefects not in stack.prefect().withheld
    assert prefects in stack.portal().withheld
    assert portals in stack.prefect().withheld
    for program in (stack.worker(), stack.till(), stack.platform_deployments()):
        assert {portals, prefects} <= program.withheld


def test_only_prefects_own_pages_may_drive_prefect_from_a_browser() -> None:
    stack = Stack(home=Path("/home"), project=ROOT, ports=Ports(portal=1, prefect=4242, till=3))

    origins = stack.environment()["PREFECT_SERVER_CORS_ALLOWED_ORIGINS"].split(",")

    assert origins == ["http://127.0.0.1:4242", "http://localhost:4242"]
