"""A PostgreSQL of this machine, in a folder and on a port of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Self

from tests.processes import free_port

SECONDS = 60.0
# Debian keeps the server's programs off the path.
PLACES = os.pathsep.join(
    [os.environ.get("PATH", ""), *map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin")))]
)


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
            "initdb", "--pgdata", data, *known, "--auth", "scram-sha-256", "--auth-local=trust"
        )
        options = f"-p {self.port} -h 127.0.0.1 -k {sockets} -c fsync=off"
        self._run("pg_ctl", "--pgdata", data, "--options", options, "--wait", "start")
        address = ("--host", sockets, "--port", str(self.port), "--username", "postgres")
        self._run("psql", *address, "--set", "ON_ERROR_STOP=1", "--file", self._file("sql", sql))
        return self

    def stop(self) -> None:
        if (self.folder / "data").exists():
            self._run(
                "pg_ctl", "--pgdata", str(self.folder / "data"), "--mode", "immediate", "stop"
            )
        shutil.rmtree(self.folder)

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
