"""Bringing Mercurios up on one machine, step by step, and saying what happens."""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.utils import timezone
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from portal.access.services import ensure_service_key
from portal.cli.demo import RETAILERS, onboard_demo_retailer
from portal.cli.first_runs import (
    begin_first_runs,
    bury_dead_runs,
    demo_connection,
    wait_for_figures,
)
from portal.cli.processes import CannotStart, Program, Programs, check_port_is_free
from portal.cli.stack import Ports, Stack, answers
from portal.pipelines.prefect import prefect_api
from portal.pipelines.services import reconcile
from portal.runs.settle import settle_runs

NEEDED_BYTES = 2 * 1024**3
OPERATOR = "operator"
START_SECONDS = 120.0


@dataclass
class Phases:
    """How long each phase took; shown while it lasts and kept for the summary."""

    console: Console
    taken: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def phase(self, name: str) -> Iterator[Callable[[str], None]]:
        """Gives a function that says, where somebody is looking, how far the phase has come."""
        begun = time.monotonic()
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        looking = self.console.is_terminal
        with Progress(
            *columns, console=self.console, transient=True, disable=not looking
        ) as progress:
            task = progress.add_task(name, total=None)
            yield lambda text: progress.update(task, description=f"{name}: {text}")
        self.taken[name] = time.monotonic() - begun
        self.console.print(f"[green]done[/green] {name} ({self.taken[name]:.1f} s)")


@dataclass
class Up:
    programs: Programs
    console: Console
    is_demo: bool
    password: str | None = None

    def __post_init__(self) -> None:
        self.phases = Phases(self.console)
        ports = Ports(settings.PORTAL_PORT, settings.PREFECT_PORT, settings.TILL_PORT)
        self.stack = Stack(home=settings.HOME, project=settings.BASE_DIR, ports=ports)

    def start(self) -> None:
        """:raises CannotStart: with what to do"""
        self._check_machine()
        # The slowest starter first: the database is made ready while Prefect comes up.
        self.programs.start(self.stack.prefect())
        if self.is_demo:
            self.programs.start(self.stack.till())
        with self.phases.phase("Database"):
            call_command("migrate", verbosity=0, interactive=False)
            self.password = ensure_operator()
            ensure_service_key(secret=settings.SERVICE_TOKEN, at=timezone.now())
        with self.phases.phase("Portal"):
            self.programs.start(self.stack.portal())
            self._wait(f"{self.stack.portal_url}/health", "The portal")
        with self.phases.phase("Prefect server"):
            self._wait(f"{self.stack.prefect_url}/api/health", "The Prefect server")
        with self.phases.phase("Reconciliation of Prefect with the portal"):
            api = prefect_api()
            reconcile(api=api, at=timezone.now())
            bury_dead_runs(api)
            settle_runs(api=api, at=timezone.now())
            self.programs.start(self.stack.warm())
            self.programs.start(self.stack.worker())
        platform = self.stack.platform_deployments()
        platform.start(folder=self.stack.project)
        try:
            if self.is_demo:
                self._demonstrate()
            with self.phases.phase("Platform deployments"):
                finish(platform)
        finally:
            platform.stop()

    def _demonstrate(self) -> None:
        self._wait(f"{self.stack.till_url}/_simulator/requests", "The simulated till")
        with self.phases.phase("Onboarding of two retailers"):
            connections = [
                demo_connection(retailer.slug)
                or onboard_demo_retailer(retailer, till_url=self.stack.till_url, at=timezone.now())
                for retailer in RETAILERS
            ]
        with self.phases.phase("First runs") as say:
            begin_first_runs(connections)
            wait_for_figures(connections, programs=self.programs, say=say)

    def _wait(self, url: str, what: str) -> None:
        self.programs.wait_until(is_ready=lambda: answers(url), what=what, seconds=START_SECONDS)

    def _check_machine(self) -> None:
        make_folder(settings.HOME / "tmp")
        free = shutil.disk_usage(settings.HOME).free
        if free < NEEDED_BYTES:
            raise CannotStart(
                f"The disk of {settings.HOME} has {free // 1024**2} MB left; Mercurios needs"
                f" {NEEDED_BYTES // 1024**2}. Free some, or choose another place with"
                " MERCURIOS_HOME."
            )
        ports = self.stack.ports
        check_port_is_free(ports.portal, variable="MERCURIOS_PORTAL_PORT")
        check_port_is_free(ports.prefect, variable="MERCURIOS_PREFECT_PORT")
        if self.is_demo:
            check_port_is_free(ports.till, variable="MERCURIOS_TILL_PORT")


def make_folder(folder: Path) -> None:
    """:raises CannotStart: if it is not there afterwards"""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotStart(
            f"{folder} cannot be created: {error.strerror}. Correct that, or choose another place"
            " with MERCURIOS_HOME."
        ) from error


def ensure_operator() -> str | None:
    """Create the first operator, if there is none. Gives the password, which is not kept."""
    users = get_user_model().objects
    if users.filter(is_superuser=True).exists():
        return None
    password = secrets.token_urlsafe(12)
    users.create_superuser(username=OPERATOR, password=password)
    return password


def finish(program: Program) -> None:
    """Wait for a program that ends by itself.

    :raises CannotStart: if it fails
    """
    if program.process is not None and program.process.wait(START_SECONDS) != 0:
        raise CannotStart(f"The {program.name} failed. The end of its log:\n{program.tail()}")
