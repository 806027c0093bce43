"""The lake as a folder of this machine."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from flows.lake.keys import checked
from flows.lake.lake import LakeFile, LakeKeyRefused, LakeKeyTaken


class LocalLake:
    """What is not, or no longer, whole has a name that begins with a dot, which no key may have."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()

    def put(self, *, source: Path, key: str) -> None:
        target = self._path(key)
        target.parent.mkdir(parents=True, exist_ok=True)
        waiting = _hidden(target)
        try:
            shutil.copyfile(source, waiting)
            waiting.chmod(0o444)  # whoever opens it can read it and nothing else
            to_disk(waiting)
            # A link, unlike a rename, refuses to overwrite.
            os.link(waiting, target)
        except FileExistsError as error:
            raise LakeKeyTaken(f"{key} is in the lake already.") from error
        finally:
            waiting.unlink(missing_ok=True)
        to_disk(target.parent)

    def replace(self, *, text: str, key: str) -> None:
        target = self._path(key)
        target.parent.mkdir(parents=True, exist_ok=True)
        waiting = _hidden(target)
        try:
            waiting.write_text(text, encoding="utf-8")
            to_disk(waiting)
            waiting.replace(target)
        finally:
            waiting.unlink(missing_ok=True)
        to_disk(target.parent)

    def read(self, key: str) -> str | None:
        try:
            return self._path(key).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def fetch(self, *, key: str, target: Path) -> None:
        shutil.copyfile(self._path(key), target)

    def delete(self, key: str) -> None:
        path = self._path(key)
        if path.is_dir():
            # Gone at once: nobody finds a publication of which half is still there.
            waiting = _hidden(path)
            path.rename(waiting)
            shutil.rmtree(waiting)
        else:
            path.unlink(missing_ok=True)

    def files(self, prefix: str) -> list[LakeFile]:
        found = [
            LakeFile(
                key=path.relative_to(self._root).as_posix(),
                bytes=status.st_size,
                written_at=_moment(status),
            )
            for path, status in self._below(prefix)
            if stat.S_ISREG(status.st_mode) and not _is_hidden(path.relative_to(self._root))
        ]
        return sorted(found, key=lambda file: file.key)

    def folders(self, prefix: str) -> list[str]:
        path = self._path(prefix)
        if not path.is_dir():
            return []
        return sorted(
            each.name for each in path.iterdir() if each.is_dir() and not each.name.startswith(".")
        )

    def sweep(self, prefix: str, *, before: datetime) -> int:
        dead = [
            path
            for path, status in self._below(prefix)
            if path.name.startswith(".") and _moment(status) < before
        ]
        for path in dead:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        return len(dead)

    def _below(self, prefix: str) -> Iterator[tuple[Path, os.stat_result]]:
        for path in list(self._path(prefix).rglob("*")):
            # A run that is going on may have removed it since.
            with suppress(FileNotFoundError):
                yield path, path.stat(follow_symlinks=False)

    def _path(self, key: str) -> Path:
        """Links are refused wherever they lead: one tenant's key never reaches another's file."""
        path = self._root / checked(key)
        if path.resolve() != path:
            raise LakeKeyRefused(f"{key!r} leads through a link.")
        return path


def _hidden(path: Path) -> Path:
    return path.with_name(f".{path.name}.{uuid4().hex}")


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _moment(status: os.stat_result) -> datetime:
    return datetime.fromtimestamp(status.st_mtime, UTC)


def to_disk(path: Path) -> None:
    """Wait until it is on disk: after a power cut a name without its bytes is a torn file."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
