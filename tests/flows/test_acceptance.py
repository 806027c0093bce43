"""What `make snowflake-acceptance` asks of an account, asked of the local server.

Every model and data test runs on both engines there, full and incremental, and what is published
is compared row by row.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from tests import acceptance
from tests.provision.desk import ADMIN, Desk
from tests.simulators.snowflake.process import SnowflakeServer


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SnowflakeServer]:
    """An account that was set up before, and the environment of a worker and the provisioner."""
    public = tmp_path / "admin.pub"
    public.write_text(ADMIN.public_pem)
    with SnowflakeServer(
        tmp_path / "server", users={"ADMIN": public}, has_account_model=True
    ) as server:
        desk = Desk(tmp_path, server)
        desk.key.write_text(ADMIN.pem())
        desk.tenants()
        for words in (("apply",), ("rotate-key",)):
            done = desk.run(*words)
            assert done.status == 0, done.error
        told = desk.environment() | {"MERCURIOS_SNOWFLAKE_USER": "MERCURIOS_WORKER"}
        for name, value in told.items():
            monkeypatch.setenv(name, value)
        yield server


def test_everything_that_is_asked_of_an_account_holds_on_the_local_one(
    account: SnowflakeServer, prefect: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acceptance, "COMPANY", replace(acceptance.COMPANY, lines=150))
    checks = acceptance.run(tmp_path / "acceptance")

    said = StringIO()
    acceptance.show(checks, Console(file=said, width=200))
    assert all(check.has_passed for check in checks), said.getvalue()
    assert [check.name for check in checks][-1] == "nothing is left"
