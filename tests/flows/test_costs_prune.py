"""Readings of usage are removed when newer ones have replaced them for long."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from flows.costs.prune import prune_details, prune_usage
from flows.costs.usage_files import PLATFORM_CODE, newest, put, readings
from flows.lake.local import LocalLake

VIEW = "query_history"
NOON = datetime(2026, 3, 29, 12, tzinfo=UTC)


def read(lake: LocalLake, day: date, *, at: datetime, folder: Path) -> str:
    file = folder / "reading"
    file.write_text(f"{at}")
    return put(lake, VIEW, day, source=file, at=at)


def test_of_a_day_long_past_the_newest_reading_stays(tmp_path: Path) -> None:
    lake, day = LocalLake(tmp_path / "lake"), date(2026, 3, 1)
    keys = [read(lake, day, at=NOON + timedelta(hours=hour), folder=tmp_path) for hour in range(3)]

    removed = prune_usage(lake, at=NOON + timedelta(days=1))

    assert removed == 2
    assert newest(lake, VIEW, day, day) == keys[-1:]
    assert [each.key for each in readings(lake, VIEW)] == keys[-1:]


def test_readings_of_the_last_days_all_stay(tmp_path: Path) -> None:
    lake, day = LocalLake(tmp_path / "lake"), date(2026, 3, 28)
    keys = [read(lake, day, at=NOON + timedelta(hours=hour), folder=tmp_path) for hour in range(3)]

    assert prune_usage(lake, at=NOON + timedelta(days=1)) == 0
    assert [each.key for each in readings(lake, VIEW)] == keys


def test_cleaning_twice_removes_nothing_more(tmp_path: Path) -> None:
    lake = LocalLake(tmp_path / "lake")
    for hour in range(2):
        read(lake, date(2026, 3, 1), at=NOON + timedelta(hours=hour), folder=tmp_path)

    assert [prune_usage(lake, at=NOON + timedelta(days=1)) for _ in range(2)] == [1, 0]


def details(lake: LocalLake, day: date, *, folder: Path) -> str:
    """Files behind two versions of a day, of which the second counts."""
    file = folder / "details"
    file.write_text("rows")
    base = f"{PLATFORM_CODE}/costs/DUCKDB/{day}"
    for digest in ("aaaa", "bbbb"):
        lake.put(source=file, key=f"{base}/{digest}/details.parquet")
    return base


def test_details_of_versions_that_do_not_count_are_removed_after_a_while(tmp_path: Path) -> None:
    lake, now = LocalLake(tmp_path / "lake"), datetime.now(UTC)
    base = details(lake, now.date(), folder=tmp_path)
    current = {now.date(): "bbbb0123"}

    removed = [
        prune_details(lake, engine="DUCKDB", current=current, at=now + timedelta(days=days))
        for days in (0, 4)
    ]

    assert removed == [0, 1]
    assert [each.key for each in lake.files(base)] == [f"{base}/bbbb/details.parquet"]


def test_details_of_days_that_may_be_of_a_closed_month_all_stay(tmp_path: Path) -> None:
    lake, now = LocalLake(tmp_path / "lake"), datetime.now(UTC)
    base = details(lake, now.date(), folder=tmp_path)

    assert prune_details(lake, engine="DUCKDB", current={}, at=now + timedelta(days=7)) == 0
    assert len(lake.files(base)) == 2
