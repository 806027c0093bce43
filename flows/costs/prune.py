"""What newer readings and newer ledgers have replaced."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from itertools import groupby

from flows.costs.usage_files import PLATFORM_CODE, day_of, readings
from flows.costs.views import VIEWS
from flows.lake.lake import Lake, LakeFile

# By then nothing of a day changes any more.
READINGS_KEPT = timedelta(days=14)
# A page may still be reading them.
DETAILS_KEPT = timedelta(days=3)
# A month is closed on the sixth of the next one; until then the newest version counts.
OPEN_DAYS = timedelta(days=5)


def prune_usage(lake: Lake, *, at: datetime) -> int:
    """Of days long past only the newest reading stays; how many files were removed."""
    removed = 0
    for view in VIEWS:
        old = [each for each in readings(lake, view) if day_of(each.key) < _before(at)]
        for _, files in groupby(old, key=_day):
            for file in list(files)[:-1]:
                lake.delete(file.key)
                removed += 1
    return removed


def prune_details(lake: Lake, *, engine: str, current: Mapping[date, str], at: datetime) -> int:
    """Files behind versions of the last days that do not count; how many were removed.

    :param current: the digest of each day's newest version, as the portal has it
    """
    removed = 0
    for file in lake.files(f"{PLATFORM_CODE}/costs/{engine}"):
        said, digest = file.key.split("/")[-3:-1]
        day = date.fromisoformat(said)
        counts = day < open_since(at) or current.get(day, "").startswith(digest)
        if not counts and file.written_at < at - DETAILS_KEPT:
            lake.delete(file.key)
            removed += 1
    return removed


def open_since(at: datetime) -> date:
    """From this day on no month is closed."""
    return at.date() - OPEN_DAYS


def _before(at: datetime) -> date:
    return at.date() - READINGS_KEPT


def _day(file: LakeFile) -> date:
    return day_of(file.key)
