"""The forms in which sources write a moment, read and written."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from email.utils import format_datetime, parsedate_to_datetime
from typing import Annotated, Literal

from pydantic import BeforeValidator

from flows.connectors.grammar import GrammarModel, JsonPath, only_of

Zone = Literal["tenant", "utc", "offset"]
WORDS = ("iso", "epoch-seconds", "epoch-milliseconds", "rfc-2822", "ms-date")
# Systems write the first day they know for "never": 0001, 1753, 1899 or 1900.
NEVER = datetime(1901, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)
# A day may have 25 hours.
_STEPS = (
    timedelta(),
    timedelta(seconds=1),
    timedelta(minutes=1),
    timedelta(hours=1),
    _DAY,
    timedelta(hours=25),
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ISO = re.compile(
    r"(\d{4})-?(\d\d?)-?(\d\d?)(?:[T ](\d\d?):?(\d\d)(?::?(\d\d)(?:[.,](\d+))?)?)?"
    r"\s*(Z|[+-]\d\d(?::?\d\d)?)?",
    re.IGNORECASE | re.ASCII,
)
_MS_DATE = re.compile(r"/Date\((-?\d{1,15})(?:[+-]\d{4})?\)/")
_NUMBER = re.compile(r"-?\d{1,15}(\.\d+)?")


def _format(value: object) -> object:
    if isinstance(value, str) and value not in WORDS and "%" not in value:
        choices = (*WORDS, "a pattern like %d.%m.%Y %H:%M")
        raise ValueError(only_of("form of a moment", value, choices))
    return value


Format = Annotated[str, BeforeValidator(_format)]


class Change(GrammarModel):
    """The field that says when a record changed, and how to read it.

    `tenant` is local time without a zone, `offset` carries its own, `utc` is UTC whatever it
    carries, unless a pattern asks for it with %z. Of several forms the first that fits is taken.
    """

    take: JsonPath
    zone: Zone
    format: Format | tuple[Format, ...] = "iso"

    @property
    def formats(self) -> tuple[str, ...]:
        return (self.format,) if isinstance(self.format, str) else self.format

    def read(self, text: str, *, time_zone: tzinfo) -> datetime | None:
        """The moment a text says, in UTC; None if it is in none of the forms.

        It is the same as the engine finds when the record lands, so that what is compared with a
        bookmark was read as the bookmark was.
        """
        for form in self.formats:
            moment = _read(text.strip(), form)
            if moment is not None:
                return _in_utc(moment, form=form, zone=self.zone, time_zone=time_zone)
        return None


def write(moment: datetime, *, form: str, zone: Zone, time_zone: tzinfo) -> str:
    """A moment in the source's own form, cut to the second so that it is never too late."""
    moment = moment.replace(microsecond=0)
    seconds = int((moment - _EPOCH).total_seconds())
    match form:
        case "epoch-seconds":
            return str(seconds)
        case "epoch-milliseconds":
            return str(seconds * 1000)
        case "ms-date":
            return f"/Date({seconds * 1000})/"
        case "rfc-2822":
            return format_datetime(moment.astimezone(UTC))
    local = moment.astimezone(time_zone if zone == "tenant" else UTC)
    if form != "iso":
        return local.strftime(form)
    plain = local.replace(tzinfo=None).isoformat(timespec="seconds")
    return plain if zone == "tenant" else f"{plain}Z"


def write_end(moment: datetime, *, form: str, zone: Zone, time_zone: tzinfo) -> str:
    """A moment in the source's own form, not cut but rounded up: what is read from it again is not
    before the moment. Where a form cannot be read again, it is a day later.
    """
    for step in _STEPS:
        text = write(moment + step, form=form, zone=zone, time_zone=time_zone)
        said = _read(text, form)
        again = said and _in_utc(said, form=form, zone=zone, time_zone=time_zone)
        if again and again >= moment:
            return text
    return write(moment + _DAY, form=form, zone=zone, time_zone=time_zone)


def before_repeats(moment: datetime, zone: tzinfo) -> datetime:
    """The moment, or one before the hour that clocks go through twice, if it is in that hour.

    What is written in that hour does not tell the first pass from the second, so that what came
    later may look earlier.
    """
    first, second = _passes(moment, zone)
    return first - (second - first) if second > first else moment


def after_repeats(moment: datetime, zone: tzinfo) -> datetime:
    """The moment, or one after the hour that clocks go through twice, if it is in that hour."""
    first, second = _passes(moment, zone)
    return second + (second - first) if second > first else moment


def _passes(moment: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    """When clocks showed what they show at a moment, for the first time and for the last."""
    shown = moment.astimezone(zone)
    first, second = (shown.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    return first, second


def _in_utc(moment: datetime, *, form: str, zone: Zone, time_zone: tzinfo) -> datetime | None:
    if moment.tzinfo is None or (zone == "utc" and form == "iso"):
        moment = moment.replace(tzinfo=time_zone if zone == "tenant" else UTC)
    try:
        # Of an hour that a clock goes through twice, the later one.
        return max(moment.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    except OverflowError:
        return None


def _read(text: str, form: str) -> datetime | None:
    """The moment, without a zone where the text has none."""
    reader = _READERS.get(form)
    try:
        return reader(text) if reader else datetime.strptime(text, form)  # noqa: DTZ007 - told apart above
    except (ValueError, OverflowError, TypeError):
        return None


def _iso(text: str) -> datetime | None:
    found = _ISO.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    moment = datetime(  # noqa: DTZ001 - the zone is added below, if there is one
        int(year),
        int(month),
        int(day),
        int(hour or 0),
        int(minute or 0),
        int(second or 0),
        int((fraction or "0")[:6].ljust(6, "0")),
    )
    return moment.replace(tzinfo=_zone(zone)) if zone else moment


def _zone(text: str) -> tzinfo:
    if text in "Zz":
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)


def _epoch(text: str, *, unit: float) -> datetime | None:
    return _EPOCH + timedelta(seconds=float(text) * unit) if _NUMBER.fullmatch(text) else None


def _ms_date(text: str) -> datetime | None:
    found = _MS_DATE.fullmatch(text)
    return _EPOCH + timedelta(milliseconds=int(found[1])) if found else None


_READERS: dict[str, Callable[[str], datetime | None]] = {
    "iso": _iso,
    "epoch-seconds": lambda text: _epoch(text, unit=1),
    "epoch-milliseconds": lambda text: _epoch(text, unit=0.001),
    "rfc-2822": parsedate_to_datetime,
    "ms-date": _ms_date,
}
