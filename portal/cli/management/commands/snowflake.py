"""`manage.py snowflake ACTION`: look after the Snowflake account, without Prefect."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser

from portal.cli.door import Door
from portal.cli.provisioning import Said, carry_out, lines_of, look, record
from portal.lib.errors import Refused
from portal.warehouses.models import Action

EVERYDAY = (Action.PLAN, Action.APPLY, Action.REPAIR_PERMISSIONS)


class Command(Door):
    help = (
        "Compare Snowflake with what it should hold, repair it, and do with it what an operator"
        " has to. It logs in with MERCURIOS_SNOWFLAKE_ADMIN_USER of this environment."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        for action in Action:
            one = actions.add_parser(action.value, help=action.label)
            super().add_arguments(one)
            if action in EVERYDAY:
                one.add_argument(
                    "--everyday", action="store_true", help="leave out what needs ACCOUNTADMIN"
                )
            if action is Action.ROTATE_KEY:
                one.add_argument("--user", default="", help="the worker's unless given")
                one.add_argument("--keep", default="", metavar="REFERENCE")
            if action is Action.OFFBOARD:
                one.add_argument("tenant", metavar="TENANT", help="the slug of one who has left")
            if action in {Action.SUSPEND, Action.OFFBOARD}:
                one.add_argument(
                    "--yes", action="store_true", help="do not ask whether it is meant"
                )

    def answer(self, **options: Any) -> dict[str, Any]:
        action = Action(options["action"])
        said = self._carried_out(action, options)
        told = {"action": action.value, "status": said.status, "problem": said.problem}
        return told | said.answer

    def _carried_out(self, action: Action, options: dict[str, Any]) -> Said:
        words, is_sure = _words(action, options), options.get("yes")
        if action is Action.SUSPEND and not is_sure:
            self._ask(
                "Every warehouse of this installation is suspended. Statements that run are"
                " finished, and whatever comes next wakes its warehouse again.",
                typed="SUSPEND",
            )
        if action is Action.OFFBOARD:
            shown = look(words)
            if shown.status or not shown.answer["steps"]:
                return record(action, shown)
            if not is_sure:
                lines = lines_of(action.value, shown.answer)
                self._ask("\n".join(lines), typed=options["tenant"])
            words.append("--apply")
        return carry_out(action, words)

    def show(self, result: dict[str, Any]) -> None:
        for line in lines_of(result["action"], result):
            self.stdout.write(line)

    def conclude(self, result: dict[str, Any]) -> None:
        if result["status"]:
            raise CommandError(result["problem"], returncode=result["status"])

    def _ask(self, what: str, *, typed: str) -> None:
        """:raises Refused: if it is not meant, or nobody is there to say so"""
        self.stderr.write(what)
        try:
            said = input(f"Type {typed} to confirm: ")
        except EOFError:
            raise Refused("Nobody is there to confirm it. Say --yes.") from None
        if said.strip() != typed:
            raise Refused("It was not confirmed: nothing was done.")


def _words(action: Action, options: dict[str, Any]) -> list[str]:
    words = [action.value]
    if options.get("everyday"):
        words.append("--everyday")
    if action is Action.ROTATE_KEY:
        for name in ("user", "keep"):
            words += [f"--{name}", options[name]] if options[name] else []
    if action is Action.OFFBOARD:
        words.append(options["tenant"])
    return words
