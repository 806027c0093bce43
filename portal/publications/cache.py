"""Copies of published files on this machine's disk, each tenant's in a folder of its own.

A copy is named by its checksum: it never changes, and serves all publications it is part of.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO
from uuid import UUID, uuid4

from portal.publications.digests import digest_of
from portal.publications.lake import NotAsPublished

# A copy that was asked for so recently may still be read by whoever asked.
IN_USE_SECONDS = 15 * 60
# A download takes no longer: what is older died.
WAITING_SECONDS = 60 * 60
WAITING = ".waiting-"


class Cache:
    """`most_bytes` is kept to after each download, but never at the expense of what is in use."""

    def __init__(self, folder: Path, *, most_bytes: int) -> None:
        self._folder = folder
        self._most_bytes = most_bytes

    def path(self, *, tenant: UUID, sha256: str, fetch: Callable[[IO[bytes]], None]) -> Path:
        """The copy, fetched if there is none yet. Whoever asks meanwhile waits for it.

        :raises NotAsPublished: if what was fetched has another checksum
        """
        path = self._folder / str(tenant) / f"{sha256}.parquet"
        if self._is_good(path, sha256):
            return path
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _alone(path.parent / f".lock-{sha256[:2]}"):
            if not self._is_good(path, sha256):
                _fetched(path, sha256, fetch)
        self._make_room()
        return path

    def _is_good(self, path: Path, sha256: str) -> bool:
        try:
            if digest_of(path) != sha256:
                return False
            # When it was last asked for. The other time is left: it says that it did not change.
            os.utime(path, ns=(time.time_ns(), path.stat().st_mtime_ns))
        except FileNotFoundError:
            return False
        return True

    def _make_room(self) -> None:
        now = time.time()
        copies = []
        for path in self._folder.glob("*/*"):
            with suppress(FileNotFoundError):  # another process makes room, too
                about = path.stat()
                if path.name.startswith(WAITING) and now - about.st_mtime > WAITING_SECONDS:
                    path.unlink()
                elif not path.name.startswith("."):
                    copies.append((about.st_atime, about.st_size, path))
        total = sum(size for _, size, _ in copies)
        for asked_at, size, path in sorted(copies):
            if total <= self._most_bytes or now - asked_at < IN_USE_SECONDS:
                break
            path.unlink(missing_ok=True)
            total -= size


def _fetched(path: Path, sha256: str, fetch: Callable[[IO[bytes]], None]) -> None:
    waiting = path.with_name(f"{WAITING}{uuid4().hex}")
    try:
        with waiting.open("xb") as file:
            fetch(file)
        if digest_of(waiting) != sha256:
            raise NotAsPublished("A published file has another checksum than its manifest says.")
        waiting.replace(path)
    finally:
        waiting.unlink(missing_ok=True)


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """One at a time, among the threads and processes of this machine."""
    with lock.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
