"""The programs that `up` starts: each in a session of its own, with a log, stopped in reverse."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

STOP_SECONDS = 15.0
TAIL_LINES = 15


class CannotStart(Exception):
    """A program did not come up; the sentence says what to do."""


@dataclass
class Program:
    """`arguments` follow the Python interpreter that runs us; `withheld` it is not told of ours."""

    name: str
    arguments: list[str]
    environment: dict[str, str]
    log: Path
    withheld: frozenset[str] = frozenset()
    process: subprocess.Popen[bytes] | None = None

    def start(self, *, folder: Path) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - our own interpreter and arguments
                [sys.executable, *self.arguments],
                cwd=folder,
                env=self._told(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches us alone; we stop them in order
            )

    def _told(self) -> dict[str, str]:
        ours = {name: value for name, value in os.environ.items() if name not in self.withheld}
        return {**ours, **self.environment}

    @property
    def has_ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def tail(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-TAIL_LINES:]
        return "\n".join(lines)

    def stop(self) -> None:
        """Ask it, with all it started, to end; insist after a while."""
        if self.process is None:
            return
        _signal_group(self.process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(STOP_SECONDS)
        _signal_group(self.process.pid, signal.SIGKILL)
        self.process.wait()


@dataclass
class Programs:
    """Those that run, in the order of their start."""

    folder: Path
    running: list[Program] = field(default_factory=list)

    def start(self, program: Program) -> None:
        self.running.append(program)
        program.start(folder=self.folder)

    def wait_until(self, *, is_ready: Callable[[], bool], what: str, seconds: float) -> None:
        """:raises CannotStart: if a program ends, or it takes too long"""
        deadline = time.monotonic() + seconds
        while not is_ready():
            self.check()
            if time.monotonic() > deadline:
                logs = self.running[0].log.parent
                raise CannotStart(f"{what} is not ready after {seconds:.0f} s. Look into {logs}.")
            time.sleep(0.2)

    def check(self) -> None:
        """:raises CannotStart: if one has ended, with the end of its log"""
        for program in self.running:
            if program.has_ended:
                raise CannotStart(
                    f"The {program.name} has stopped. The end of {program.log}:\n{program.tail()}"
                )

    def stop(self) -> None:
        for program in reversed(self.running):
            program.stop()
        self.running.clear()


@contextmanager
def programs(folder: Path) -> Iterator[Programs]:
    started = Programs(folder=folder)
    try:
        yield started
    finally:
        started.stop()


def check_port_is_free(port: int, *, variable: str) -> None:
    """:raises CannotStart: if another program listens there"""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise CannotStart(
                f"Port {port} is taken by another program. Stop it, or choose another port with"
                f" {variable}."
            ) from error


def _signal_group(pid: int, number: signal.Signals) -> None:
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        return
