"""A folder is read below the one the operator allows, by whoever knows its word."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flows.connectors.files.folder import KEY_FILE, Folder
from flows.connectors.files.place import FilesRefused, FilesTrouble, Found, Pattern

WORD = "alices-own-long-word"
OTHER_WORD = "charlies-own-long-word"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder of Alice's and one of Charlie's, each with a file of sales."""
    for owner, word in (("alice", WORD), ("charlie", OTHER_WORD)):
        sales = tmp_path / "files" / owner / "exports"
        sales.mkdir(parents=True)
        (sales.parent / KEY_FILE).write_text(word + "\n")
        (sales / "sales.csv").write_text(f"id\n{owner}\n")
    return tmp_path / "files"


def folder(root: Path, name: str = "alice/exports", word: str = WORD) -> Folder:
    return Folder(root=root, name=name, word=word)


def listed(place: Folder, pattern: str) -> list[Found]:
    return list(place.listing(Pattern(pattern)))


def test_the_files_that_match_are_listed_with_their_size_and_time(root: Path) -> None:
    (root / "alice/exports/Sales-2.CSV").write_text("id\n2\n")
    (root / "alice/exports/other.txt").write_text("id\n3\n")

    found = listed(folder(root), "sales*.csv")

    assert [(each.path, each.size) for each in found] == [("Sales-2.CSV", 5), ("sales.csv", 9)]
    assert all(abs(each.changed_at - datetime.now(UTC)) < timedelta(minutes=5) for each in found)


def test_folders_are_entered_as_far_as_the_pattern_goes(root: Path) -> None:
    deeper = root / "alice/exports/2026/03"
    deeper.mkdir(parents=True)
    (deeper / "sales.csv").write_text("id\n1\n")

    assert [each.path for each in listed(folder(root), "*/*/sales.csv")] == ["2026/03/sales.csv"]
    assert listed(folder(root), "*/sales.csv") == []


def test_a_file_is_read_as_it_was_listed(root: Path) -> None:
    place = folder(root)
    [found] = listed(place, "sales.csv")

    with place.opened(found) as file:
        content = file.read()

    assert content == b"id\nalice\n"


def test_a_file_moved_in_with_an_old_time_is_as_new_as_its_move(root: Path) -> None:
    long_ago = datetime(2020, 1, 1, tzinfo=UTC).timestamp()
    os.utime(root / "alice/exports/sales.csv", (long_ago, long_ago))

    [found] = listed(folder(root), "sales.csv")

    assert found.changed_at > datetime.now(UTC) - timedelta(minutes=5)


def test_a_file_that_changes_while_it_is_read_is_left_to_the_next_run(root: Path) -> None:
    place = folder(root)
    [found] = listed(place, "sales.csv")

    with pytest.raises(FilesTrouble, match=r"sales\.csv changed while"), place.opened(found):
        (root / "alice/exports/sales.csv").write_text("id\nalice\nbob\n")


@pytest.mark.parametrize(
    "name",
    [
        "../charlie", "alice/../../etc", "/etc", "alice//exports", "alice/./exports", "..",
        "alice\\exports", "alice/exports\x00", "",
    ],
)  # fmt: skip
def test_no_path_leads_out_of_the_allowed_folder(root: Path, name: str) -> None:
    with pytest.raises(FilesRefused):
        listed(folder(root, name), "*")


def test_a_folder_of_another_is_not_open_to_alice(root: Path) -> None:
    with pytest.raises(FilesRefused, match="The folder charlie is not open to this connection"):
        folder(root, "charlie/exports", WORD)


def test_a_folder_that_is_not_there_is_told_in_the_same_words(root: Path) -> None:
    with pytest.raises(FilesRefused) as theirs:
        folder(root, "charlie", WORD)
    with pytest.raises(FilesRefused) as nobodys:
        folder(root, "daniel", WORD)

    assert str(theirs.value).replace("charlie", "…") == str(nobodys.value).replace("daniel", "…")


@pytest.mark.parametrize("word", ["", "short"])
def test_a_folder_whose_word_is_short_is_open_to_nobody(root: Path, word: str) -> None:
    (root / "alice" / KEY_FILE).write_text(word)

    with pytest.raises(FilesRefused, match="not open"):
        folder(root, "alice", word)


def test_no_folder_is_read_where_the_operator_allows_none() -> None:
    with pytest.raises(FilesRefused, match="MERCURIOS_FILES_ROOT"):
        Folder(root=None, name="alice", word=WORD)


def test_a_link_is_not_followed_out_of_the_folder(root: Path) -> None:
    (root / "alice/exports/linked.csv").symlink_to(root / "charlie/exports/sales.csv")

    with pytest.raises(FilesRefused, match=r"linked\.csv is a link"):
        listed(folder(root), "*.csv")


def test_a_linked_folder_is_not_entered(root: Path) -> None:
    (root / "alice/exports/others").symlink_to(root / "charlie/exports")
    (root / "alice/elsewhere").symlink_to(root / "charlie")

    with pytest.raises(FilesRefused, match="others is a link"):
        listed(folder(root), "*/*.csv")
    with pytest.raises(FilesRefused, match="elsewhere is no folder"):
        listed(folder(root, "alice/elsewhere/exports"), "*.csv")


def test_a_file_that_becomes_a_link_is_not_opened(root: Path) -> None:
    place = folder(root)
    [found] = listed(place, "sales.csv")
    (root / "alice/exports/sales.csv").unlink()
    (root / "alice/exports/sales.csv").symlink_to(root / "charlie/exports/sales.csv")

    with pytest.raises(FilesRefused, match=r"sales\.csv may not be read"), place.opened(found):
        pass


def test_a_pipe_under_a_files_name_does_not_hang(root: Path) -> None:
    os.mkfifo(root / "alice/exports/pipe.csv")

    assert listed(folder(root), "pipe.csv") == []


def test_hidden_files_such_as_the_one_with_the_word_are_not_found(root: Path) -> None:
    (root / "alice/.hidden.csv").write_text("id\n1\n")
    (root / "alice/.folder").mkdir()
    (root / "alice/.folder/sales.csv").write_text("id\n1\n")

    assert listed(folder(root, "alice"), "*") == []
    assert [each.path for each in listed(folder(root, "alice"), "*/*")] == ["exports/sales.csv"]


def test_an_empty_file_is_told_with_its_name(root: Path) -> None:
    (root / "alice/exports/empty.csv").touch()
    place = folder(root)
    [found] = listed(place, "empty.csv")

    with pytest.raises(FilesRefused, match=r"empty\.csv is empty. Upload"), place.opened(found):
        pass
