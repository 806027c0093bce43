"""The lake as a folder: what is torn stays hidden, and no link leads out of it."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flows.lake.lake import Lake, LakeKeyRefused
from flows.parts import lake_at

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return lake_at(str(tmp_path / "lake"))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    file = tmp_path / "source"
    file.write_text("first")
    return file


def age(path: Path, at: datetime = LONG_AGO) -> None:
    os.utime(path, (at.timestamp(), at.timestamp()))


def test_a_write_that_fails_leaves_nothing_behind(lake: Lake, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        lake.put(source=tmp_path / "missing", key="alice/a")

    assert list((tmp_path / "lake/alice").iterdir()) == []


def test_a_torn_write_is_seen_by_nobody_and_swept_later(lake: Lake, tmp_path: Path) -> None:
    folder = tmp_path / "lake/alice/raw"
    folder.mkdir(parents=True)
    torn = folder / ".a.parquet.0123"
    torn.write_text("PAR1…")
    fresh = folder / ".b.parquet.0123"
    fresh.write_text("being written")
    age(torn)

    seen, swept = lake.files("alice"), lake.sweep("alice", before=LONG_AGO + timedelta(days=1))

    assert seen == []
    assert swept == 1
    assert [path.name for path in folder.iterdir()] == [fresh.name]


def test_a_removed_folder_is_gone_at_once_even_if_the_removal_dies(
    lake: Lake, tmp_path: Path
) -> None:
    half_removed = tmp_path / "lake/alice/publications/.20260101T000000Z-0.0123"
    half_removed.mkdir(parents=True)
    (half_removed / "manifest.json").write_text("{}")
    age(half_removed)

    folders = lake.folders("alice/publications")
    swept = lake.sweep("alice", before=LONG_AGO + timedelta(days=1))

    assert folders == []
    assert swept == 1
    assert not half_removed.exists()


@pytest.mark.parametrize("target", ["outside", "lake/charlie"])
def test_a_link_is_refused_even_if_it_stays_in_the_lake(
    lake: Lake, source: Path, tmp_path: Path, target: str
) -> None:
    (tmp_path / target).mkdir(parents=True)
    (tmp_path / target / "secret").write_text("Charlie's")
    (tmp_path / "lake").mkdir(exist_ok=True)
    (tmp_path / "lake/alice").symlink_to(tmp_path / target)

    with pytest.raises(LakeKeyRefused):
        lake.read("alice/secret")
    with pytest.raises(LakeKeyRefused):
        lake.put(source=source, key="alice/mine")
    assert [path.name for path in (tmp_path / target).iterdir()] == ["secret"]


def test_a_link_to_a_file_is_not_among_the_files(lake: Lake, source: Path, tmp_path: Path) -> None:
    lake.put(source=source, key="alice/a")
    (tmp_path / "lake/alice/link").symlink_to(source)

    assert [file.key for file in lake.files("alice")] == ["alice/a"]
