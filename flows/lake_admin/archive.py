"""What an archive says about itself: every file of a tenant, with its size and checksum."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from flows.lake.lake import LakeRefused

FORMAT = 1
EVERY = 100
MANIFEST = "manifest.json"

Say = Callable[[str], None]


class Archiver(Protocol):
    """Both may be done again: after an interruption they go on, and otherwise they do nothing.

    :raises LakeRefused: if a file is not what it was, or only an operator can go on
    :raises LakeUnavailable: if it may be tried again later
    """

    def archive(self, *, tenant: str, at: datetime, say: Say) -> None: ...

    def restore(self, *, tenant: str, say: Say) -> bool:
        """Whether everything is back; if not, files are on their way."""


@dataclass(frozen=True)
class ArchivedFile:
    """`etag` is S3's word for the content before it was archived; a folder has none."""

    key: str
    bytes: int
    sha256: str
    etag: str = ""


@dataclass
class Archive:
    """`current` is the pointer to the tenant's current publication, as text; empty without one."""

    tenant: str
    archived_at: str
    current: str = ""
    files: dict[str, ArchivedFile] = field(default_factory=dict)

    def text(self) -> str:
        files = [asdict(self.files[key]) for key in sorted(self.files)]
        said = {"tenant": self.tenant, "archived_at": self.archived_at, "current": self.current}
        return json.dumps({"format": FORMAT, **said, "files": files}, indent=1)


def understood(text: str, *, tenant: str) -> Archive:
    """:raises LakeRefused: if the list is torn, or another tenant's"""
    try:
        said = json.loads(text)
        archive = Archive(
            tenant=said["tenant"],
            archived_at=said["archived_at"],
            current=said["current"],
            files={each["key"]: ArchivedFile(**each) for each in said["files"]},
        )
        is_ours = said["format"] == FORMAT and archive.tenant == tenant
    except (ValueError, KeyError, TypeError):
        is_ours = False
    if not is_ours or not all(key.startswith(f"{tenant}/") for key in archive.files):
        raise LakeRefused(
            f"The list of the archive of {tenant} cannot be read. An operator has to restore"
            f" {list_key(tenant)} from an earlier version."
        )
    return archive


def list_key(tenant: str) -> str:
    return f"{tenant}/archive.json"


def pointer_key(tenant: str) -> str:
    return f"{tenant}/publications/current.json"


def archived_folders(tenant: str) -> list[str]:
    """What is moved. The tenant's configuration stays, to tell whose archive this is."""
    return [f"{tenant}/raw", f"{tenant}/publications"]


def manifests_last(keys: Iterable[str]) -> list[str]:
    """In which order files come back: a publication is whole when its manifest appears."""
    return sorted(keys, key=lambda key: (key.endswith(f"/{MANIFEST}"), key))


def tenant_code(text: str) -> str:
    """:raises LakeRefused: if that is no code of a tenant"""
    try:
        return str(UUID(text))
    except ValueError as error:
        raise LakeRefused(
            f"{text!r} is no tenant's code. The tenant's page in the admin shows it, and so does"
            " tenant.json in the lake."
        ) from error


def check_as_archived(tenant: str, problems: list[str]) -> None:
    """:raises LakeRefused: naming the first"""
    if problems:
        count = "1 file" if len(problems) == 1 else f"{len(problems)} files"
        raise LakeRefused(
            f"{count} of {tenant} could not be brought back as archived: {problems[0]} An operator"
            " has to look for an earlier version; the others are back."
        )
