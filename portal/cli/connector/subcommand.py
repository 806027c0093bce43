"""What each word after `manage.py connector` has to bring."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from django.core.management.base import CommandParser


class Subcommand(Protocol):
    """`answer` does the work and returns what `--json` prints; `show` writes it for people."""

    name: str
    help: str

    def add_arguments(self, parser: CommandParser) -> None: ...

    @property
    def answer(self) -> Callable[..., Any]:
        """Takes the options by name.

        :raises Refused: if the operator can change something; one sentence says what
        """

    def show(self, result: Any, write: Callable[[str], object]) -> None: ...

    def conclude(self, result: Any) -> None:
        """:raises CommandError: if what was printed means that the command has failed"""
