"""The files of a stream as records: those that are new or changed, one after the other."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import msgspec

from flows.connectors.credentials import Credentials
from flows.connectors.files.csv_file import csv_rows
from flows.connectors.files.folder import Folder
from flows.connectors.files.grammar import FilesClient, FilesPlace
from flows.connectors.files.parquet_file import parquet_rows
from flows.connectors.files.place import (
    FilesRefused,
    FilesTrouble,
    Found,
    Pattern,
    Place,
    marked_open,
)
from flows.connectors.files.s3 import Bucket
from flows.connectors.files.sftp import Server
from flows.connectors.files.shape import Record, Shape
from flows.connectors.files.xlsx_file import xlsx_rows
from flows.connectors.formats import Records
from flows.connectors.loads import ChangedClient
from flows.connectors.spec import Connector
from flows.connectors.streams import Stream

AT_ONCE = 5000
Rows = Callable[..., Iterator[tuple[int, Record]]]
_FORMS: dict[str, Rows] = {"csv": csv_rows, "xlsx": xlsx_rows, "parquet": parquet_rows}
_ENDINGS = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".xlsx": "xlsx", ".xlsm": "xlsx",
    ".parquet": "parquet", ".pq": "parquet",
}  # fmt: skip
_UNFINISHED = (".part", ".filepart", ".tmp", ".crdownload", ".partial")


class FileSource:
    """The files of a connection. Safe to use from several threads: each read opens the place anew.

    :param allow_private: whether a server may be in a private network
    """

    def __init__(
        self, connector: Connector, credentials: Credentials, *, allow_private: bool
    ) -> None:
        if not isinstance(connector.client, FilesClient):
            raise TypeError(f"{connector.name} has an API and reads no files")
        self._files = connector.client.files
        self._credentials = credentials
        self._allow_private = allow_private

    def walk(self, stream: Stream, *, since: datetime | None) -> Iterator[bytes]:
        """JSON lists of records, from one file after the other.

        :param since: the bookmark, aware; the stream's overlap is taken off here
        :raises FilesRefused: naming the file and the remedy
        :raises FilesTrouble: if the same read may succeed later
        """
        shape = self._shape(stream.records)
        earliest = None
        if since is not None and isinstance(stream.load, ChangedClient):
            earliest = since - stream.load.overlap
        with closing(self._place()) as place:
            yield from read(place, pattern=stream.path, shape=shape, since=earliest)

    def _place(self) -> Place:
        return place_of(self._files, self._credentials, allow_private=self._allow_private)

    def _shape(self, records: Records) -> Shape:
        encoding = self._files.encoding and self._credentials.value(self._files.encoding)
        decimal = self._files.decimal and self._credentials.value(self._files.decimal)
        is_said = "encoding" in records.model_fields_set
        return Shape(
            form=records.form or "",
            columns=records.columns,
            delimiter=records.delimiter,
            encoding=records.encoding if is_said else encoding or records.encoding,
            sheet=records.sheet,
            decimal=records.decimal or decimal or ".",
            numbers=frozenset(records.numbers),
        )


def place_of(files: FilesPlace, credentials: Credentials, *, allow_private: bool) -> Place:
    """The place of a connection.

    :raises FilesRefused: if it cannot be opened before somebody acts
    :raises FilesTrouble: if it may be later
    """

    def value(name: str | None) -> str:
        return credentials.value(name) if name else ""

    place = value(files.location)
    if place.startswith("s3://"):
        return Bucket(
            place=place,
            key_id=value(files.key_id),
            secret=value(files.secret),
            region=value(files.region),
            endpoint=os.environ.get("MERCURIOS_FILES_S3_ENDPOINT") or None,
        )
    if place.startswith("sftp://"):
        return Server(
            place=place,
            user=value(files.user),
            host_key=value(files.host_key),
            password=value(files.password),
            private_key=value(files.private_key),
            allow_private=allow_private,
        )
    if "://" in place:
        raise FilesRefused("Enter a folder, or a place that begins with s3:// or sftp://.")
    root = os.environ.get("MERCURIOS_FILES_ROOT")
    return Folder(root=Path(root) if root else None, name=place, word=value(files.word))


def read(place: Place, *, pattern: str, shape: Shape, since: datetime | None) -> Iterator[bytes]:
    """Each file whole and in the order of their paths, as JSON lists of at most AT_ONCE records.

    Each record has `_file`, `_row` and `_modified_at` of its own.

    :param since: aware; files that changed before it are not opened
    :raises FilesRefused: naming the file and the remedy
    :raises FilesTrouble: if the same read may succeed later
    """
    found = sorted(place.listing(Pattern(pattern)), key=lambda file: file.path)
    _check_closed(found)
    for file in found:
        if since is None or file.changed_at >= since:
            yield from _read(place, file, shape)


def _read(place: Place, found: Found, shape: Shape) -> Iterator[bytes]:
    rows = _rows_of(found, shape)
    changed = found.changed_at.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
    with place.opened(found) as file:
        waiting: list[Record] = []
        for number, record in _guarded(rows, file, shape, found):
            waiting.append(record | {"_file": found.path, "_row": number, "_modified_at": changed})
            if len(waiting) == AT_ONCE:
                yield msgspec.json.encode(waiting)
                waiting = []
    if waiting:
        yield msgspec.json.encode(waiting)


def _guarded(
    rows: Rows, file: BinaryIO, shape: Shape, found: Found
) -> Iterator[tuple[int, Record]]:
    try:
        yield from rows(file, shape=shape, path=found.path)
    except OSError as error:
        raise FilesTrouble(
            f"{found.path} cannot be read just now ({error.strerror or 'broken off'}). Close "
            "whatever has it open; the next run tries again."
        ) from None


def _rows_of(found: Found, shape: Shape) -> Rows:
    ending = os.path.splitext(found.path)[1].casefold()
    form = shape.form or _ENDINGS.get(ending, "")
    with suppress(KeyError):
        return _FORMS[form]
    raise FilesRefused(
        f"{found.path} is of a kind that is not read. Save it as .csv, .xlsx or .parquet."
    )


def _check_closed(found: list[Found]) -> None:
    """
    :raises FilesTrouble: if a file is being written, or somebody has it open and may be about to
    """
    for file in found:
        name = file.path.rpartition("/")[2]
        if name.casefold().endswith(_UNFINISHED):
            raise FilesTrouble(
                f"{file.path} is still being uploaded. The next run reads it; if nobody uploads "
                "it, take it away."
            )
        if opened := marked_open(name):
            raise FilesTrouble(
                f"Somebody has {opened} open. Close it, and the next run reads it; if nobody has, "
                f"take {name} away."
            )
