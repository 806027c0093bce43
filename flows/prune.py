"""What may go: old publications, raw files that never landed, and what dead runs left on disk."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flows.lake.lake import Lake
from flows.warehouse.warehouse import LedgerLine

KEPT_PUBLICATIONS = 30
KEPT_FOR = timedelta(days=7)
# No run takes that long: what is older and belongs to none was left behind.
LEFT_BEHIND = timedelta(days=1)


def prune_publications(lake: Lake, *, tenant: str, at: datetime) -> list[str]:
    """Remove publications that are neither current, nor young, nor among the newest.

    One without a manifest was never finished; it goes after a day and counts as none of the newest.

    :returns: the ids of those removed
    """
    base = f"{tenant}/publications"
    current = _current(lake, base)
    begun = {name: _begun_at(name) for name in lake.folders(base)}
    whole = [name for name in begun if lake.read(f"{base}/{name}/manifest.json") is not None]
    newest = set(sorted(whole)[-KEPT_PUBLICATIONS:])
    removed = []
    for name, moment in begun.items():
        kept_for = KEPT_FOR if name in whole else LEFT_BEHIND
        # A folder without such a name is none of ours.
        if moment is None or name == current or name in newest or at - moment <= kept_for:
            continue
        lake.delete(f"{base}/{name}")
        removed.append(name)
    return removed


def old_raw_files(lake: Lake, *, tenant: str, at: datetime) -> list[str]:
    """The keys of raw files that no run can still be about to land."""
    files = lake.files(f"{tenant}/raw")
    return [file.key for file in files if at - file.written_at > LEFT_BEHIND]


def prune_raw(lake: Lake, *, keys: list[str], ledger: list[LedgerLine]) -> list[str]:
    """Remove raw files that are in no line of the ledger.

    Only where the same stream of the same connection has landed before, so that the ledger was
    kept then, and again since, which brought what was in them. The files of a ledger that was lost
    with its warehouse are all that is left of it.

    :returns: the keys of those removed
    """
    landed = {line.file for line in ledger}
    landings: dict[tuple[str, str], list[datetime]] = {}
    for line in ledger:
        landings.setdefault((line.connection[:8], line.table), []).append(line.landed_at)
    removed = []
    for key in keys:
        moments, begun = landings.get(_read_from(key), []), _begun_at(key.rsplit("/", 1)[-1])
        if key in landed or begun is None or not moments or not min(moments) < begun < max(moments):
            continue
        lake.delete(key)
        removed.append(key)
    return removed


def prune_work(folder: Path, *, at: datetime) -> list[str]:
    """Remove the work folders of runs that died, by the age of the newest file in them."""
    removed = []
    for run in sorted(folder.iterdir()) if folder.is_dir() else []:
        if (touched := _touched_at(run)) is not None and at - touched > LEFT_BEHIND:
            shutil.rmtree(run, ignore_errors=True)
            removed.append(run.name)
    return removed


def _current(lake: Lake, base: str) -> str:
    pointer = lake.read(f"{base}/current.json")
    return str(json.loads(pointer)["publication"]) if pointer else ""


def _begun_at(name: str) -> datetime | None:
    """The time that a publication's or a raw file's name begins with."""
    stamp = name.split("-", 1)[0]
    for form in ("%Y%m%dT%H%M%SZ", "%Y%m%dT%H%M%S%fZ"):
        try:
            return datetime.strptime(stamp, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def _read_from(key: str) -> tuple[str, str]:
    """The connection's code, as far as the key has it, and the table as the warehouse names it.

    :param key: `<tenant>/raw/<connector>/<stream>/<time>-<connection>-<batch>.parquet`
    """
    _, _, *names, file = key.split("/")
    return file.partition("-")[2].rpartition("-")[0], "__".join(names)


def _touched_at(folder: Path) -> datetime | None:
    """Nothing, if somebody is removing files just now."""
    try:
        newest = max(path.lstat().st_mtime for path in (folder, *folder.rglob("*")))
    except FileNotFoundError:
        return None
    return datetime.fromtimestamp(newest, UTC)
