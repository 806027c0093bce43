"""One process at a time: a locked file of this machine, free again when its holder dies."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_STEP_SECONDS = 0.05


class StillHeld(Exception):
    """Somebody else has held it for too long."""


@contextmanager
def alone(file: Path, *, longest: float) -> Iterator[None]:
    """Hold a file, which is made if need be. It is not to be removed: a lock is of what was opened.

    :param longest: seconds to wait for another process, or another holder in this one
    :raises StillHeld: after that
    """
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _lock(descriptor, until=time.monotonic() + longest)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, *, until: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                raise StillHeld from None
            time.sleep(_STEP_SECONDS)
        else:
            return
