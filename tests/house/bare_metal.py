"""The image and the compose file without an engine: same files, environment, commands and order.

What containers would add is replaced: a folder for each file system, a free port for each host.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import requests

from tests.house import dockerfile
from tests.house.composition import Service, composition, services
from tests.house.repository import ROOT, text_of
from tests.processes import free_port
from tests.simulators.postgres import Postgres, is_installed

VALUES = {
    "PORTAL_HOST": "portal.example",
    "PORTAL_LISTEN": "127.0.0.1:8000",
    "PREFECT_LISTEN": "127.0.0.1:4200",
    "POSTGRES_PASSWORD": "postgres-password",
    "PORTAL_DATABASE_PASSWORD": "portal-password",
    "PREFECT_DATABASE_PASSWORD": "prefect-password",
    "MERCURIOS_SECRET_KEY": "x9" * 40,
    "MERCURIOS_CREDENTIAL_KEYS": "1:" + "A" * 43 + "=",
    "MERCURIOS_PSEUDONYM_KEY": "p7" * 20,
    "MERCURIOS_SERVICE_TOKEN": "mk_" + "t5" * 20,
    "PREFECT_AUTH_STRING": "mercurios:prefect-password",
}
START_SECONDS = 120.0
IMAGE = dockerfile.stages(text_of("Dockerfile"))[-1]


@dataclass
class Machine:
    """A folder that stands for the containers' file systems."""

    root: Path
    ports: dict[str, int] = field(
        default_factory=lambda: {
            "portal": free_port(),
            "prefect": free_port(),
            "worker": free_port(),
        }
    )
    postgres: Postgres | None = None
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def services(self) -> dict[str, Service]:
        return services(VALUES)

    @property
    def app(self) -> Path:
        return self.root / "app"

    def url(self, service: str) -> str:
        return f"http://127.0.0.1:{self.ports[service]}"

    def build(self) -> None:
        """What the Dockerfile does after the packages are installed."""
        (self.root / "data").mkdir(parents=True)
        self.app.mkdir()
        for sources, _ in IMAGE.copied_sources:
            for source in sources:
                copy(ROOT / source, self.app / source)
        native = self.app / "flows" / "native"
        subprocess.run([native / "build", native / "native.so"], check=True)
        collect = next(each for each in IMAGE.all("RUN") if "collectstatic" in each.arguments)
        subprocess.run(
            ["sh", "-euc", collect.arguments], cwd=self.app, env=self.environment(), check=True
        )

    def start_postgres(self) -> None:
        """Where PostgreSQL is installed."""
        if is_installed():
            self.postgres = Postgres()
            self.postgres.start(sql=composition(VALUES)["configs"]["databases"]["content"])

    def environment(self, service: Service | None = None) -> dict[str, str]:
        of_service = service.environment if service else {}
        told = {**IMAGE.environment, **of_service}
        if service:
            told["PREFECT_WORKER_WEBSERVER_PORT"] = str(self.ports["worker"])
            told |= self._databases(service)
        return {
            "HOME": str(self.root),
            **{name: self.translated(value) for name, value in told.items()},
        }

    def run(
        self, service: str, command: list[str] | None = None, *, folder: Path | None = None
    ) -> str:
        """A command in the environment of a service, to its end; gives what it printed."""
        found = self.services[service]
        done = subprocess.run(
            [self.translated(word) for word in command or found.command],
            cwd=folder or self.app,
            env=self.environment(found),
            capture_output=True,
            text=True,
            timeout=START_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout

    def start(self, service: str) -> None:
        """Start it, and wait until its own health check is content."""
        found = self.services[service]
        command = found.command or IMAGE.last("CMD").words
        with (self.root / f"{service}.log").open("wb") as log:
            self.running[service] = subprocess.Popen(
                [self.translated(word) for word in command],
                cwd=self.app,
                env=self.environment(found),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self.is_healthy(service):
            log_text = (self.root / f"{service}.log").read_text(errors="replace")
            assert self.running[service].poll() is None, log_text[-3000:]
            assert time.monotonic() < deadline, log_text[-3000:]

    def is_healthy(self, service: str) -> bool:
        found = self.services[service].settings.get("healthcheck")
        check = (
            found["test"][1:]
            if found
            else IMAGE.last("HEALTHCHECK").arguments.partition(" CMD ")[2]
        )
        words = check if isinstance(check, list) else dockerfile.Instruction("CMD", check).words
        done = subprocess.run(
            [self.translated(word, own=service) for word in words],
            env=self.environment(self.services[service]),
            capture_output=True,
            check=False,
        )
        return done.returncode == 0

    def stop(self) -> None:
        for process in reversed(self.running.values()):
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, 9)
            process.wait()
        if self.postgres:
            self.postgres.stop()

    def translated(self, text: str, *, own: str = "") -> str:
        """Paths of the image and hosts of the compose file, as they are on this machine."""
        ports = self.ports
        names = {
            "http://prefect:4200": f"http://127.0.0.1:{ports['prefect']}",
            "http://portal:8000": f"http://127.0.0.1:{ports['portal']}",
            "http://127.0.0.1:4200": f"http://127.0.0.1:{ports['prefect']}",
            "http://127.0.0.1:8000": f"http://127.0.0.1:{ports['portal']}",
            "http://127.0.0.1:8080": f"http://127.0.0.1:{ports['worker']}",
            "0.0.0.0:8000": f"127.0.0.1:{ports['portal']}",
            "@postgres:5432": f"@127.0.0.1:{self.postgres.port if self.postgres else 5432}",
            "/venv/bin:$PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
            "/data": str(self.root / "data"),
            "/app": str(self.app),
        }
        if text in {"4200", "0.0.0.0"}:  # noqa: S104 - what the container would listen to
            return {"4200": str(ports["prefect"]), "0.0.0.0": "127.0.0.1"}[text]  # noqa: S104
        for name, here in names.items():
            text = text.replace(name, here)
        return text

    def _databases(self, service: Service) -> dict[str, str]:
        """PostgreSQL as the compose file says, where there is one; else SQLite in its place."""
        local = {"PREFECT_HOME": str(self.root / "prefect")} if service.name == "prefect" else {}
        if self.postgres:
            return local
        if "MERCURIOS_DATABASE_URL" in service.environment:
            local["MERCURIOS_DATABASE_URL"] = f"sqlite:///{self.root / 'portal.sqlite3'}"
        if "PREFECT_SERVER_DATABASE_CONNECTION_URL" in service.environment:
            file = self.root / "prefect.sqlite3"
            local["PREFECT_SERVER_DATABASE_CONNECTION_URL"] = f"sqlite+aiosqlite:///{file}"
        return local


def copy(source: Path, target: Path) -> None:
    if source.is_dir():
        written = shutil.ignore_patterns("__pycache__", "*.so", "target", "logs", "dbt_packages")
        shutil.copytree(source, target, ignore=written)
    else:
        shutil.copyfile(source, target)


def listing(folder: Path) -> dict[str, int]:
    """Every file below a folder, with its size."""
    return {
        str(path.relative_to(folder)): path.stat().st_size
        for path in folder.rglob("*")
        if path.is_file()
    }


def post(url: str, *, token: str = "") -> requests.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return requests.post(url, headers=headers, json={}, timeout=60, allow_redirects=False)
