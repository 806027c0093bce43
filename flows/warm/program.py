"""Run a Python program to its end, in a child of the warm server if there is one."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from flows.warm.handover import NotHandedOver, Work, hand_over


@dataclass(frozen=True)
class Ended:
    """`output` is what it wrote, errors included."""

    code: int
    output: str


_spent: list[float] = []


def cpu_seconds_elsewhere() -> float:
    """Of what this process has let a warm server do: it is no child of it, but its work."""
    return sum(_spent)


def run(module: str, arguments: list[str], *, environment: dict[str, str], folder: Path) -> Ended:
    """As `python -m module arguments` would: a process of its own, with this environment alone."""
    path = os.environ.get("MERCURIOS_WARM_SOCKET", "")
    if path:
        try:
            return _warm(Path(path), Work([module, *arguments], environment, str(folder)))
        except NotHandedOver:
            pass
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-m", module, *arguments],
        env=environment,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Ended(done.returncode, done.stdout)


def _warm(path: Path, work: Work) -> Ended:
    with tempfile.TemporaryFile() as output, Path(os.devnull).open("rb") as nothing:
        streams = (nothing.fileno(), output.fileno(), output.fileno())
        end = hand_over(path, work, streams=streams)
        _spent.append(end.cpu_seconds)
        output.seek(0)
        return Ended(end.code, output.read().decode(errors="replace"))
