"""Where an operator sits who provisions an account: keys, tenants, and the commands."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from flows.provision.__main__ import main
from flows.provision.keys import Pair
from flows.references import secret_at
from tests.provision.conftest import ALICE, BOB
from tests.simulators.snowflake.process import ACCOUNT, SnowflakeServer

ADMIN = Pair.made()
ASKS = ("SHOW ", "DESCRIBE ", "SELECT ", "USE ", "DESC ", "ALTER SESSION ")


@dataclass(frozen=True)
class Told:
    status: int
    out: str
    error: str

    @property
    def steps(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.out)["steps"]
        return found


class Desk:
    """Where an operator sits: a folder with keys, and the address of an account."""

    def __init__(self, folder: Path, server: SnowflakeServer) -> None:
        self.folder, self.server = folder, server
        self.key = folder / "admin.pem"
        self.worker_key = folder / "worker.pem"
        self.tenants(ALICE, BOB)

    def tenants(self, *tenants: Any) -> None:
        told = [{"code": t.code, "slug": t.slug, "engine": t.engine} for t in tenants]
        (self.folder / "tenants.json").write_text(json.dumps(told))

    def environment(self) -> dict[str, str]:
        return {
            "MERCURIOS_SNOWFLAKE_ACCOUNT": ACCOUNT,
            "MERCURIOS_SNOWFLAKE_HOST": self.server.host,
            "MERCURIOS_SNOWFLAKE_PORT": str(self.server.port),
            "MERCURIOS_SNOWFLAKE_PROTOCOL": "http",
            "MERCURIOS_SNOWFLAKE_ADMIN_USER": "ADMIN",
            "MERCURIOS_SNOWFLAKE_ADMIN_PRIVATE_KEY": f"file:{self.key}",
            "MERCURIOS_SNOWFLAKE_PRIVATE_KEY": f"file:{self.worker_key}",
        }

    def run(self, *words: str, more: Mapping[str, str] | None = None) -> Told:
        action, *options = words
        if action != "rotate-key":
            options += ["--tenants", str(self.folder / "tenants.json")]
        secret_at.cache_clear()  # another process would read it anew
        environment = self.environment() | dict(more or {})
        out, error = StringIO(), StringIO()
        with (
            pytest.MonkeyPatch.context() as patch,
            redirect_stdout(out),
            redirect_stderr(error),
        ):
            for name, value in environment.items():
                patch.setenv(name, value)
            status = main([action, *options])
        return Told(status, out.getvalue(), error.getvalue().strip())

    def changes(self) -> list[str]:
        """What the server was sent that is more than a question; forgets it."""
        sent = [str(line["sql"]) for line in self.server.ledger()]
        self.server.clear_ledger()
        return [sql for sql in sent if not sql.upper().startswith(ASKS)]
