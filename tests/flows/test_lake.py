"""The lake as a folder: files appear whole, once, under their own tenant, and vanish at once."""

from __future__ import annotations

import json
import os
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flows.lake.lake import Lake, LakeKeyRefused, LakeKeyTaken
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


def test_a_file_is_stored_under_its_key(lake: Lake, source: Path, tmp_path: Path) -> None:
    lake.put(source=source, key="alice/raw/a.parquet")

    assert (tmp_path / "lake/alice/raw/a.parquet").read_text() == "first"
    assert [(file.key, file.bytes) for file in lake.files("alice")] == [("alice/raw/a.parquet", 5)]


def test_a_file_is_never_overwritten(lake: Lake, source: Path) -> None:
    lake.put(source=source, key="alice/a")
    source.write_text("second")

    with pytest.raises(LakeKeyTaken):
        lake.put(source=source, key="alice/a")

    assert lake.read("alice/a") == "first"


def test_of_many_writers_of_one_key_one_wins_with_all_of_its_bytes(
    lake: Lake, tmp_path: Path
) -> None:
    taken: list[int] = []
    start = threading.Barrier(6)

    def write(number: int) -> None:
        source = tmp_path / f"source-{number}"
        source.write_text(str(number) * 200_000)
        start.wait()
        try:
            lake.put(source=source, key="alice/a")
        except LakeKeyTaken:
            taken.append(number)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    content = lake.read("alice/a")
    assert content is not None
    assert len(taken) == 5
    assert content == str(({*range(6)} - {*taken}).pop()) * 200_000


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


def test_a_folder_is_removed_with_all_that_is_in_it(lake: Lake, source: Path) -> None:
    lake.put(source=source, key="alice/publications/one/a.parquet")
    lake.put(source=source, key="alice/publications/two/a.parquet")

    lake.delete("alice/publications/one")
    lake.delete("alice/publications/one")

    assert lake.folders("alice/publications") == ["two"]


@pytest.mark.parametrize(
    "key",
    [
        "../outside",
        "alice/../../outside",
        "alice/../charlie/a",
        "/etc/passwd",
        "",
        ".",
        "..",
        "alice/.hidden",
        "alice/a\0b",
    ],
)
def test_a_key_that_is_none_is_refused_for_everything(lake: Lake, source: Path, key: str) -> None:
    for act in (
        lambda: lake.put(source=source, key=key),
        lambda: lake.replace(text="x", key=key),
        lambda: lake.read(key),
        lambda: lake.delete(key),
        lambda: lake.folders(key),
        lambda: lake.files(key),
        lambda: lake.sweep(key, before=LONG_AGO),
    ):
        with pytest.raises(LakeKeyRefused):
            act()


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


def test_readers_see_the_old_text_or_the_new_one_and_nothing_else(lake: Lake) -> None:
    texts = [json.dumps({"publication": str(number) * 20_000}) for number in range(10)]
    lake.replace(text=texts[0], key="alice/current.json")
    seen: list[str | None] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.append(lake.read("alice/current.json"))

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(10):
        for text in texts:
            lake.replace(text=text, key="alice/current.json")
    done.set()
    reader.join()

    assert len(seen) > 10
    assert set(seen) <= set(texts)


def test_what_is_not_there_is_nothing(lake: Lake) -> None:
    assert lake.read("alice/current.json") is None
    assert lake.folders("alice/publications") == []
    assert lake.files("alice") == []
    assert lake.sweep("alice", before=LONG_AGO) == 0
