"""Run a program, and see how long it and its children took and how much memory they held."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

EVERY_SECONDS = 0.05
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Spent:
    """:param megabytes: the most that the program and its children held at the same moment"""

    seconds: float
    cpu_seconds: float
    megabytes: float


class ProgramFailed(Exception):
    """What it printed last."""


def spent_by(
    command: list[str], *, log: Path, environment: Mapping[str, str] | None = None
) -> Spent:
    """
    :param environment: beside that of this process
    :raises ProgramFailed: if it did not end well
    """
    before, began, most = os.times(), time.monotonic(), 0
    with log.open("wb") as output:
        program = subprocess.Popen(
            command, stdout=output, stderr=output, env={**os.environ, **(environment or {})}
        )
        while program.poll() is None:
            most = max(most, _resident(program.pid))
            time.sleep(EVERY_SECONDS)
    after = os.times()
    if program.returncode != 0:
        raise ProgramFailed(log.read_text()[-2000:])
    cpu = after.children_user + after.children_system
    return Spent(
        seconds=time.monotonic() - began,
        cpu_seconds=cpu - before.children_user - before.children_system,
        megabytes=most / 1e6,
    )


def _resident(process: int) -> int:
    """Bytes of memory of a process and all its descendants; 0 if it has just ended."""
    folder = Path(f"/proc/{process}")
    try:
        own = int((folder / "statm").read_text().split()[1]) * PAGE
        threads = list((folder / "task").iterdir())
        children = {
            int(child) for thread in threads for child in (thread / "children").read_text().split()
        }
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return own + sum(_resident(child) for child in children)
