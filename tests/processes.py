"""Starting Mercurios for real, as its user does, on free ports and in an empty home."""

from __future__ import annotations

import json
import os
import random
import re
import selectors
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path
from time import monotonic
from types import MappingProxyType, TracebackType
from typing import Any, Self

import psycopg
from psycopg.rows import dict_row

PROJECT = Path(__file__).resolve().parents[1]
START_SECONDS = 180.0
STOP_SECONDS = 60.0
COMMAND_SECONDS = 240.0
PORTS = (10_000, 32_000)


class DidNotStart(RuntimeError):
    """`manage.py up` ended or stayed silent; shows what it said."""


def free_port() -> int:
    """Of those that the system does not hand out itself: it stays free until it is used."""
    while True:
        port = random.SystemRandom().randrange(*PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class Platform:
    """`manage.py up`, running. `password` is the operator's, printed once."""

    def __init__(
        self,
        *,
        home: Path,
        arguments: tuple[str, ...] = (),
        settings: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.home = home
        self.portal_port, self.prefect_port = free_port(), free_port()
        # A clean start: nothing of the test process's own settings may help.
        kept = {"PATH", "HOME", "LANG", "TMPDIR"}
        self.environment = {name: value for name, value in os.environ.items() if name in kept} | {
            "MERCURIOS_HOME": str(home),
            "MERCURIOS_PORTAL_PORT": str(self.portal_port),
            "MERCURIOS_PREFECT_PORT": str(self.prefect_port),
            "MERCURIOS_ALLOW_PRIVATE_HOSTS": "true",
            "COLUMNS": "200",
            "PYTHONUNBUFFERED": "1",
            **settings,
        }
        self._process = subprocess.Popen(
            [sys.executable, "manage.py", "up", *arguments],
            cwd=PROJECT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said = ""
        try:
            self._wait_until_up()
        except DidNotStart:
            self.stop()
            raise

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.portal_port}"

    @property
    def prefect_url(self) -> str:
        return f"http://127.0.0.1:{self.prefect_port}"

    @property
    def password(self) -> str:
        found = re.search(r"with password (\S+)", self.said)
        assert found, self.said
        return found[1]

    def manage(self, *arguments: str, expect: int = 0) -> subprocess.CompletedProcess[str]:
        """Run a command as an operator would in another terminal."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=PROJECT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        assert done.returncode == expect, done.stdout + done.stderr
        return done

    def manage_json(self, *arguments: str) -> Any:
        return json.loads(self.manage(*arguments, "--json").stdout)

    def issue_key(self, *, scopes: list[str], tenant: str | None = None) -> str:
        """An API key, of a tenant or of the platform."""
        script = (
            "from django.utils import timezone\n"
            "from portal.access.services import issue_key\n"
            "from portal.tenants.selectors import tenant_by_slug\n"
            f"tenant = tenant_by_slug({tenant!r}) if {tenant!r} else None\n"
            f"key = issue_key(name='test', scopes={scopes!r}, at=timezone.now(), tenant=tenant)\n"
            "print(key.secret)\n"
        )
        return self.manage("shell", "--no-imports", "-c", script).stdout.strip()

    def rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        """What the portal's own database answers; each `?` stands for a value."""
        url = self.environment.get("MERCURIOS_DATABASE_URL")
        if url:
            with psycopg.connect(url, row_factory=dict_row) as server:
                return server.execute(sql.replace("?", "%s"), values).fetchall()
        file = f"file:{self.home}/portal.sqlite3?mode=ro"
        with closing(sqlite3.connect(file, uri=True)) as database:
            database.row_factory = sqlite3.Row
            return [dict(row) for row in database.execute(sql, values)]

    def stop(self) -> int:
        """Ctrl-C, as the user presses it. Gives the exit code."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        try:
            rest, _ = self._process.communicate(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            rest, _ = self._process.communicate()
        self.said += rest or ""
        return self._process.returncode

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _wait_until_up(self) -> None:
        output = self._process.stdout
        assert output is not None
        deadline = monotonic() + START_SECONDS
        with selectors.DefaultSelector() as ready:
            ready.register(output, selectors.EVENT_READ)
            while "Ctrl-C stops it." not in self.said:
                if not ready.select(timeout=max(0.0, deadline - monotonic())):
                    raise DidNotStart(f"Not up after {START_SECONDS:.0f} s:\n{self.said}")
                # Not readline: what it buffers would never be ready again.
                text = os.read(output.fileno(), 65_536).decode()
                if not text:
                    raise DidNotStart(self.said)
                self.said += text
