"""The archive of a folder: one tar file beside the lake, checked before anything is removed."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from flows.lake.lake import Lake
from flows.lake_admin.__main__ import main
from tests.flows.archived import (
    ALICE,
    CURRENT,
    FILES,
    POINTER,
    filled,
    texts,
)


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lake:
    monkeypatch.setenv("MERCURIOS_LAKE", str(tmp_path / "lake"))
    return filled()


def tar_of(tmp_path: Path) -> Path:
    return tmp_path / "lake-archive" / f"{ALICE}.tar"


def test_the_archive_of_a_folder_is_one_file_beside_the_lake(
    in_folder: Lake, tmp_path: Path
) -> None:
    main(["archive", ALICE])

    with tarfile.open(tar_of(tmp_path)) as opened:
        assert opened.getnames() == ["archive.json", *sorted(FILES)]
    assert in_folder.files(f"{ALICE}/raw") == in_folder.files(f"{ALICE}/publications") == []
    assert in_folder.folders(f"{ALICE}/publications") == []


def test_after_a_restore_the_file_beside_the_lake_is_gone(in_folder: Lake, tmp_path: Path) -> None:
    main(["archive", ALICE])
    main(["restore", ALICE])

    assert list((tmp_path / "lake-archive").iterdir()) == []


def test_an_archive_that_died_while_removing_is_finished_by_the_next(
    in_folder: Lake, tmp_path: Path
) -> None:
    main(["archive", ALICE])
    key = f"{ALICE}/raw/shop/sale/a.parquet"
    in_folder.replace(text=FILES[key], key=key)
    in_folder.replace(text=CURRENT, key=POINTER)

    assert main(["archive", ALICE]) == 0

    assert in_folder.files(f"{ALICE}/raw") == []
    assert in_folder.read(POINTER) is None


def test_an_archive_that_died_while_writing_is_begun_anew(in_folder: Lake, tmp_path: Path) -> None:
    tar_of(tmp_path).parent.mkdir()
    tar_of(tmp_path).with_suffix(".partial").write_text("torn")

    assert main(["archive", ALICE]) == main(["restore", ALICE]) == 0

    assert texts(in_folder) == FILES


def test_a_restore_that_died_is_finished_by_the_next(in_folder: Lake) -> None:
    main(["archive", ALICE])
    key = f"{ALICE}/raw/shop/sale/a.parquet"
    in_folder.replace(text=FILES[key], key=key)

    assert main(["restore", ALICE]) == 0

    assert texts(in_folder) == FILES


def test_what_is_newer_than_the_archive_is_never_removed(
    in_folder: Lake, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["archive", ALICE])
    in_folder.replace(text="PAR1 new", key=f"{ALICE}/raw/shop/sale/new.parquet")

    assert main(["archive", ALICE]) == 1

    assert "has files that are newer than its archive" in capsys.readouterr().err
    assert in_folder.read(f"{ALICE}/raw/shop/sale/new.parquet") == "PAR1 new"


def test_a_file_with_another_content_is_not_overwritten_by_a_restore(
    in_folder: Lake, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["archive", ALICE])
    in_folder.replace(text="PAR1 x", key=f"{ALICE}/raw/shop/sale/a.parquet")

    assert main(["restore", ALICE]) == 1

    assert "1 file" in capsys.readouterr().err
    assert in_folder.read(f"{ALICE}/raw/shop/sale/a.parquet") == "PAR1 x"
    assert tar_of(tmp_path).exists()


@pytest.mark.parametrize("kept", [0, 100, 4000])
def test_a_torn_tar_is_a_sentence_and_loses_nothing(
    in_folder: Lake, tmp_path: Path, capsys: pytest.CaptureFixture[str], kept: int
) -> None:
    main(["archive", ALICE])
    tar_of(tmp_path).write_bytes(tar_of(tmp_path).read_bytes()[:kept])

    assert main(["restore", ALICE]) == 1

    assert "torn" in capsys.readouterr().err
    assert tar_of(tmp_path).exists()


def test_a_full_disk_is_a_sentence(
    in_folder: Lake, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "lake-archive").write_text("a file where the folder should be")

    assert main(["archive", ALICE]) == 1

    assert "An operator has to free some space" in capsys.readouterr().err
    assert texts(in_folder) == FILES
