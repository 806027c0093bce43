"""A tenant's files in a folder, moved into one tar file beside the lake and back."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from flows.lake.lake import LakeKeyTaken, LakeRefused
from flows.lake.local import LocalLake, to_disk
from flows.lake_admin.archive import (
    EVERY,
    Archive,
    ArchivedFile,
    Say,
    archived_folders,
    check_as_archived,
    manifests_last,
    pointer_key,
    understood,
)

LIST = "archive.json"
CHUNK = 1024 * 1024


class FolderArchiver:
    """The tar begins with its list. Until it is whole and checked, its name says that it is not."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lake = LocalLake(root)
        self._folder = root.with_name(f"{root.name}-archive")

    def archive(self, *, tenant: str, at: datetime, say: Say) -> None:
        keys = self._keys(tenant)
        tar = self._tar(tenant)
        if not tar.exists():
            if not keys:
                say(f"There is nothing of {tenant} to archive.")
                return
            self._write(tenant, keys, at=at, say=say)
        archive = self._checked(tar, tenant)
        self._check_is_archived(tenant, keys, archive)
        # From here on readers find nothing published, and never a half of it.
        self._lake.delete(pointer_key(tenant))
        for key in keys:
            self._lake.delete(key)
        self._remove_empty_folders(tenant)
        say(f"All {len(archive.files)} files of {tenant} are archived in {tar}.")

    def restore(self, *, tenant: str, say: Say) -> bool:
        tar = self._tar(tenant)
        if not tar.exists():
            say(f"Nothing of {tenant} is archived.")
            return True
        archive = self._checked(tar, tenant)
        problems = []
        with _opened(tar) as opened, TemporaryDirectory(dir=self._folder) as temporary:
            for number, key in enumerate(manifests_last(archive.files), start=1):
                if not self._bring_back(opened, archive.files[key], Path(temporary) / "file"):
                    problems.append(f"{key} is in the lake with another content.")
                if number % EVERY == 0:
                    say(f"{number} of {len(archive.files)} files of {tenant} are back.")
        check_as_archived(tenant, problems)
        if archive.current and self._lake.read(pointer_key(tenant)) is None:
            self._lake.replace(text=archive.current, key=pointer_key(tenant))
        tar.unlink()
        say(f"All {len(archive.files)} files of {tenant} are back, each as it was archived.")
        return True

    def _write(self, tenant: str, keys: list[str], *, at: datetime, say: Say) -> None:
        tar = self._tar(tenant)
        tar.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        archive = Archive(
            tenant=tenant,
            archived_at=at.isoformat(timespec="seconds"),
            current=self._lake.read(pointer_key(tenant)) or "",
            files={key: self._described(key) for key in keys},
        )
        waiting = tar.with_suffix(".partial")
        with tarfile.open(waiting, "w") as opened:
            said = archive.text().encode()
            member = tarfile.TarInfo(LIST)
            member.size = len(said)
            opened.addfile(member, io.BytesIO(said))
            for number, key in enumerate(keys, start=1):
                opened.add(self._root / key, arcname=key, recursive=False)
                if number % EVERY == 0:
                    say(f"{number} of {len(keys)} files of {tenant} are in the archive.")
        self._checked(waiting, tenant)
        to_disk(waiting)
        waiting.replace(tar)
        to_disk(tar.parent)

    def _checked(self, tar: Path, tenant: str) -> Archive:
        """The list of a tar all of whose files are as the list says."""
        with _opened(tar) as opened:
            archive = understood(_member(opened, LIST).read().decode(), tenant=tenant)
            for key, file in archive.files.items():
                with closing(_member(opened, key)) as content:
                    if _sha256(content) != file.sha256:
                        raise LakeRefused(f"{key} is torn in {tar}. {_BACKUP}")
        return archive

    def _bring_back(self, opened: tarfile.TarFile, file: ArchivedFile, waiting: Path) -> bool:
        with closing(_member(opened, file.key)) as content, waiting.open("wb") as copy:
            while chunk := content.read(CHUNK):
                copy.write(chunk)
        try:
            self._lake.put(source=waiting, key=file.key)
        except LakeKeyTaken:  # brought back before an interruption
            return self._described(file.key).sha256 == file.sha256
        return True

    def _check_is_archived(self, tenant: str, keys: list[str], archive: Archive) -> None:
        """:raises LakeRefused: if the lake has what the tar has not, which would be lost"""
        for key in keys:
            if archive.files.get(key) != self._described(key):
                raise LakeRefused(
                    f"{tenant} has files that are newer than its archive, such as {key}. An"
                    " operator has to restore the archive first, and to archive all of it then."
                )

    def _described(self, key: str) -> ArchivedFile:
        path = self._root / key
        with path.open("rb") as content:
            return ArchivedFile(key=key, bytes=path.stat().st_size, sha256=_sha256(content))

    def _keys(self, tenant: str) -> list[str]:
        found = [file.key for each in archived_folders(tenant) for file in self._lake.files(each)]
        return sorted(key for key in found if key != pointer_key(tenant))

    def _tar(self, tenant: str) -> Path:
        return self._folder / f"{tenant}.tar"

    def _remove_empty_folders(self, tenant: str) -> None:
        for folder in archived_folders(tenant):
            for path in sorted((self._root / folder).rglob("*"), reverse=True):
                with suppress(OSError):  # a file, or not empty
                    path.rmdir()


_BACKUP = "An operator has to put a backup of it in its place."


@contextmanager
def _opened(tar: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(tar) as opened:
            yield opened
    except (tarfile.TarError, KeyError, EOFError, UnicodeDecodeError) as error:
        raise LakeRefused(f"The archive {tar} is torn. {_BACKUP}") from error


def _member(opened: tarfile.TarFile, name: str) -> IO[bytes]:
    content = opened.extractfile(name)
    if content is None:
        raise tarfile.ReadError(f"{name} is no file")
    return content


def _sha256(content: IO[bytes]) -> str:
    return hashlib.file_digest(content, "sha256").hexdigest()  # type: ignore[arg-type]  # it reads
