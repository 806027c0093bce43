"""A PostgreSQL of this machine, in a folder and on a port of its own.

`python -m tests.simulators.postgres COMMAND …` runs a command whose portal has one.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.processes import free_port

SECONDS = 60.0
MISSING = "PostgreSQL is not installed on this machine. On Debian: apt-get install postgresql"
# Debian keeps the server's programs off the path.
PLACES = os.pathsep.join(
    [os.environ.get("PATH", ""), *map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin")))]
)
# Of a role as production has it, but for the right to make the databases of tests.
ROLE = "create role portal login createdb password 'portal'; create database portal owner portal;"


def is_installed() -> bool:
    return shutil.which("initdb", path=PLACES) is not None


class Postgres:
    """Empty until `start` runs the given SQL, as the image's entry point would."""

    def __init__(self) -> None:
        # Not below pytest's folder: the server runs as another user, who may not enter it.
        self.folder = Path(tempfile.mkdtemp(prefix="mercurios-postgres-"))
        self.port = free_port()
        # It refuses to run as root.
        self._user = "postgres" if os.geteuid() == 0 else None
        if self._user:
            shutil.chown(self.folder, self._user)

    def start(self, *, sql: str) -> Self:
        data, sockets = str(self.folder / "data"), str(self.folder)
        known = ("--pwfile", self._file("password", "unused"), "--username", "postgres")
        self._run(
            *("initdb", "--pgdata", data, *known, "--encoding", "UTF8", "--no-sync"),
            *("--auth", "scram-sha-256", "--auth-local=trust"),
        )
        # What tests roll back is no ground for statistics: with them plans differ from run to run.
        quick = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "autovacuum=off")
        options = f"-p {self.port} -h 127.0.0.1 -k {sockets} -c " + " -c ".join(quick)
        self._run("pg_ctl", "--pgdata", data, "--options", options, "--wait", "start")
        self.run(sql)
        return self

    def run(self, sql: str) -> None:
        """As the superuser."""
        address = ("--host", str(self.folder), "--port", str(self.port), "--username", "postgres")
        self._run("psql", *address, "--set", "ON_ERROR_STOP=1", "--file", self._file("sql", sql))

    def address(self, *, role: str, password: str, database: str) -> str:
        return f"postgres://{role}:{password}@127.0.0.1:{self.port}/{database}"

    def stop(self) -> None:
        if (self.folder / "data").exists():
            self._run(
                "pg_ctl", "--pgdata", str(self.folder / "data"), "--mode", "immediate", "stop"
            )
        shutil.rmtree(self.folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _file(self, name: str, text: str) -> str:
        file = self.folder / name
        file.write_text(text)
        return str(file)

    def _run(self, program: str, *arguments: str) -> None:
        found = shutil.which(program, path=PLACES)
        assert found, f"{program} is missing beside initdb"
        with (self.folder / "log").open("a") as log:  # a pipe would wait for the server to end
            done = subprocess.run(
                [found, *arguments],
                user=self._user,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                timeout=SECONDS,
                check=False,
            )
        assert done.returncode == 0, (self.folder / "log").read_text()


def run_with_postgres(command: list[str]) -> int:
    """Gives the command's exit code. The server ends with it, also when we are asked to stop."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with Postgres() as server:
        server.start(sql=ROLE)
        url = server.address(role="portal", password="portal", database="portal")
        told = {**os.environ, "MERCURIOS_DATABASE_URL": url}
        return subprocess.run(command, env=told, check=False).returncode


if __name__ == "__main__":
    sys.exit(run_with_postgres(sys.argv[1:]) if is_installed() else MISSING)
