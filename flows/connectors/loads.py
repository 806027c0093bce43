"""How much of a stream one read asks for: everything, or what changed since its bookmark."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from typing import Annotated, Literal
from urllib.parse import quote

from pydantic import BeforeValidator, Field, StringConstraints, field_validator, model_validator

from flows.connectors.bookmarks import Point, is_number
from flows.connectors.grammar import (
    Duration,
    GrammarModel,
    JsonPath,
    Template,
    filled,
    placeholders,
)
from flows.connectors.moments import (
    Change,
    Format,
    Zone,
    after_repeats,
    before_repeats,
    write,
    write_end,
)
from flows.connectors.request import Place, Request

_NOTHING = timedelta()
_OF_MOMENTS = frozenset({"overlap", "until", "slice", "format", "zone"})


@dataclass(frozen=True, kw_only=True)
class Span:
    """What is asked for: from a moment on, and up to another if it is a slice of the whole; or what
    came after a number, where the source counts its changes.

    A record of the last moment may be in this slice and in the next; none is in neither.
    """

    since: Point
    until: datetime | None = None

    def in_local_time(self, zone: tzinfo) -> Span:
        """The same for a source that writes local time, which may go through an hour twice."""
        if isinstance(self.since, int):
            return self
        until = after_repeats(self.until, zone) if self.until else None
        return Span(since=before_repeats(self.since, zone), until=until)


class FullLoad(GrammarModel):
    """Everything, every time."""

    by: Literal["full"]


class _Changes(GrammarModel):
    """`overlap` is read again each time, for what the source's clock and open transactions hold
    back. `format` and `zone` are for sources that want a moment written otherwise than they do.
    `probe` is for sources that support it for some streams of some tenants only.

    `counter` is the field with the number of a change, where a source counts them: then the
    greatest one is asked for, and what came after it is new. A number is no moment: it has no
    overlap, and there is one way to write it.
    """

    overlap: Duration = _NOTHING
    counter: JsonPath | None = None
    probe: bool = False
    format: Format | None = None
    zone: Literal["tenant", "utc"] | None = None

    @model_validator(mode="after")
    def _goes_by_one_thing(self) -> _Changes:
        said = self.model_fields_set
        if self.counter is None and "overlap" not in said:
            raise ValueError(
                "Say how much is read again: add overlap; or counter, if the source counts changes"
            )
        if self.counter is not None and (odd := said & _OF_MOMENTS):
            raise ValueError(f"A counter is no moment: drop {', '.join(sorted(odd))}")
        return self

    def spans(self, since: Point, *, now: datetime) -> Iterator[Span]:
        yield Span(since=self.with_overlap(since))

    def asked_spans(
        self, since: Point, *, change: Change | None, now: datetime, time_zone: tzinfo
    ) -> list[Span]:
        """The spans as they are asked for, where moments may be in the tenant's time."""
        spans = self.spans(since, now=now)
        if change is None or "tenant" not in (change.zone, self.zone):
            return [*spans]
        return [span.in_local_time(time_zone) for span in spans]

    def with_overlap(self, since: Point) -> Point:
        return since if isinstance(since, int) else since - self.overlap

    def text(self, point: Point, change: Change | None, *, time_zone: tzinfo) -> str:
        """A moment as the source wants it, cut so that it is never too late; or a number."""
        if isinstance(point, int) or change is None:
            return str(point)
        form, zone = self._written(change)
        return write(point, form=form, zone=zone, time_zone=time_zone)

    def end_text(self, moment: datetime, change: Change, *, time_zone: tzinfo) -> str:
        """The end of a slice, which is never too early, however coarse its form is."""
        form, zone = self._written(change)
        return write_end(moment, form=form, zone=zone, time_zone=time_zone)

    def _written(self, change: Change) -> tuple[str, Zone]:
        return self.format or change.formats[0], self.zone or change.zone


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

    def spans(self, since: Point, *, now: datetime) -> Iterator[Span]:
        if self.until is None or isinstance(since, int):
            yield Span(since=self.with_overlap(since))
            return
        end = now + timedelta(seconds=1)
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
        return int(text) if self.place == "body" and is_number(text) else text


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

    @model_validator(mode="after")
    def _goes_by_moments(self) -> ChangedParent:
        if self.counter is not None:
            raise ValueError("Children are asked for by their parent's time of change: add overlap")
        return self

    def asked(self, request: Request, since: str, until: str | None) -> Request:
        return request


def _spelled_out(value: object) -> object:
    return {"by": "full"} if value == "full" else value


Changes = ChangedSegment | ChangedParameter | ChangedFilter | ChangedClient | ChangedParent
Load = Annotated[
    Annotated[FullLoad | Changes, Field(discriminator="by")],
    BeforeValidator(_spelled_out),
]
