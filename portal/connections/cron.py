"""Cron expressions as we, and Prefect, understand them."""

from __future__ import annotations

import re

from croniter import CroniterBadDateError, croniter

from portal.lib.errors import Refused


def checked_cron(text: str) -> str:
    """:raises Refused: if it is not cron's five fields, or a day that never comes"""
    cron = " ".join(text.split())
    # `R` and `H`, for a random moment, are an addition of the library that Prefect does not share.
    if len(cron.split()) != 5 or not croniter.is_valid(cron) or re.search(r"(?i)\b[rh]", cron):
        raise Refused(
            "Write the schedule as five cron fields, such as 15 2 * * * for 02:15 every day.",
            field="cron",
        )
    try:
        croniter(cron).get_next()
    except CroniterBadDateError as error:
        raise Refused(
            f"{cron} never comes. Choose a day that is in the calendar.", field="cron"
        ) from error
    return cron
