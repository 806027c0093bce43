"""Which programs make up Mercurios on one machine, and how each is told about the others."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import requests
from django.conf import settings

from portal.cli.processes import Program

# What only the portal may know: with them a worker could open every tenant's credentials.
PORTAL_SECRETS = frozenset(
    {
        "MERCURIOS_SECRET_KEY",
        "MERCURIOS_CREDENTIAL_KEYS",
        "MERCURIOS_PSEUDONYM_KEY",
        "MERCURIOS_DATABASE_URL",
    }
)
# With it one could rewrite what Prefect knows, and read what it holds for everybody.
PREFECT_SECRETS = frozenset({"PREFECT_SERVER_DATABASE_CONNECTION_URL"})


@dataclass(frozen=True)
class Ports:
    portal: int
    prefect: int
    till: int


@dataclass(frozen=True)
class Stack:
    home: Path
    project: Path
    ports: Ports

    @property
    def portal_url(self) -> str:
        return f"http://127.0.0.1:{self.ports.portal}"

    @property
    def prefect_url(self) -> str:
        return f"http://127.0.0.1:{self.ports.prefect}"

    @property
    def till_url(self) -> str:
        return f"http://127.0.0.1:{self.ports.till}"

    def prefect(self) -> Program:
        host, port = "127.0.0.1", str(self.ports.prefect)
        return self._program(
            "Prefect server",
            *("-m", "prefect", "server", "start", "--host", host, "--port", port),
            withheld=PORTAL_SECRETS,
        )

    def portal(self) -> Program:
        address = f"127.0.0.1:{self.ports.portal}"
        return self._program(
            "portal",
            *("-m", "gunicorn", "portal.wsgi", "--bind", address),
            *("--workers", "1", "--threads", "8", "--access-logfile", "-"),
            withheld=PREFECT_SECRETS,
        )

    def worker(self) -> Program:
        return self._program(
            "worker",
            *("-m", "prefect", "worker", "start", "--pool", settings.PLATFORM_POOL),
            *("--type", "process", "--limit", "2", "--name", "worker-on-this-machine"),
        )

    def warm(self) -> Program:
        """Not needed for anything but speed: without it a run starts as Prefect's own would."""
        return self._program("warm server", "-m", "flows.warm.server")

    def till(self) -> Program:
        state = str(self.home / "till.json")
        return self._program(
            "simulated till",
            *("-m", "tests.simulators.prohandel", "--port", str(self.ports.till)),
            *("--state", state),
        )

    def platform_deployments(self) -> Program:
        """Not a program that stays: it registers what `prefect.yaml` says."""
        return self._program(
            "platform deployments", "-m", "prefect", "--no-prompt", "deploy", "--all"
        )

    def _prefect_origins(self) -> str:
        return f"{self.prefect_url},http://localhost:{self.ports.prefect}"

    def _program(
        self,
        name: str,
        *arguments: str,
        withheld: frozenset[str] = PORTAL_SECRETS | PREFECT_SECRETS,
    ) -> Program:
        return Program(
            name=name,
            arguments=list(arguments),
            environment=self.environment(),
            log=self.home / "logs" / f"{name.replace(' ', '-').lower()}.log",
            withheld=withheld,
        )

    def environment(self) -> dict[str, str]:
        """What every program is told. Secrets reach the worker here, never through Prefect."""
        bin_folder = str(Path(sys.executable).parent)
        return {
            # `python -m flows.warm` has to find this interpreter, and it our code.
            "PATH": f"{bin_folder}{os.pathsep}{os.environ.get('PATH', '')}",
            "PYTHONPATH": str(self.project),
            "MERCURIOS_HOME": str(self.home),
            "MERCURIOS_LAKE": settings.LAKE,
            "MERCURIOS_PORTAL_URL": self.portal_url,
            "MERCURIOS_SERVICE_TOKEN": settings.SERVICE_TOKEN,
            "MERCURIOS_ALLOW_PRIVATE_HOSTS": str(settings.ALLOW_PRIVATE_HOSTS).lower(),
            "MERCURIOS_WARM_SOCKET": str(self.home / "warm.sock"),
            # Prefect unpacks runs below it; the machine's own may belong to somebody else.
            "TMPDIR": str(self.home / "tmp"),
            "PREFECT_HOME": str(self.home / "prefect"),
            "PREFECT_API_URL": f"{self.prefect_url}/api",
            # Prefect runs commands and asks nobody who they are: no other website may drive it.
            "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": self._prefect_origins(),
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "DO_NOT_TRACK": "1",
            # Without this a dead worker's runs stay Running: see portal.pipelines.foundations.
            "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
            "PREFECT_WORKER_QUERY_SECONDS": "2",
            # The portal keeps the history of runs; Prefect's may be forgotten.
            "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
        }


def worker_environment() -> dict[str, str]:
    """For a program of the flows that a command starts: what a worker here would be told."""
    ports = Ports(settings.PORTAL_PORT, settings.PREFECT_PORT, settings.TILL_PORT)
    stack = Stack(home=settings.HOME, project=settings.BASE_DIR, ports=ports)
    withheld = PORTAL_SECRETS | PREFECT_SECRETS
    ours = {name: value for name, value in os.environ.items() if name not in withheld}
    return stack.environment() | ours


def answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException:
        return False
