"""When to try again, how long to wait first, and when to give up."""

from __future__ import annotations

import email.utils
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import SystemRandom
from typing import TypeVar

Result = TypeVar("Result")
_random = SystemRandom()


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """A try that failed.

    `advised` is how long the source asked us to wait, in seconds; `is_odd` an answer that is whole
    but wrong; `is_unreachable` no answer at all.
    """

    reason: str
    advised: float | None = None
    is_odd: bool = False
    is_unreachable: bool = False


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long we keep trying. An odd answer, whole but wrong, gets `odd_tries`."""

    tries: int = 5
    odd_tries: int = 2
    first_wait: float = 1.0
    longest_wait: float = 60.0
    longest_advice: float = 300.0
    in_all: float = 600.0

    def wait(self, number: int, trouble: Trouble) -> float:
        """Seconds before the next try: twice as long each time, out of step with others."""
        step = min(self.longest_wait, self.first_wait * 2.0 ** (number - 1))
        return max(trouble.advised or 0.0, _random.uniform(step / 2, step))


class GaveUp(Exception):
    """Every try failed. `retry_after` is the wait asked for, if we did not sit it out."""

    def __init__(self, trouble: Trouble, *, retry_after: timedelta | None = None) -> None:
        super().__init__(trouble.reason)
        self.trouble = trouble
        self.retry_after = retry_after


def keep_trying(
    attempt: Callable[[], Result | Trouble], *, patience: Patience, sleep: Callable[[float], None]
) -> Result:
    """Try until there is a result.

    :raises GaveUp: with the last trouble
    """
    waited = 0.0
    number = 0
    while True:
        number += 1
        outcome = attempt()
        if not isinstance(outcome, Trouble):
            return outcome
        if (outcome.advised or 0) > patience.longest_advice:
            raise GaveUp(outcome, retry_after=timedelta(seconds=outcome.advised or 0))
        wait = patience.wait(number, outcome)
        tries = patience.odd_tries if outcome.is_odd else patience.tries
        if number >= tries or waited + wait > patience.in_all:
            raise GaveUp(outcome)
        waited += wait
        sleep(wait)


def advised_wait(header: str | None, *, now: datetime) -> float | None:
    """Seconds a Retry-After header asks for; None if it says nothing usable or is past."""
    text = (header or "").strip()
    return float(text) if re.fullmatch(r"[0-9]{1,9}", text) else seconds_to_date(text, now=now)


def seconds_to_date(text: str, *, now: datetime) -> float | None:
    """Seconds until a date as HTTP writes it; None if it is none, or past."""
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    seconds = (moment - now).total_seconds()
    return seconds if seconds > 0 else None
