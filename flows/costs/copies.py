"""Copies on this machine, for DuckDB to read, of files of the lake, which never change."""

from __future__ import annotations

from pathlib import Path

from flows.lake.lake import Lake


class Copies:
    """In a folder of their own, kept from one ledger to the next."""

    def __init__(self, lake: Lake, folder: Path) -> None:
        self._lake, self._folder = lake, folder

    def of(self, keys: list[str]) -> list[Path]:
        """A copy of each, in their order; all others are removed."""
        self._folder.mkdir(parents=True, exist_ok=True)
        found = [self._fetched(key) for key in keys]
        for copy in set(self._folder.iterdir()) - set(found):
            copy.unlink()
        return found

    def _fetched(self, key: str) -> Path:
        copy = self._folder / key.replace("/", "_")
        if not copy.exists():
            waiting = copy.with_suffix(".waiting")
            waiting.unlink(missing_ok=True)
            self._lake.fetch(key=key, target=waiting)
            waiting.replace(copy)
        return copy
