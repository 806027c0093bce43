"""Internal stages: folders of files that PUT fills, COPY reads, and LIST, GET and REMOVE handle."""

from __future__ import annotations

import hashlib
import re
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from fakesnow.transforms import stage as fakesnow_stage
from sqlglot import exp

from tests.simulators.snowflake.engine import Engine
from tests.simulators.snowflake.errors import SqlError
from tests.simulators.snowflake.results import Result, listed, said
from tests.simulators.snowflake.session import Session

_REFERENCE = re.compile(
    r"""^'?@(?P<name>~|(?:(?:"[^"]+"|[\w$%]+)\.){0,2}(?:%?"[^"]+"|%?[\w$]+))(?P<path>/[^']*)?'?$"""
)
_PUT = re.compile(
    r"""(?is)^\s*put\s+(?P<file>'file://[^']+'|file://\S+)\s+(?P<stage>'@[^']+'|@\S+)(?P<options>.*)$"""
)
_GET = re.compile(
    r"""(?is)^\s*get\s+(?P<stage>'@[^']+'|@\S+)\s+(?P<file>'file://[^']+'|file://\S+)(?P<options>.*)$"""
)
_LIST = re.compile(
    r"(?is)^\s*(?P<verb>list|ls|remove|rm)\s+(?P<stage>'@[^']+'|@\S+?)(?P<options>\s.*)?;?\s*$"
)
_PATTERN = re.compile(r"(?is)pattern\s*=\s*'([^']*)'")
_OPTION = re.compile(r"(?is)(\w+)\s*=\s*'?(\w+)'?")


@dataclass(frozen=True)
class Place:
    """A stage and a prefix of names in it. `folder` is the stage's own folder."""

    label: str
    folder: Path
    path: str

    def files(self, pattern: str | None = None) -> list[Path]:
        """The files whose names begin with the prefix, in the order of their names."""
        found = []
        for file in sorted(p for p in self.folder.rglob("*") if p.is_file()):
            name = file.relative_to(self.folder).as_posix()
            is_wanted = pattern is None or re.fullmatch(pattern, self.shown(file))
            if name.startswith(self.path) and is_wanted:
                found.append(file)
        return found

    def shown(self, file: Path) -> str:
        """A file's name as results show it: behind the stage's."""
        inner = file.relative_to(self.folder).as_posix()
        return f"{self.label}/{inner}" if self.label else inner


