"""Snowflake from the command line: a program of the flows does it, and the audit gets its line.

The portal knows no warehouse. The program gets the tenants in a file, for the portal's own API may
be what does not answer; Prefect is not needed either.
"""

from __future__ import annotations

import getpass
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from portal.cli.stack import worker_environment
from portal.tenants.selectors import tenants
from portal.warehouses.models import Action, WarehouseAction
from portal.warehouses.services import Report, Wish, begin, end, take_report

Outcome = WarehouseAction.Outcome
BROKEN_OFF = "It was broken off. What had been done stays; plan shows what is left."


@dataclass(frozen=True)
class Said:
    """What the program printed and how it ended. `problem` is its sentence if it failed."""

    status: int
    answer: dict[str, Any]
    problem: str


def lines_of(action: str, answer: dict[str, Any]) -> list[str]:
    """What is in the way, then what is done, then what should be known."""
    if "new" in answer:
        return [f"{answer['user']} logs in with the new key {answer['new']}."]
    if "steps" not in answer:
        return []
    told = [*answer["blocked"], *(each["sentence"] for each in answer["steps"])]
    return [*(told or [f"Nothing to do for {action}."]), *answer["notes"]]


def look(words: Sequence[str]) -> Said:
    """Run the program for something that changes nothing and is only part of an action."""
    return _run(words)


def carry_out(action: Action, words: Sequence[str]) -> Said:
    """Run the program, and write down who did what and what became of it.

    :param words: what follows the name of the program
    """
    row = begin(Wish(action=action.value, who=_who()), at=timezone.now())
    try:
        said = _run(words)
    except BaseException:
        end(row, outcome=Outcome.FAILED, report=BROKEN_OFF, at=timezone.now())
        raise
    take_report(_report(action, said), row=row, at=timezone.now())
    return said


def record(action: Action, said: Said) -> Said:
    """Write down what was tried and failed before it could begin."""
    row = begin(Wish(action=action.value, who=_who()), at=timezone.now())
    take_report(_report(action, said), row=row, at=timezone.now())
    return said


def _run(words: Sequence[str]) -> Said:
    with _tenants_in_a_file() as file:
        done = subprocess.run(  # noqa: S603 - our own program; its arguments are words
            [sys.executable, "-m", "flows.provision", *words, "--tenants", str(file), "--json"],
            cwd=settings.BASE_DIR,
            env=worker_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        answer = {}
    return Said(done.returncode, answer, _problem(done, answer))


def _problem(done: subprocess.CompletedProcess[str], answer: dict[str, Any]) -> str:
    if done.returncode == 0:
        return ""
    if answer.get("blocked"):
        return "Somebody else has to act first; nothing was done."
    said = done.stderr.strip().splitlines()
    return said[-1] if said else f"The program ended with {done.returncode}."


@contextmanager
def _tenants_in_a_file() -> Iterator[Path]:
    told = [
        {"code": str(each.code), "slug": each.slug, "engine": each.engine} for each in tenants()
    ]
    with tempfile.TemporaryDirectory(prefix="mercurios-") as folder:
        file = Path(folder) / "tenants.json"
        file.write_text(json.dumps(told), encoding="utf-8")
        yield file


def _report(action: Action, said: Said) -> Report:
    lines = lines_of(action.value, said.answer) or [said.problem]
    return Report(
        action=action.value,
        text="\n".join(lines),
        has_failed=said.status != 0,
        differences=_left(action, said),
    )


def _left(action: Action, said: Said) -> int | None:
    if action is Action.PLAN and said.answer:
        return len(said.answer["steps"]) + len(said.answer["blocked"])
    return 0 if action is Action.APPLY and said.status == 0 else None


def _who() -> str:
    try:
        return f"{getpass.getuser()}, by manage.py"
    except (KeyError, OSError):  # a container whose user has no name
        return "manage.py"
