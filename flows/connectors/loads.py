"""How much of a stream one read asks for: everything, or what changed since a moment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from typing import Annotated, Literal
from urllib.parse import quote

from pydantic import BeforeValidator, Field, StringConstraints, field_validator, model_validator

from flows.connectors.grammar import Duration, GrammarModel, Template, filled, placeholders
from flows.connectors.moments import Change, Format, write
from flows.connectors.request import Place, Request

_NOTHING = timedelta()


@dataclass(frozen=True, kw_only=True)
class Span:
    """What is asked for: from a moment on, and up to another if it is a slice of the whole.

    A record of the last moment may be in this slice and in the next; none is in neither.
    """

    since: datetime
    until: datetime | None = None


class FullLoad(GrammarModel):
    """Everything, every time."""

    by: Literal["full"]


class _Changes(GrammarModel):
    """`overlap` is read again each time, for what the source's clock and open transactions hold
    back. `format` and `zone` are for sources that want a moment written otherwise than they do.
    `probe` is for sources that support it for some streams of some tenants only.
    """

    overlap: Duration
    probe: bool = False
    format: Format | None = None
    zone: Literal["tenant", "utc"] | None = None

    def spans(self, since: datetime, *, now: datetime) -> Iterator[Span]:
        yield Span(since=since - self.overlap)

    def text(self, moment: datetime, change: Change, *, time_zone: tzinfo) -> str:
        """A moment as the source wants it."""
        form = self.format or change.formats[0]
        return write(moment, form=form, zone=self.zone or change.zone, time_zone=time_zone)


class _Sliced(_Changes):
    """`slice` cuts a long time into steps, each asked for by itself; that needs an `until`."""

    place: Place = Field(default="query", alias="in")
    # An expression that is put behind another one begins with a blank.
    until: Annotated[str, StringConstraints(strip_whitespace=False, min_length=1)] | None = None
    slice: Duration | None = None

    @model_validator(mode="after")
    def _slices_have_an_end(self) -> _Sliced:
        if self.slice is not None and (self.until is None or self.slice <= _NOTHING):
            raise ValueError("A slice needs an end: add until, and a slice longer than nothing")
        return self

    def spans(self, since: datetime, *, now: datetime) -> Iterator[Span]:
        if self.until is None:
            yield Span(since=since - self.overlap)
            return
        # What is written is cut: to the second, or to the day where the form knows no hours.
        is_by_day = self.format is not None and "%" in self.format and "%H" not in self.format
        end = now + (timedelta(days=1) if is_by_day else timedelta(seconds=1))
        while self.slice and end - since > self.slice:
            yield Span(since=since - self.overlap, until=since + self.slice)
            since += self.slice
        yield Span(since=since - self.overlap, until=end)


class ChangedParameter(_Sliced):
    """The moment is the value of a parameter."""

    by: Literal["parameter"]
    send: str = Field(min_length=1)

    def asked(self, request: Request, since: str, until: str | None) -> Request:
        request = request.put(self.place, self.send, self._typed(since))
        if self.until and until is not None:
            request = request.put(self.place, self.until, self._typed(until))
        return request

    def _typed(self, text: str) -> str | int:
        return int(text) if self.place == "body" and _is_number(text) else text


class ChangedFilter(_Sliced):
    """The moment stands in an expression of the source's own, such as `updated >= '{since}'`.

    Credentials may stand in it, too. What is filled in is checked: it cannot end the expression.
    """

    by: Literal["filter"]
    send: str = Field(min_length=1)
    write: str

    @field_validator("write")
    @classmethod
    def _holds_the_moment(cls, text: str) -> str:
        if "since" not in placeholders(text) or "until" in placeholders(text):
            raise ValueError("Write {since} into the expression; {until} belongs into until")
        return text

    @model_validator(mode="after")
    def _ends_with_the_moment(self) -> ChangedFilter:
        if self.until is not None and "until" not in placeholders(self.until):
            raise ValueError("Write {until} into until")
        return self


class ChangedSegment(_Changes):
    """`GET {path}/{add}`, where `add` holds the moment: `changed/{since}`."""

    by: Literal["segment"]
    add: Template

    @field_validator("add")
    @classmethod
    def _holds_the_moment_once(cls, add: str) -> str:
        if placeholders(add) != ["since"]:
            raise ValueError("Write {since} exactly once, and no other name in braces")
        return add

    def asked(self, request: Request, since: str, until: str | None) -> Request:
        added = filled(self.add, {"since": quote(since, safe=":")})
        return replace(request, path=f"{request.path}/{added}")


class ChangedClient(_Changes):
    """The source cannot filter: all is read, and what is older is dropped here.

    `newest_first` stops at the first page that ends with a record that is older.
    """

    by: Literal["client"]
    newest_first: bool = False

    def asked(self, request: Request, since: str, until: str | None) -> Request:
        return request


class ChangedParent(_Changes):
    """Asked for are the children of the parents that changed."""

    by: Literal["parent"]

    def asked(self, request: Request, since: str, until: str | None) -> Request:
        return request


def _spelled_out(value: object) -> object:
    return {"by": "full"} if value == "full" else value


def _is_number(text: str) -> bool:
    return text.removeprefix("-").isdigit()


Changes = ChangedSegment | ChangedParameter | ChangedFilter | ChangedClient | ChangedParent
Load = Annotated[
    Annotated[FullLoad | Changes, Field(discriminator="by")],
    BeforeValidator(_spelled_out),
]
