"""What every lake promises: files appear whole, once, under their own tenant, and vanish."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flows.lake.lake import Lake, LakeKeyRefused, LakeKeyTaken
from flows.parts import lake_at
from flows.prune import prune_publications
from tests.flows.batches import TENANT
from tests.flows.publications import publication_at
from tests.simulators.aws import AwsServer
from tests.simulators.buckets import ADDRESS, bucket_of

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def aws() -> Iterator[AwsServer]:
    with AwsServer() as running:
        yield running


@pytest.fixture(params=["a folder", "a bucket"])
def lake(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Lake]:
    if request.param == "a folder":
        yield lake_at(str(tmp_path / "lake"))
        return
    with bucket_of(request.getfixturevalue("aws"), monkeypatch):
        yield lake_at(ADDRESS)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    file = tmp_path / "source"
    file.write_text("first")
    return file


def test_a_file_is_stored_under_its_key(lake: Lake, source: Path) -> None:
    lake.put(source=source, key="alice/raw/a.parquet")

    assert lake.read("alice/raw/a.parquet") == "first"
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
        "alice/.hidden/a",
        "alice/a\0b",
        "alice/a\nb",
        "alice//a",
        "alice/",
        "/alice",
        "alice/\ud800",
        "alice/" + "a" * 250,
        "alice" + "/abcdefghi" * 100,
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
    while len(seen) < 30:
        for text in texts:
            lake.replace(text=text, key="alice/current.json")
    done.set()
    reader.join()

    assert set(seen) <= set(texts)


def test_writing_from_a_file_that_is_missing_leaves_nothing_behind(
    lake: Lake, tmp_path: Path
) -> None:
    with pytest.raises(FileNotFoundError):
        lake.put(source=tmp_path / "missing", key="alice/a")

    assert lake.files("alice") == []


def test_a_name_that_begins_like_another_is_not_taken_for_it(lake: Lake) -> None:
    for key in ("alice/publications/one/a", "alice/publications/one-b/a", "alice-2/a"):
        lake.replace(text="x", key=key)

    lake.delete("alice/publications/one")

    assert [file.key for file in lake.files("alice")] == ["alice/publications/one-b/a"]
    assert lake.folders("alice/publications") == ["one-b"]
    assert [file.key for file in lake.files("alice-2")] == ["alice-2/a"]


def test_files_come_in_the_order_of_their_keys_however_deep(lake: Lake) -> None:
    keys = ["alice/a-b", "alice/a/b", "alice/a0", "alice/raw/ü/x", "alice/raw/z"]
    for key in reversed(keys):
        lake.replace(text=key, key=key)

    assert [file.key for file in lake.files("alice")] == sorted(keys)
    assert lake.folders("alice") == ["a", "raw"]


def test_a_young_file_is_not_swept(lake: Lake) -> None:
    lake.replace(text="PAR1", key="alice/publications/20260101T000000Z-0123abcd/a.parquet")

    assert lake.sweep("alice", before=LONG_AGO) == 0
    assert len(lake.files("alice")) == 1


def test_old_publications_are_pruned_from_every_lake(lake: Lake) -> None:
    today = datetime(2026, 11, 21, tzinfo=UTC)
    torn = publication_at(lake, today - timedelta(days=2), whole=False)
    kept = publication_at(lake, today - timedelta(hours=1))
    old = [publication_at(lake, today - timedelta(days=40 + number)) for number in range(31)]

    removed = prune_publications(lake, tenant=TENANT.code, at=today)

    assert sorted(removed) == sorted([torn, *old[-2:]])
    assert kept in lake.folders(f"{TENANT.code}/publications")


def test_what_is_not_there_is_nothing(lake: Lake) -> None:
    assert lake.read("alice/current.json") is None
    assert lake.folders("alice/publications") == []
    assert lake.files("alice") == []
    assert lake.sweep("alice", before=LONG_AGO) == 0
