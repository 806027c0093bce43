"""A folder with files, where a connector reads files instead of asking an API."""

from __future__ import annotations

import csv
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from flows.connectors.files.folder import KEY_FILE
from flows.connectors.kit.doors import Door
from flows.connectors.kit.faults import Fault
from flows.connectors.kit.folder import Folder, Record
from flows.connectors.kit.shapes import shape_of
from flows.connectors.kit.source import Heard
from flows.connectors.kit.world import World

OWN = "kit"
_ROOT = "MERCURIOS_FILES_ROOT"
_FILES = 3


class Shelf:
    """The samples as files, several for each stream. `begin` undoes what happened to a file.

    A folder below MERCURIOS_FILES_ROOT, which points here until the shelf is closed.

    :param values: of the credentials
    """

    url = ""

    def __init__(self, folder: Folder, world: World, *, values: Mapping[str, str]) -> None:
        self._folder = folder
        self._world = world
        self.values = dict(values)
        self.door = Door({}, {}, place=str, url=str)
        self.heard: list[Heard] = []
        self.refusals: list[str] = []
        self._root = Path(tempfile.mkdtemp(prefix="mercurios-kit-"))
        self._before = os.environ.get(_ROOT)
        os.environ[_ROOT] = str(self._root)
        self._is_whole = False
        self.begin()

    @property
    def place(self) -> Path:
        return self._root / OWN

    def begin(self, fault: Fault | None = None, *, is_low_at: int | None = None) -> None:
        """Every file as it should be. Faults of an API do not happen to files."""
        if self._is_whole:
            return
        shutil.rmtree(self.place, ignore_errors=True)
        self.place.mkdir()
        terms = self._folder.document["client"]["files"]
        word = self.values.get(terms.get("word") or "", "")
        (self.place / KEY_FILE).write_text(word, encoding="utf-8")
        for stream in self._folder.connector.streams:
            self._write(stream)
        self._is_whole = True

    def spoil(self, change: Callable[[Path], None], *, stream: str) -> Path:
        """Let something happen to a file of a stream, another kind for each, until `begin`."""
        self._is_whole = False
        file = self.files(stream)[sum(map(ord, f"{stream} {change.__name__}")) % _FILES]
        change(file)
        return file

    def files(self, stream: str) -> list[Path]:
        return [self.place / name for name in _names(self._folder.stream(stream))]

    def check(self) -> None:
        """Files make no mistakes of their own."""

    def close(self) -> None:
        shutil.rmtree(self._root, ignore_errors=True)
        if self._before is None:
            os.environ.pop(_ROOT, None)
        else:
            os.environ[_ROOT] = self._before

    def _write(self, stream: str) -> None:
        spec = self._folder.stream(stream)
        records = [each.record for each in self._world.made(stream)]
        if not records:
            return
        columns = list(dict.fromkeys(name for record in records for name in record))
        for place, file in enumerate(self.files(stream)):
            file.parent.mkdir(parents=True, exist_ok=True)
            rows = [[record.get(name) for name in columns] for record in records[place::_FILES]]
            _WRITERS[file.suffix](file, columns, rows, shape_of(spec))


def _names(spec: Mapping[str, Any]) -> list[str]:
    """Names that the pattern of a stream matches; of every kind, where it leaves that open."""
    form = (spec.get("records") or {}).get("as") if isinstance(spec.get("records"), dict) else None
    endings = [f".{form}"] * _FILES if form else [".csv", ".xlsx", ".parquet"]
    names = []
    for number, ending in enumerate(endings, 1):
        name = spec["path"]
        if name.endswith(".*"):
            name = name.removesuffix(".*") + ending
        names.append(name.replace("*", f"-{number}", 1).replace("*", ""))
    return names


def _csv(file: Path, columns: list[str], rows: Sequence[list[Any]], shape: Record) -> None:
    with file.open("w", encoding=shape.get("encoding", "utf-8"), newline="") as text:
        writer = csv.writer(text, delimiter=shape.get("delimiter") or ",")
        writer.writerow(columns)
        writer.writerows([[_text(value) for value in row] for row in rows])


def _xlsx(file: Path, columns: list[str], rows: Sequence[list[Any]], shape: Record) -> None:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    if sheet is None:  # a new workbook has one; openpyxl's types do not know it
        return
    if shape.get("sheet"):
        sheet.title = shape["sheet"]
    for row in (columns, *rows):
        sheet.append([_text(value) for value in row])
    book.save(file)


def _parquet(file: Path, columns: list[str], rows: Sequence[list[Any]], shape: Record) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    found = {
        name: pa.array([_text(row[place]) for row in rows], pa.string())
        for place, name in enumerate(columns)
    }
    parquet.write_table(pa.table(found), file)


_WRITERS = {".csv": _csv, ".tsv": _csv, ".txt": _csv, ".xlsx": _xlsx, ".parquet": _parquet}


def _text(value: Any) -> str | None:
    """As a shop's system would write it into a cell."""
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)
