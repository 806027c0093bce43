"""Read and write the moments of a source, as its connector.yaml declares them.

A second reading of the grammar, apart from the reader's own: a mistake would have to be made twice.
"""

from __future__ import annotations

import email.utils
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

_MS_DATE = re.compile(r"/Date\((-?\d+)(?:[+-]\d{4})?\)/")
_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:([T ])(\d\d:\d\d)(:\d\d)?([.,]\d+)?\s*(Z|[+-]\d\d:?\d\d)?)?"
)
_EPOCH = {"epoch-seconds": 1, "epoch-milliseconds": 1000}


@dataclass(frozen=True)
class Moments:
    """How one stream writes moments. `zone` is that of times without one."""

    formats: tuple[str, ...]
    zone: str
    time_zone: tzinfo

    def read(self, value: Any) -> datetime | None:
        """The moment a value means, in UTC; None where it means none in any declared format."""
        if value is None or value == "" or isinstance(value, bool):
            return None
        for form in self.formats:
            try:
                found = self._read(form, value)
            except (ValueError, TypeError, OverflowError):
                continue
            if found is not None:
                return found.astimezone(UTC)
        return None

    def write(self, moment: datetime, *, like: Any) -> Any:
        """The moment in the form of another value: its format, its digits, its zone."""
        for form in self.formats:
            try:
                if self._read(form, like) is not None:
                    return self._write(form, moment, like)
            except (ValueError, TypeError, OverflowError):
                continue
        return self._write(self.formats[0], moment, like)

    def _read(self, form: str, value: Any) -> datetime | None:
        if form in _EPOCH:
            seconds = float(value) / _EPOCH[form]
            return datetime.fromtimestamp(seconds, UTC)
        if not isinstance(value, str):
            return None
        if form == "iso":
            return self._iso(value)
        if form == "ms-date":
            found = _MS_DATE.fullmatch(value.strip())
            return datetime.fromtimestamp(int(found[1]) / 1000, UTC) if found else None
        if form == "rfc-2822":
            return self._aware(email.utils.parsedate_to_datetime(value))
        return self._aware(datetime.strptime(value, form))  # noqa: DTZ007 - made aware at once

    def _iso(self, text: str) -> datetime | None:
        found = _ISO.fullmatch(text.strip())
        if found is None:
            return None
        day, _, minute, second, fraction, offset = found.groups()
        digits = (fraction or ".0")[1:7].ljust(6, "0")
        whole = f"{day}T{minute or '00:00'}{second or ':00'}.{digits}"
        return self._aware(datetime.fromisoformat(whole + (offset or "").replace("Z", "+00:00")))

    def _aware(self, moment: datetime) -> datetime:
        if self.zone == "utc":
            return moment.replace(tzinfo=UTC)
        if moment.tzinfo is None:
            return moment.replace(tzinfo=self.time_zone if self.zone == "tenant" else UTC)
        return moment

    def _write(self, form: str, moment: datetime, like: Any) -> Any:
        if form in _EPOCH:
            number = int(moment.timestamp() * _EPOCH[form])
            return str(number) if isinstance(like, str) else number
        if form == "ms-date":
            return f"/Date({int(moment.timestamp() * 1000)})/"
        if form == "rfc-2822":
            return email.utils.format_datetime(moment.astimezone(UTC))
        if form == "iso":
            return self._written_iso(moment, like if isinstance(like, str) else "")
        zone = UTC if "%z" in form or self.zone != "tenant" else self.time_zone
        return moment.astimezone(zone).strftime(form)

    def _written_iso(self, moment: datetime, like: str) -> str:
        """The moment with as many digits as the other text, and in its zone."""
        found = _ISO.fullmatch(like.strip())
        if found is None:
            return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        _, between, minute, second, fraction, offset = found.groups()
        local = moment.astimezone(self._zone_of(offset))
        if minute is None:
            return local.strftime("%Y-%m-%d")
        text = local.strftime(f"%Y-%m-%d{between}%H:%M") + (local.strftime(":%S") if second else "")
        if fraction:
            text += fraction[0] + f"{local.microsecond:06d}".ljust(9, "0")[: len(fraction) - 1]
        return text + (offset or "")

    def _zone_of(self, offset: str | None) -> tzinfo:
        if offset is None:
            return self.time_zone if self.zone == "tenant" else UTC
        if offset == "Z" or self.zone == "utc":
            return UTC
        return datetime.fromisoformat(f"2000-01-01T00:00:00{offset}").tzinfo or UTC


def moments_of(changed: Mapping[str, Any] | None, *, time_zone: tzinfo) -> Moments | None:
    """How the records of a stream say when they changed; None where they do not."""
    if not changed:
        return None
    declared = changed.get("format") or "iso"
    formats = (declared,) if isinstance(declared, str) else tuple(declared)
    return Moments(formats, changed["zone"], time_zone)


def duration(text: Any) -> timedelta:
    """`3 hours` and the like; nothing is no time at all."""
    number, _, unit = str(text or "0 minutes").partition(" ")
    seconds = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}
    return timedelta(seconds=int(number) * seconds[unit.rstrip("s")])
