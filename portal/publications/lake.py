"""Where published files are: one folder a tenant, named by its code, here or in a bucket."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol
from uuid import UUID

from django.conf import settings


class NotInLake(Exception):
    """There is no such file in the tenant's folder, or it lies outside of it."""


class NotAsPublished(Exception):
    """What came from the lake is not what its manifest says."""


class Lake(Protocol):
    """Files of tenants. A key is a path below the tenant's folder, with forward slashes."""

    def folders_with(self, file: str, *, tenant: UUID, key: str) -> list[str]:
        """The folders directly in a folder that hold such a file, sorted."""

    def read(self, *, tenant: UUID, key: str) -> bytes:
        """:raises NotInLake: if there is no such file"""

    def local_path(self, *, tenant: UUID, key: str, sha256: str) -> Path:
        """A path on this machine under which DuckDB can read the file.

        :param sha256: what it should be; a lake that copies files makes sure of that
        :raises NotInLake: if there is no such file
        :raises NotAsPublished: if it was copied and is another one
        """


class LocalLake:
    def __init__(self, root: Path) -> None:
        self.root = root.resolve()

    def folders_with(self, file: str, *, tenant: UUID, key: str) -> list[str]:
        folder = self._inside(tenant, key)
        if not folder.is_dir():
            return []
        return sorted(each.name for each in folder.iterdir() if (each / file).is_file())

    def read(self, *, tenant: UUID, key: str) -> bytes:
        try:
            return self._file(tenant, key).read_bytes()
        except FileNotFoundError as error:  # removed a moment ago
            raise NotInLake(f"There is no file {key}.") from error

    def local_path(self, *, tenant: UUID, key: str, sha256: str) -> Path:
        return self._file(tenant, key)

    def _file(self, tenant: UUID, key: str) -> Path:
        path = self._inside(tenant, key)
        if not path.is_file():
            raise NotInLake(f"There is no file {key}.")
        return path

    def _inside(self, tenant: UUID, key: str) -> Path:
        """Symbolic links are followed before the check: none may lead to another tenant."""
        home = self.root / str(tenant)
        if "\0" in key:
            raise NotInLake("A key has no zero bytes.")
        path = (home / key).resolve()
        if not path.is_relative_to(home):
            raise NotInLake(f"{key} lies outside the tenant's folder.")
        return path


def lake() -> Lake:
    """:raises ImproperlyConfigured: if its address is none"""
    if "://" not in settings.LAKE:
        return LocalLake(Path(settings.LAKE))
    # Not above: boto3 takes its time, and an installation of one machine never needs it.
    from portal.publications.s3 import s3_lake

    return s3_lake(settings.LAKE)