class Stages:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        # The registry is in memory, the folders are what lasts.
        fakesnow_stage.LOCAL_BUCKET_PATH = str(engine.stages)

    def answer(self, session: Session, sql: str) -> Result | None:
        """The result of PUT, GET, LIST, REMOVE and DROP STAGE; None for anything else."""
        if found := _PUT.match(sql):
            return self._put(session, found)
        if found := _GET.match(sql):
            return self._get(session, found)
        if found := _LIST.match(sql):
            place = self.place(session, found["stage"])
            pattern = _PATTERN.search(found["options"] or "")
            files = place.files(pattern[1] if pattern else None)
            is_list = found["verb"].lower() in ("list", "ls")
            return _listing(place, files) if is_list else _removal(place, files)
        return None

    def restore(self, session: Session) -> None:
        """Register the stages that an earlier server left behind."""
        for folder in sorted(self._engine.stages.glob("*/*/*")):
            if folder.is_dir() and not folder.name.startswith(("%", "~")):
                names = ".".join(f'"{part}"' for part in folder.parts[-3:])
                self._engine.run(session, f"CREATE STAGE IF NOT EXISTS {names}")

    def created(self, session: Session, statement: exp.Create) -> None:
        table = statement.find(exp.Table)
        assert table is not None
        self._folder(self._engine.full_name(session, table)).mkdir(parents=True, exist_ok=True)

    def drop(self, session: Session, statement: exp.Drop) -> Result:
        table = statement.find(exp.Table)
        assert table is not None
        name = self._engine.full_name(session, table)
        if not self._is_known(session, name):
            if statement.args.get("exists"):
                return said("Drop statement executed successfully (object already dropped).")
            raise _no_stage(".".join(name))
        sql = (
            "DELETE FROM _fs_global._fs_information_schema._fs_stages "
            "WHERE database_name = ? AND schema_name = ? AND name = ?"
        )
        self._engine.native(session, sql, list(name))
        shutil.rmtree(self._folder(name), ignore_errors=True)
        return said(f"{name[2]} successfully dropped.")

    def drop_within(self, session: Session, database: str, schema: str | None) -> None:
        """Take the stages of a database or schema away with it."""
        folder = self._engine.stages / database / (schema or "")
        shutil.rmtree(folder, ignore_errors=True)
        sql = (
            "DELETE FROM _fs_global._fs_information_schema._fs_stages "
            "WHERE database_name = ? AND schema_name = coalesce(?, schema_name)"
        )
        self._engine.native(session, sql, [database, schema])

    def place(self, session: Session, reference: str) -> Place:
        """What `@stage/path` means for a session.

        :raises SqlError: 2003 if there is no such stage
        """
        found = _REFERENCE.match(reference.strip().rstrip(";"))
        if not found:
            raise SqlError(1003, "42000", f"SQL compilation error:\nsyntax error near {reference}")
        path = (found["path"] or "").removeprefix("/")
        if found["name"] == "~":
            return Place("", self._folder(("~", "~", session.user)), path)
        name = self._qualified(session, found["name"])
        if name[2].startswith("%"):
            self._engine.columns(session, (name[0], name[1], name[2][1:]))
            return Place("", self._folder(name), path)
        if not self._is_known(session, name):
            raise _no_stage(".".join(name))
        return Place(name[2].lower(), self._folder(name), path)

    def url(self, session: Session, reference: str) -> str | None:
        """Where an external stage points, or None for an internal one."""
        found = _REFERENCE.match(reference)
        if not found or found["name"] == "~":
            return None
        name = self._qualified(session, found["name"])
        sql = (
            "SELECT url FROM _fs_global._fs_information_schema._fs_stages "
            "WHERE database_name = ? AND schema_name = ? AND name = ?"
        )
        rows = self._engine.native(session, sql, list(name))
        path = (found["path"] or "").removeprefix("/")
        return f"{rows[0][0].rstrip('/')}/{path}" if rows and rows[0][0] else None

    def _put(self, session: Session, found: re.Match[str]) -> Result:
        place = self.place(session, found["stage"])
        options = {key.upper(): value.upper() for key, value in _OPTION.findall(found["options"])}
        file = found["file"].strip("'").removeprefix("file://")
        target = place.folder / place.path
        if not target.resolve().is_relative_to(place.folder.resolve()):
            raise SqlError(1003, "42000", "SQL compilation error:\nthe path leaves the stage.")
        is_overwriting = options.get("OVERWRITE") == "TRUE"
        if not is_overwriting and (target / Path(file).name).exists():
            # What is there stays. The connector calls it UPLOADED instead of SKIPPED.
            target = self._engine.folder / "skipped"
        target.mkdir(parents=True, exist_ok=True)
        return _transfer(
            command="UPLOAD",
            location=str(target),
            src_locations=[file],
            autoCompress=options.get("AUTO_COMPRESS", "TRUE") == "TRUE",
            sourceCompression=options.get("SOURCE_COMPRESSION", "AUTO_DETECT").lower(),
            overwrite=is_overwriting,
        )

    def _get(self, session: Session, found: re.Match[str]) -> Result:
        place = self.place(session, found["stage"])
        pattern = _PATTERN.search(found["options"] or "")
        files = place.files(pattern[1] if pattern else None)
        return _transfer(
            command="DOWNLOAD",
            location=str(place.folder),
            src_locations=[file.relative_to(place.folder).as_posix() for file in files],
            localLocation=found["file"].strip("'").removeprefix("file://"),
            encryptionMaterial=[],
        )

    def _qualified(self, session: Session, name: str) -> tuple[str, str, str]:
        words = re.findall(r'%?"[^"]+"|[^.]+', name)
        parts = [w.replace('"', "") if '"' in w else w.upper() for w in words]
        table = exp.Table(
            **{
                key: exp.to_identifier(part, quoted=True)
                for key, part in zip(("this", "db", "catalog"), reversed(parts), strict=False)
            }
        )
        return self._engine.full_name(session, table)

    def _folder(self, name: tuple[str, str, str]) -> Path:
        return self._engine.stages.joinpath(*name)

    def _is_known(self, session: Session, name: tuple[str, str, str]) -> bool:
        sql = (
            "SELECT count(*) FROM _fs_global._fs_information_schema._fs_stages "
            "WHERE database_name = ? AND schema_name = ? AND name = ?"
        )
        return bool(self._engine.native(session, sql, list(name))[0][0])


def _transfer(*, command: str, location: str, **more: Any) -> Result:
    # The connector copies to and from a folder itself: test and server are on one machine.
    info = {"locationType": "LOCAL_FS", "location": location, "creds": {}}
    result = said()
    result.extra = {"command": command, "stageInfo": info, "parallel": 4, **more}
    return result


def _listing(place: Place, files: list[Path]) -> Result:
    rows = []
    for file in files:
        known = file.stat()
        moment = format_datetime(datetime.fromtimestamp(known.st_mtime, UTC), usegmt=True)
        digest = hashlib.md5(file.read_bytes(), usedforsecurity=False).hexdigest()
        rows.append([place.shown(file), known.st_size, digest, moment])
    return listed(["name", "size", "md5", "last_modified"], rows)


def _removal(place: Place, files: list[Path]) -> Result:
    rows = [[place.shown(file), "removed"] for file in files]
    for file in files:
        file.unlink()
    return listed(["name", "result"], rows)


def _no_stage(name: str) -> SqlError:
    text = f"SQL compilation error:\nStage '{name}' does not exist or not authorized."
    return SqlError(2003, "02000", text)
