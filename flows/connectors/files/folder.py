"""A folder below the one the operator allows. No link is followed, and nothing leads out of it.

Every name on the way is opened by itself and relative to the one before it, so that what was
checked is what is read.
"""

from __future__ import annotations

import hmac
import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from flows.connectors.files.grammar import check_pattern
from flows.connectors.files.place import (
    MOST_FILES,
    FilesRefused,
    FilesTrouble,
    Found,
    Pattern,
    changed_meanwhile,
    check_size,
)

KEY_FILE = ".mercurios-key"
_SHORTEST_WORD = 16
_LONGEST_WORD = 4096
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Folder:
    """
    :param root: the folder the operator allows, MERCURIOS_FILES_ROOT; None if there is none
    :param name: the path below it; its first part is the tenant's own folder
    :param word: what the tenant entered to show that this folder is theirs
    :raises FilesRefused: if it may not be read
    """

    def __init__(self, *, root: Path | None, name: str, word: str) -> None:
        if root is None:
            raise FilesRefused(
                "Folders cannot be read here. Ask the operator to set MERCURIOS_FILES_ROOT, or use "
                "a bucket or a server."
            )
        try:
            self._segments = check_pattern(name.strip("/")).split("/")
        except ValueError:
            raise FilesRefused(
                "Enter the folder as a path below the one the operator allows, like alice/exports."
            ) from None
        self._root = root
        self._name = "/".join(self._segments)
        self._check_word(word)

    def listing(self, pattern: Pattern) -> Iterator[Found]:
        with ExitStack() as opened:
            yield from self._below(self._entered(opened, self._segments), "", pattern)

    @contextmanager
    def opened(self, found: Found) -> Iterator[BinaryIO]:
        check_size(found)
        with ExitStack() as opened:
            *folders, name = found.path.split("/")
            inside = self._entered(opened, [*self._segments, *folders])
            file = opened.enter_context(self._file(inside, name, found.path))
            yield file
            if _mark(os.fstat(file.fileno())) != found.mark:
                raise changed_meanwhile(found)

    def close(self) -> None:
        """Nothing is held between two reads."""

    def _below(self, folder: int, path: str, pattern: Pattern) -> Iterator[Found]:
        for name, status in self._entries(folder, path):
            inner = f"{path}/{name}" if path else name
            if not (pattern.matches(inner) or pattern.leads(inner)):
                continue
            if stat.S_ISLNK(status.st_mode):
                raise FilesRefused(f"{inner} is a link. Put the file itself into {self._name}.")
            if stat.S_ISDIR(status.st_mode) and pattern.leads(inner):
                with ExitStack() as opened:
                    yield from self._below(self._enter(opened, name, folder), inner, pattern)
            elif stat.S_ISREG(status.st_mode) and pattern.matches(inner):
                yield _found(inner, status)

    def _entries(self, folder: int, path: str) -> list[tuple[str, os.stat_result]]:
        try:
            with os.scandir(folder) as entries:
                found = [(entry.name, entry.stat(follow_symlinks=False)) for entry in entries]
        except OSError:
            raise FilesTrouble(
                f"{path or self._name} changed while it was listed. The next run reads it."
            ) from None
        if len(found) > MOST_FILES:
            raise FilesRefused(
                f"{path or self._name} has more than {MOST_FILES} files. Put the old ones away."
            )
        return sorted(found, key=lambda entry: entry[0])

    def _check_word(self, word: str) -> None:
        own = self._segments[0]
        with ExitStack() as opened:
            try:
                file = opened.enter_context(
                    self._file(self._entered(opened, [own]), KEY_FILE, KEY_FILE)
                )
                wanted = file.read(_LONGEST_WORD).decode(errors="replace").strip()
            except FilesRefused:
                wanted = ""
        # One sentence for a folder that is not there, has no key or another one: nobody may find
        # out which folders there are.
        if len(wanted) < _SHORTEST_WORD or not hmac.compare_digest(
            wanted.encode(), word.strip().encode()
        ):
            raise FilesRefused(
                f"The folder {own} is not open to this connection. Enter the folder and the word "
                f"the operator gave you; the operator keeps the word, of {_SHORTEST_WORD} or more "
                f"characters, in the folder's file {KEY_FILE}."
            )

    def _entered(self, opened: ExitStack, segments: list[str]) -> int:
        folder = -1
        try:
            folder = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError:
            raise FilesRefused(
                "The folder of MERCURIOS_FILES_ROOT cannot be read. Tell the operator."
            ) from None
        opened.callback(os.close, folder)
        for segment in segments:
            folder = self._enter(opened, segment, folder)
        return folder

    def _enter(self, opened: ExitStack, name: str, folder: int) -> int:
        try:
            inside = os.open(name, _FOLDER, dir_fd=folder)
        except OSError:
            raise FilesRefused(
                f"{name} is no folder in {self._name} that may be read. Check the path, and who "
                "may read it."
            ) from None
        opened.callback(os.close, inside)
        return inside

    @contextmanager
    def _file(self, folder: int, name: str, path: str) -> Iterator[BinaryIO]:
        try:
            number = os.open(name, _FILE, dir_fd=folder)
        except OSError:
            raise FilesRefused(
                f"{path} may not be read. Ask whoever keeps the files to allow it, and to close "
                "whatever has it open."
            ) from None
        with os.fdopen(number, "rb") as file:
            if not stat.S_ISREG(os.fstat(number).st_mode):
                raise FilesRefused(f"{path} is no file. Take it away.")
            yield file


def _found(path: str, status: os.stat_result) -> Found:
    # A file that is moved in keeps its time of change; the time of its entry is that of the move.
    newest = max(status.st_mtime, status.st_ctime)
    return Found(
        path=path,
        size=status.st_size,
        changed_at=datetime.fromtimestamp(newest, UTC),
        mark=_mark(status),
    )


def _mark(status: os.stat_result) -> str:
    return f"{status.st_ino}-{status.st_size}-{status.st_mtime_ns}"
