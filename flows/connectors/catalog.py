"""Which connectors there are: ours, and those in the folders MERCURIOS_CONNECTORS_PATH names."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from flows.connectors.document import DocumentInvalid, read_document, read_texts
from flows.connectors.graphql import SUFFIX, with_questions
from flows.connectors.spec import Connector, ConnectorInvalid, parse_connector

_OURS = Path(__file__).parent
_FILE = "connector.yaml"
# A file's name, when it was changed, and its size.
Stamp = tuple[str, int, int]


class UnknownConnector(LookupError):
    """There is no connector of this name; the text lists those there are."""

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True)
class _Catalog:
    connectors: Mapping[str, Connector]
    broken: tuple[str, ...]


def connectors() -> Mapping[str, Connector]:
    """Every connector that can be used, by name."""
    return _catalog().connectors


def connector(name: str) -> Connector:
    """
    :raises UnknownConnector: if there is none of that name
    """
    known = connectors()
    if name not in known:
        raise UnknownConnector(f"There is no connector {name}. Known: {', '.join(sorted(known))}.")
    return known[name]


def broken_connectors() -> list[str]:
    """One sentence for each outside folder that cannot be used, naming it."""
    return list(_catalog().broken)


def _catalog() -> _Catalog:
    """Read again only when a file or the environment changed."""
    outside = os.environ.get("MERCURIOS_CONNECTORS_PATH", "")
    listed = tuple(Path(entry) for entry in outside.split(os.pathsep) if entry.strip())
    missing = tuple(f"{entry}: There is no such folder." for entry in listed if not entry.is_dir())
    outside_folders = [folder for entry in listed for folder in _folders(entry)]
    return _read(
        tuple((folder, _stamps(folder)) for folder in _folders(_OURS)),
        tuple((folder, _stamps(folder)) for folder in outside_folders),
        missing,
    )


def document_in(folder: Path) -> dict[str, Any]:
    """What a connector's folder says, with the questions that stand in files of their own.

    :raises DocumentInvalid: if that is not what it should be
    """
    return with_questions(read_document(folder / _FILE), read_texts(folder, SUFFIX))


def _folders(entry: Path) -> Iterator[Path]:
    """The entry itself if it is a connector, else the connectors in it."""
    if (entry / _FILE).is_file():
        yield entry
    elif entry.is_dir():
        yield from sorted(folder.parent for folder in entry.glob(f"*/{_FILE}"))


def _stamps(folder: Path) -> tuple[Stamp, ...]:
    files = [folder / _FILE, *sorted(folder.glob(f"*{SUFFIX}"))]
    found = [(file.name, file.stat(follow_symlinks=file.name == _FILE)) for file in files]
    return tuple((name, status.st_mtime_ns, status.st_size) for name, status in found)


@lru_cache(maxsize=4)
def _read(
    ours: tuple[tuple[Path, tuple[Stamp, ...]], ...],
    outside: tuple[tuple[Path, tuple[Stamp, ...]], ...],
    missing: tuple[str, ...],
) -> _Catalog:
    # A connector of ours that is wrong is a bug: let it fly. One from outside stops no other.
    found = {folder.name: _load(folder) for folder, _ in ours}
    broken = list(missing)
    for folder, _ in outside:
        try:
            loaded = _load(folder)
        except ConnectorInvalid as error:
            broken.append(f"{folder}: {error}")
            continue
        if loaded.name in found:
            broken.append(f"{folder}: There already is a connector {loaded.name}; rename this one.")
            continue
        found[loaded.name] = loaded
    return _Catalog(connectors=MappingProxyType(found), broken=tuple(broken))


def _load(folder: Path) -> Connector:
    try:
        document = document_in(folder)
    except DocumentInvalid as error:
        raise ConnectorInvalid(f"{folder.name}: {error}") from None
    return parse_connector(name=folder.name, document=document)
