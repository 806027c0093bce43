"""Cron expressions as we, and Prefect, understand them."""

from __future__ import annotations

import re
from typing import Any

from croniter import CroniterBadDateError, croniter

from portal.lib.errors import Refused

MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
# Minute, hour, day of the month, month, day of the week: the smallest and largest number, names.
FIELDS: list[tuple[int, int, dict[str, int]]] = [
    (0, 59, {}),
    (0, 23, {}),
    (1, 31, {}),
    (1, 12, {name: number for number, name in enumerate(MONTHS, start=1)}),
    (0, 7, {name: number for number, name in enumerate(DAYS)}),
]
PART = re.compile(r"(?:\*|([0-9]{1,2}|[a-z]{3})(?:-([0-9]{1,2}|[a-z]{3}))?)(?:/([0-9]{1,2}))?")


def checked_cron(text: str) -> str:
    """:raises Refused: if it is not cron's five fields, or a day that never comes"""
    cron = " ".join(text.split())
    if not is_plain_cron(cron) or not croniter.is_valid(cron):
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


def first_of_the_day(cron: str) -> str:
    """The expression of each day's first start alone.

    :param cron: a checked one
    """
    minutes, hours, *_ = croniter.expand(cron)[0]
    return " ".join([_first(minutes), _first(hours), *cron.split()[2:]])


def is_plain_cron(cron: str) -> bool:
    """Numbers, names, `*`, lists, ranges and steps: what every cron reads in the same way.

    The library knows more, such as `W`, `#`, `R` or a step beyond its field, and Prefect does not.
    """
    fields = cron.lower().split()
    return len(fields) == len(FIELDS) and all(
        is_part(part, *allowed)
        for text, allowed in zip(fields, FIELDS, strict=True)
        for part in text.split(",")
    )


def is_part(part: str, smallest: int, largest: int, names: dict[str, int]) -> bool:
    found = PART.fullmatch(part)
    if found is None:
        return False
    first, last, step = (
        names.get(each, -1) if each and each.isalpha() else int(each or -1)
        for each in found.groups()
    )
    if step != -1 and not 1 <= step <= largest:
        return False
    if found[1] is None:
        return True
    return smallest <= first <= (last if found[2] else first) <= largest


def _first(values: list[Any]) -> str:
    """The smallest of what croniter made of a field; all of them are a `*`."""
    return str(min((value for value in values if value != "*"), default=0))
