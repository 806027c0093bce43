"""What the commands have in common: anticipated errors become one sentence, results may be JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django_scopes import scopes_disabled

from portal.lib.errors import Refused
from portal.pipelines.prefect import PrefectRefused, PrefectUnavailable


class Door(BaseCommand):
    """A command for operators. `answer` does the work and returns what `--json` prints."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        with sentences(), scopes_disabled():  # operators work for every tenant
            result = self.answer(**options)
        if options["json"]:
            self.stdout.write(json.dumps(result, indent=1, default=str))
        else:
            self.show(result)
        self.conclude(result)

    def answer(self, **options: Any) -> Any:
        raise NotImplementedError

    def show(self, result: Any) -> None:
        raise NotImplementedError

    def conclude(self, result: Any) -> None:
        """:raises CommandError: if what was printed means that the command has failed"""


@contextmanager
def sentences() -> Iterator[None]:
    """:raises CommandError: one sentence and exit code 1, instead of a traceback"""
    try:
        yield
    except (Refused, PrefectRefused, PrefectUnavailable) as error:
        raise CommandError(str(error)) from error
