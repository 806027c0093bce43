"""Where usage lies in the lake: for each view and UTC day every reading of it, the newest last.

`<PLATFORM_CODE>/raw/usage/<view>/<day>/<moment>.parquet`. What the ledger was reckoned from can
be looked at later: a newer reading of a day stands beside the older ones.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from flows.lake.lake import Lake, LakeFile

# The platform's own folder, beside those of the tenants.
PLATFORM_CODE = "00000000-0000-0000-0000-000000000000"
_MOMENT = "%Y%m%dT%H%M%S%fZ"


def days_read(lake: Lake, view: str) -> list[date]:
    """The days of which there is a reading, the earliest first."""
    return [date.fromisoformat(name) for name in lake.folders(_folder(view))]


def newest(lake: Lake, view: str, first: date, last: date) -> list[str]:
    """Keys of the newest reading of each day from `first` to `last`, the earliest day first."""
    by_day = {day_of(file.key): file.key for file in readings(lake, view)}
    return [key for day, key in by_day.items() if first <= day <= last]


def readings(lake: Lake, view: str) -> list[LakeFile]:
    """All of them, by day and moment, the earliest first."""
    return lake.files(_folder(view))


def newest_of_day(lake: Lake, view: str, day: date) -> LakeFile | None:
    return max(lake.files(f"{_folder(view)}/{day}"), key=lambda file: file.key, default=None)


def put(lake: Lake, view: str, day: date, *, source: Path, at: datetime) -> str:
    """Keep what was read of a day at a moment; its key.

    :raises LakeKeyTaken: if another reading was made at that moment
    """
    key = f"{_folder(view)}/{day}/{at.astimezone(UTC).strftime(_MOMENT)}.parquet"
    lake.put(source=source, key=key)
    return key


def day_of(key: str) -> date:
    return date.fromisoformat(key.split("/")[-2])


def moment_of(key: str) -> datetime:
    """When it was read."""
    name = key.rpartition("/")[2].removesuffix(".parquet")
    return datetime.strptime(name, _MOMENT).replace(tzinfo=UTC)


def _folder(view: str) -> str:
    return f"{PLATFORM_CODE}/raw/usage/{view}"
