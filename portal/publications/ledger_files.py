"""The details behind the ledger: Parquet files of days, in the platform's folder of the lake."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from portal.publications.digests import digest_of
from portal.publications.lake import Lake, NotAsPublished, NotInLake
from portal.publications.reading import PublicationBroken, Reading, locked_down

PLATFORM_CODE = UUID(int=0)
STAYS = "The sums of the ledger are in the portal's own database and stay as they are."


class DetailsUnreadable(Exception):
    """The lake does not give the files that a ledger names. Its sentence is for the page."""


@dataclass(frozen=True)
class LedgerFile:
    """What a ledger says of one of its files. `day` is for people."""

    day: str
    key: str
    sha256: str
    bytes: int


def ledger_file(day: str, said: Any) -> LedgerFile:
    """:raises DetailsUnreadable: if a ledger says less than it has to"""
    try:
        return LedgerFile(day, str(said["key"]), str(said["sha256"]), int(said["bytes"]))
    except (KeyError, TypeError, ValueError) as error:
        raise DetailsUnreadable(f"The ledger of {day} does not say where its details are.") from (
            error
        )


@contextmanager
def open_ledger_files(
    *, lake: Lake, files: Mapping[str, Sequence[LedgerFile]]
) -> Iterator[Reading]:
    """Views named like the keys over the files of all their days, and nothing else.

    :raises DetailsUnreadable: if a file is missing, another one, or cannot be read
    """
    paths = {
        name: [_checked_path(lake, each) for each in found]
        for name, found in files.items()
        if found
    }
    try:
        with locked_down(paths) as reading:
            yield reading
    except PublicationBroken as error:
        raise DetailsUnreadable(f"The details cannot be read from the lake. {STAYS}") from error


def _checked_path(lake: Lake, file: LedgerFile) -> Path:
    try:
        path = lake.local_path(tenant=PLATFORM_CODE, key=file.key, sha256=file.sha256)
        if path.stat().st_size == file.bytes and digest_of(path) == file.sha256:
            return path
    except (NotInLake, FileNotFoundError) as error:
        raise DetailsUnreadable(
            f"The details of {file.day} are no longer in the lake. {STAYS}"
        ) from error
    except (PublicationBroken, OSError) as error:
        raise DetailsUnreadable(
            f"The lake does not give the details of {file.day}. {STAYS}"
        ) from error
    except NotAsPublished as error:
        raise _another(file) from error
    raise _another(file)


def _another(file: LedgerFile) -> DetailsUnreadable:
    return DetailsUnreadable(
        f"The file with the details of {file.day} is not the one that the ledger names. {STAYS}"
    )
