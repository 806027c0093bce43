"""How often a source may be asked, and how it says when it may be asked again."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, model_validator

from flows.connectors.grammar import GrammarModel
from flows.connectors.retries import seconds_to_date

_SECONDS = {"second": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86400.0}

# How a header says when: so many seconds from now, a date of HTTP, or a moment since 1970.
Moment = Literal["seconds", "date", "epoch-seconds", "epoch-milliseconds"]


class Limit(GrammarModel):
    """So many requests per unit of time, evenly spaced, of which `burst` may come at once.

    A bucket of `burst` that fills up again at the rate: in any unit at most `requests` plus `burst`
    requests are made.
    """

    requests: Annotated[float, Field(gt=0, le=100_000)]
    per: Literal["second", "minute", "hour", "day"] = "second"
    burst: Annotated[int, Field(ge=1, le=100_000)] = 1

    @model_validator(mode="after")
    def _fills_up_again(self) -> Limit:
        if self.burst * self.gap > _SECONDS["day"]:
            raise ValueError("A burst may be at most what comes again within a day")
        return self

    @property
    def gap(self) -> float:
        """Seconds after which one more request may be made."""
        return _SECONDS[self.per] / self.requests


class Wait(GrammarModel):
    """The header in which a source that refuses a request says when to ask again."""

    header: str = Field(min_length=1)
    as_: Moment = Field(default="seconds", alias="as")

    def seconds(self, headers: Mapping[str, str], *, now: datetime) -> float | None:
        return seconds_until(headers.get(self.header), form=self.as_, now=now)


def seconds_until(text: str | None, *, form: Moment, now: datetime) -> float | None:
    """Seconds from now until the moment a header names; None if it names none, or one past.

    What cannot be read is as good as nothing: it is the caller's to wait by itself then.
    """
    said = (text or "").strip()
    if form == "date":
        return seconds_to_date(said, now=now)
    if not re.fullmatch(r"[0-9]{1,15}(\.[0-9]{1,9})?", said, re.ASCII):
        return None
    number = float(said)
    if form == "epoch-seconds":
        number -= now.timestamp()
    elif form == "epoch-milliseconds":
        number = number / 1000 - now.timestamp()
    return number if 0 < number < math.inf else None
