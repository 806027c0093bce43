"""Reading what was published: which publications a tenant has, and the rows of one of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from pydantic import BaseModel, ValidationError

from portal.lib.errors import Refused
from portal.publications.digests import digest_of
from portal.publications.lake import Lake, NotAsPublished, NotInLake
from portal.publications.manifest import Current, Manifest, View, is_publication
from portal.publications.reading import RUN_AGAIN, PublicationBroken, Reading, locked_down

Said = TypeVar("Said", bound=BaseModel)

FOLDER = "publications"


class NothingPublished(Refused):
    """The tenant has no publication yet."""


class NoSuchPublication(Refused):
    """The tenant has no publication of this name, or no longer."""


def current_publication(*, lake: Lake, tenant: UUID) -> str:
    """The name of the newest publication.

    :raises NothingPublished: if there is none yet
    :raises PublicationBroken: if `current.json` cannot be understood
    """
    try:
        said = lake.read(tenant=tenant, key=f"{FOLDER}/current.json")
    except NotInLake as error:
        raise NothingPublished(
            "Nothing has been published yet. Run one of the tenant's connections first."
        ) from error
    return _understood(Current, said, what="The list of publications").publication


def publications(*, lake: Lake, tenant: UUID) -> list[str]:
    """The names of all publications that can be read, newest first. Names tell the time.

    A folder without a manifest, or newer than the current publication, is still being written.

    :raises PublicationBroken: if `current.json` cannot be understood
    """
    try:
        newest = current_publication(lake=lake, tenant=tenant)
    except NothingPublished:
        return []
    whole = lake.folders_with("manifest.json", tenant=tenant, key=FOLDER)
    return [name for name in reversed(whole) if is_publication(name) and name <= newest]


def read_manifest(*, lake: Lake, tenant: UUID, publication: str | None = None) -> Manifest:
    """The manifest of a publication, or of the current one.

    :raises NothingPublished: if there is none yet
    :raises NoSuchPublication: if there is none of this name
    :raises PublicationBroken: if the manifest is torn, or is another publication's
    """
    newest = current_publication(lake=lake, tenant=tenant)
    name = newest if publication is None else publication
    if not is_publication(name) or name > newest:
        raise _no_such(name)
    try:
        said = lake.read(tenant=tenant, key=f"{FOLDER}/{name}/manifest.json")
    except NotInLake as error:
        if name == newest:
            raise PublicationBroken(f"The manifest of {name} is missing. {RUN_AGAIN}") from error
        raise _no_such(name) from error
    manifest = _understood(Manifest, said, what=f"The manifest of {name}")
    if manifest.publication != name or manifest.tenant != tenant:
        raise PublicationBroken(f"The manifest of {name} is another publication's. {RUN_AGAIN}")
    return manifest


@contextmanager
def open_publication(*, lake: Lake, tenant: UUID, manifest: Manifest) -> Iterator[Reading]:
    """One publication as an in-memory database that can read its files and nothing else.

    :raises PublicationBroken: if a file is missing or not what the manifest says
    """
    paths = {
        name: _checked_path(lake, tenant, f"{FOLDER}/{manifest.publication}/{view.file}", view)
        for name, view in manifest.views.items()
    }
    with locked_down(paths) as reading:
        yield reading


def _checked_path(lake: Lake, tenant: UUID, key: str, view: View) -> Path:
    try:
        path = lake.local_path(tenant=tenant, key=key, sha256=view.sha256)
        if path.stat().st_size == view.bytes and digest_of(path) == view.sha256:
            return path
    except (NotInLake, FileNotFoundError) as error:
        raise PublicationBroken(f"The file {view.file} is missing. {RUN_AGAIN}") from error
    except NotAsPublished as error:
        raise _swapped(view) from error
    raise _swapped(view)


def _swapped(view: View) -> PublicationBroken:
    return PublicationBroken(f"The file {view.file} is not the one published. {RUN_AGAIN}")


def _understood(kind: type[Said], said: bytes, *, what: str) -> Said:
    try:
        return kind.model_validate_json(said)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(each) for each in first["loc"])
        reason = f"{where}: {first['msg']}" if where else first["msg"]
        raise PublicationBroken(f"{what} cannot be read ({reason}). {RUN_AGAIN}") from error


def _no_such(name: str) -> NoSuchPublication:
    return NoSuchPublication(
        f"There is no publication {name[:40]}. Choose one of the list, or none for the newest.",
        field="publication",
    )
