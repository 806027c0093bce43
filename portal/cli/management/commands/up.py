"""`manage.py up`: everything on this machine, until Ctrl-C."""

from __future__ import annotations

import errno
import signal
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.utils import OperationalError
from rich.console import Console

from portal.cli.figures import headline_table
from portal.cli.processes import CannotStart, programs
from portal.cli.up import OPERATOR, Up
from portal.costs.collecting import collect_now
from portal.lib.errors import Refused
from portal.pipelines.prefect import PrefectRefused, PrefectUnavailable, prefect_api
from portal.tenants.selectors import tenants


class Command(BaseCommand):
    help = (
        "Start the Prefect server, a worker and the portal on this machine; stop them with Ctrl-C."
        " With --demo also a simulated till, from which two invented retailers are onboarded."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--demo", action="store_true", help="with a till and two retailers")
        parser.add_argument(
            "--once", action="store_true", help="stop as soon as everything is up, for scripts"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        console = Console()
        # A terminal that is closed, or a service manager, stops us as Ctrl-C does.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        signal.signal(signal.SIGHUP, signal.default_int_handler)
        try:
            with programs(settings.BASE_DIR) as started:
                self._run(Up(programs=started, console=console, is_demo=options["demo"]), **options)
        except KeyboardInterrupt:
            console.print("Stopped.")
        except (CannotStart, Refused, PrefectRefused, PrefectUnavailable) as error:
            raise CommandError(str(error)) from error
        except (OSError, OperationalError) as error:
            if not is_about_a_full_disk(error):
                raise
            raise CommandError(
                f"The disk of {settings.HOME} is full. Free some space, or choose another place"
                " with MERCURIOS_HOME."
            ) from error

    def _run(self, up: Up, *, once: bool, **options: Any) -> None:
        try:
            up.start()
        except BaseException:
            # It is shown once, however the start ends: there is no second chance to see it.
            self._say_login(up)
            raise
        self._say(up)
        if up.is_demo and not once:
            collect_now(api=prefect_api())  # so that there is something to see under Costs
        while not once:
            up.programs.check()
            time.sleep(1)

    def _say_login(self, up: Up) -> None:
        if up.password:
            up.console.print(f"Log in as   {OPERATOR} with password {up.password}")
            up.console.print(
                "            (shown this once; `manage.py changepassword` sets another)"
            )

    def _say(self, up: Up) -> None:
        stack, console = up.stack, up.console
        total = sum(up.phases.taken.values())
        if up.is_demo:
            console.print(headline_table(list(tenants())))
        console.print(f"Up after {total:.0f} s.", style="bold")
        console.print(f"Portal      {stack.portal_url}/")
        console.print(f"Admin       {stack.portal_url}/admin/")
        console.print(f"API         {stack.portal_url}/api/v1/docs")
        console.print(f"Prefect     {stack.prefect_url}/")
        self._say_login(up)
        if up.is_demo:
            console.print(f"Till        {stack.till_url}/ (simulated)")
            console.print(
                f"A day later: curl -X POST '{stack.till_url}/_simulator/advance?days=1', then"
                " .venv/bin/python manage.py run alster-mode/tills --wait",
                soft_wrap=True,
            )
        console.print("Ctrl-C stops it.")


def is_about_a_full_disk(error: OSError | OperationalError) -> bool:
    return getattr(error, "errno", None) == errno.ENOSPC or "disk is full" in str(error)
