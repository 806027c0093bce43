"""The seam to the lake: immutable files under a tenant's prefix, and one that may be replaced."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class LakeFile:
    key: str
    bytes: int
    written_at: datetime


class Lake(Protocol):
    """Keys are relative, `/`-separated and begin with the tenant's code.

    :raises LakeKeyRefused: from each of them, for what is no key
    :raises LakeUnavailable, LakeRefused: from each of them, if the lake is on other machines
    """

    def put(self, *, source: Path, key: str) -> None:
        """Store a file under a new key. It is there whole or not at all.

        :raises LakeKeyTaken: files are never overwritten
        """

    def replace(self, *, text: str, key: str) -> None:
        """Store a small text atomically, in place of an earlier one."""

    def read(self, key: str) -> str | None:
        """A small text, or nothing."""

    def fetch(self, *, key: str, target: Path) -> None:
        """Copy a file to this machine.

        :raises FileNotFoundError: if there is none
        """

    def delete(self, key: str) -> None:
        """Remove a file, or a whole folder at once; what is not there is no error."""

    def files(self, prefix: str) -> list[LakeFile]:
        """The files below a prefix, at any depth, sorted by key."""

    def folders(self, prefix: str) -> list[str]:
        """Names directly below a prefix, sorted."""

    def sweep(self, prefix: str, *, before: datetime) -> int:
        """Remove what writes and removals that died before then left below a prefix; how many."""


class LakeKeyTaken(Exception):
    """A file of this name exists; a batch or publication is written once."""


class LakeKeyRefused(Exception):
    """The key leads out of the lake, or is none that every lake could keep."""


class LakeUnavailable(Exception):
    """The lake does not answer just now; the run may be tried again."""


class LakeRefused(Exception):
    """The lake says no, with a sentence for the operator, who alone can change that."""
