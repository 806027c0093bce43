"""A connector's folder: what it says, what it means, and samples of what its source sends."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flows.connectors.catalog import document_in
from flows.connectors.defaults import filled_in
from flows.connectors.document import DocumentInvalid
from flows.connectors.spec import Connector, ConnectorInvalid, parse_connector

_LARGEST_SAMPLES = 4 * 1024 * 1024
_OF_CREDENTIALS = "credentials"
Record = dict[str, Any]


class FolderInvalid(Exception):
    """The folder cannot be checked; the sentence says which file is wrong, and how."""


@dataclass(frozen=True, kw_only=True)
class Folder:
    """`document` is the YAML with its defaults filled in; `text` is as it was written."""

    path: Path
    name: str
    text: str
    document: Mapping[str, Any]
    connector: Connector
    samples: Mapping[str, list[Record]]
    credentials: Mapping[str, str]

    def stream(self, name: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.document["streams"][name]
        return found

    def file(self, stream: str) -> Path:
        """Where the samples of a stream belong."""
        return self.path / "samples" / f"{stream}.json"


def read_folder(path: Path) -> Folder:
    """
    :raises FolderInvalid: if it holds no valid connector, or a file of samples that is not one
    """
    path = path.resolve()
    file = path / "connector.yaml"
    if not file.is_file():
        raise FolderInvalid(f"{path}: There is no connector.yaml. Name the folder that holds it.")
    try:
        document = document_in(path)
        connector = parse_connector(name=path.name, document=document)
    except DocumentInvalid as error:
        raise FolderInvalid(f"{file}: {error}") from None
    except ConnectorInvalid as error:
        raise FolderInvalid(f"{file}: {error}") from None
    return Folder(
        path=path,
        name=path.name,
        text=file.read_text(encoding="utf-8"),
        document=filled_in(document),
        connector=connector,
        samples={name: _records(path / "samples" / f"{name}.json") for name in connector.streams},
        credentials=_credentials(path / "samples" / f"{_OF_CREDENTIALS}.json"),
    )


def _records(file: Path) -> list[Record]:
    if not file.is_file():
        return []
    records = _json(file)
    if not isinstance(records, list) or not all(isinstance(each, dict) for each in records):
        raise FolderInvalid(
            f"{file}: Write a list of records, [{{…}}, {{…}}], as the source sends."
        )
    return records


def _credentials(file: Path) -> dict[str, str]:
    values = _json(file) if file.is_file() else {}
    if not isinstance(values, dict) or not all(isinstance(each, str) for each in values.values()):
        raise FolderInvalid(f"{file}: Write one object of invented texts, one for each field.")
    return values


def _json(file: Path) -> Any:
    if file.stat().st_size > _LARGEST_SAMPLES:
        raise FolderInvalid(f"{file}: It is larger than 4 MB. A few records are enough.")
    try:
        return json.loads(file.read_text(encoding="utf-8"), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise FolderInvalid(f"{file}: It is not JSON: {error}.") from None


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")
