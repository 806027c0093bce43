"""How much of a stream one read asks for: everything, or what changed since a moment."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Annotated, Literal
from urllib.parse import quote

from pydantic import BeforeValidator, Field, field_validator

from flows.connectors.grammar import GrammarModel, Template, filled, placeholders

_UNITS = {"minute": 60, "hour": 3600, "day": 86400}
_DURATION = re.compile(r"(\d{1,5}) (minute|hour|day)s?")


def _duration(value: object) -> object:
    if isinstance(value, str) and (found := _DURATION.fullmatch(value.strip())):
        return timedelta(seconds=int(found[1]) * _UNITS[found[2]])
    raise ValueError("Write a duration like '90 minutes', '2 hours' or '3 days'")


Duration = Annotated[timedelta, BeforeValidator(_duration)]


class Change(GrammarModel):
    """The field that says when a record changed, and how to read it.

    `tenant` is local time without a zone, `offset` carries its own, `utc` is UTC whatever it
    carries.
    """

    take: str = Field(min_length=1)
    zone: Literal["tenant", "utc", "offset"]
    format: Literal["iso", "epoch-seconds", "epoch-milliseconds"] = "iso"

    def write(self, moment: datetime, *, time_zone: tzinfo) -> str:
        """A moment in the source's own form, cut to the second so that it is never too late."""
        if self.format == "epoch-seconds":
            return str(int(moment.timestamp()))
        if self.format == "epoch-milliseconds":
            return str(int(moment.timestamp()) * 1000)
        if self.zone == "tenant":
            local = moment.astimezone(time_zone).replace(tzinfo=None)
            return local.isoformat(timespec="seconds")
        return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


class FullLoad(GrammarModel):
    """Everything, every time."""

    by: Literal["full"]


class ChangedSegment(GrammarModel):
    """`GET {path}/{add}`, where `add` holds the moment: `changed/{since}`.

    `overlap` is read again each time, for what the source's clock and open transactions hold back.
    `probe` is for sources that support it for some streams of some tenants only.
    """

    by: Literal["segment"]
    add: Template
    overlap: Duration
    probe: bool = False

    @field_validator("add")
    @classmethod
    def _holds_the_moment_once(cls, add: str) -> str:
        if placeholders(add) != ["since"]:
            raise ValueError("Write {since} exactly once, and no other name in braces")
        return add

    def path(self, path: str, since: str) -> str:
        return f"{path}/{filled(self.add, {'since': quote(since, safe=':')})}"

    def params(self, since: str) -> dict[str, str]:
        return {}


class ChangedParameter(GrammarModel):
    """`GET {path}?{send}=moment`. The rest is as for a segment."""

    by: Literal["parameter"]
    send: str = Field(min_length=1)
    overlap: Duration
    probe: bool = False

    def path(self, path: str, since: str) -> str:
        return path

    def params(self, since: str) -> dict[str, str]:
        return {self.send: since}


def _spelled_out(value: object) -> object:
    return {"by": "full"} if value == "full" else value


Load = Annotated[
    Annotated[FullLoad | ChangedSegment | ChangedParameter, Field(discriminator="by")],
    BeforeValidator(_spelled_out),
]
