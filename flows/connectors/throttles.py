"""Sources that tell with each answer how much room is left: slow down before they refuse.

A style is a pure function: from an answer to the seconds that the next request should wait.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from pydantic import Field

from flows.connectors.grammar import GrammarModel, JsonPath
from flows.connectors.json_path import text_at
from flows.connectors.limits import Moment, seconds_until

# Nothing is left, and the source does not say until when.
_SHORT = 1.0
_SHARE = 20.0


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a style may look at. `others` is how many more requests of ours are on their way."""

    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    now: datetime
    others: int = 0


class Remaining(GrammarModel):
    """A header says how many requests are left, another from when on there are more."""

    by: Literal["remaining"]
    header: str = Field(min_length=1)
    reset: str | None = None
    as_: Moment = Field(default="seconds", alias="as")

    def pause(self, told: Told) -> float:
        left = _number(told.headers.get(self.header))
        if left is None or left > told.others:
            return 0.0
        until = told.headers.get(self.reset) if self.reset else None
        return seconds_until(until, form=self.as_, now=told.now) or _SHORT


class Bucket(GrammarModel):
    """A header says how full a bucket is, `32/40`, which leaks `per_second`.

    Left out, a twentieth of the bucket leaks each second, as in 40 with 2.
    """

    by: Literal["bucket"]
    header: str = Field(min_length=1)
    per_second: Annotated[float, Field(gt=0)] | None = None

    def pause(self, told: Told) -> float:
        used, _, size = (told.headers.get(self.header) or "").partition("/")
        full, whole = _number(used), _number(size)
        if full is None or not whole:
            return 0.0
        # Room for the next request and for those that are under way.
        over = full + told.others + 1 - whole
        return max(0.0, over / (self.per_second or whole / _SHARE))


class Cost(GrammarModel):
    """The answer says what the question cost, how much may be spent, and how fast that comes back.

    The next question is taken to cost as much as this one. All three are paths in the answer.
    """

    by: Literal["cost"]
    available: JsonPath
    restored: JsonPath
    asked: JsonPath

    def pause(self, told: Told) -> float:
        try:
            found = [text_at(told.body, path) for path in (self.available, self.restored)]
            cost = _number(text_at(told.body, self.asked))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return 0.0
        left, rate = map(_number, found)
        if left is None or cost is None or not rate:
            return 0.0
        return max(0.0, (cost * (told.others + 1) - left) / rate)


Throttle = Annotated[Remaining | Bucket | Cost, Field(discriminator="by")]


def _number(text: str | None) -> float | None:
    said = (text or "").strip()
    return float(said) if re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,9})?", said, re.ASCII) else None
