"""What a place with files is to whoever reads them, wherever it may be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import BinaryIO, Protocol

LARGEST_FILE = 1 << 30
MOST_FILES = 100_000


class FilesRefused(Exception):
    """Somebody has to act before a file or a place can be read; the sentence says who and how."""


class FilesTrouble(Exception):
    """The same read may succeed later."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """A file of a place. `path` is below the place, `size` in bytes, `changed_at` aware.

    `mark` differs whenever the content does: a tag of the store, or the time to the nanosecond.
    """

    path: str
    size: int
    changed_at: datetime
    mark: str


@dataclass(frozen=True)
class Pattern:
    """`sales/*.csv`: a star is a part of one name, and letters match in either case.

    A name that begins with a dot is hidden, and no star finds it.
    """

    text: str

    def matches(self, path: str) -> bool:
        """Also of the mark that says a file is open: it is why the file is not read."""
        segments, wanted = path.split("/"), self.text.split("/")
        segments[-1] = marked_open(segments[-1]) or segments[-1]
        return len(segments) == len(wanted) and _fit(segments, wanted)

    def leads(self, folder: str) -> bool:
        """Whether files that match may be in a folder or below it; '' is the place itself."""
        segments, wanted = folder.split("/") if folder else [], self.text.split("/")
        return len(segments) < len(wanted) and _fit(segments, wanted)


def _fit(segments: list[str], wanted: list[str]) -> bool:
    return all(
        fnmatchcase(segment.casefold(), pattern.casefold())
        and segment.startswith(".") <= pattern.startswith(".")
        for segment, pattern in zip(segments, wanted, strict=False)
    )


def marked_open(name: str) -> str | None:
    """The file that somebody has open, if this is what office programs leave beside it."""
    if name.startswith("~$"):
        return name.removeprefix("~$")
    if name.startswith(".~lock.") and name.endswith("#"):
        return name.removeprefix(".~lock.").removesuffix("#")
    return None


class Place(Protocol):
    """A folder, a bucket or a server."""

    def listing(self, pattern: Pattern) -> Iterator[Found]:
        """The files that match, in any order.

        :raises FilesRefused: if the place cannot be read before somebody acts
        :raises FilesTrouble: if it may be later
        """

    def opened(self, found: Found) -> AbstractContextManager[BinaryIO]:
        """The content of a file as it was listed, to be read from any position.

        Leaving it raises FilesTrouble if the file changed meanwhile.
        """

    def close(self) -> None: ...


def check_size(found: Found) -> None:
    """
    :raises FilesRefused: if a file is too large, or empty
    """
    if found.size > LARGEST_FILE:
        raise FilesRefused(
            f"{found.path} has more than {LARGEST_FILE >> 20} MB. Split it into several files."
        )
    if not found.size:
        raise FilesRefused(f"{found.path} is empty. Upload it again, or take it away.")


def changed_meanwhile(found: Found) -> FilesTrouble:
    return FilesTrouble(f"{found.path} changed while it was read. The next run reads it again.")
