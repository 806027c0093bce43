"""A tenant's turn on one machine."""

from __future__ import annotations

import fcntl
import time
from pathlib import Path
from typing import IO

from flows.warehouse.duckdb_file import POLL_SECONDS, WAIT_SECONDS
from flows.warehouse.warehouse import WarehouseBusy


class FileTurn:
    """A lock on a file. It ends with the process that holds it.

    :param wait_seconds: for another run to end its turn
    """

    def __init__(self, file: Path, *, wait_seconds: float = WAIT_SECONDS) -> None:
        self._file = file
        self._wait_seconds = wait_seconds
        self._held: IO[str] | None = None

    def take(self) -> None:
        """Nothing happens if it is held already.

        :raises WarehouseBusy: if another run holds it for too long
        """
        if self._held is not None:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        opened = self._file.open("a")
        try:
            _lock(opened, until=time.monotonic() + self._wait_seconds)
        except BaseException:
            opened.close()
            raise
        self._held = opened

    def end(self) -> None:
        if self._held is not None:
            self._held.close()
            self._held = None


def _lock(file: IO[str], *, until: float) -> None:
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            left = until - time.monotonic()
            if left <= 0:
                raise WarehouseBusy(
                    "Another run builds this tenant's numbers. Start this one again after it."
                ) from error
            time.sleep(min(POLL_SECONDS, left))
        else:
            return
