"""Where published files are: one folder a tenant, named by its code, in a local lake."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


class NotInLake(Exception):
    """There is no such file in the tenant's folder, or it lies outside of it."""


class Lake(Protocol):
    """Files of tenants. A key is a path below the tenant's folder, with forward slashes."""

    def names(self, *, tenant: UUID, key: str) -> list[str]:
        """What lies directly in a folder, sorted; nothing if there is no such folder."""

    def read(self, *, tenant: UUID, key: str) -> bytes:
        """:raises NotInLake: if there is no such file"""

    def local_path(self, *, tenant: UUID, key: str) -> Path:
        """A path on this machine under which DuckDB can read the file.

        :raises NotInLake: if there is no such file
        """


class LocalLake:
    def __init__(self, root: Path) -> None:
        self.root = root.resolve()

    def names(self, *, tenant: UUID, key: str) -> list[str]:
        folder = self._inside(tenant, key)
        return sorted(each.name for each in folder.iterdir()) if folder.is_dir() else []

    def read(self, *, tenant: UUID, key: str) -> bytes:
        try:
            return self.local_path(tenant=tenant, key=key).read_bytes()
        except FileNotFoundError as error:  # removed a moment ago
            raise NotInLake(f"There is no file {key}.") from error

    def local_path(self, *, tenant: UUID, key: str) -> Path:
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
    if "://" in settings.LAKE:
        raise ImproperlyConfigured("Set MERCURIOS_LAKE to a folder on this machine.")
    return LocalLake(Path(settings.LAKE))
