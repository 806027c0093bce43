"""Turns at a source: as often as its limits allow, counted once for all who use one credential.

What is counted is a few numbers. In a file they are shared by all processes of this machine; the
file is named by a keyed hash of the credential, locked while it is read and written, and worth
nothing when it is lost: whoever finds garbage in it begins anew.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_bytes, token_hex

import msgspec

from flows.connectors.credentials import Credentials
from flows.connectors.limits import Limit

# What a source says about when to come back may be nonsense; nobody is held up by it for longer.
LONGEST_PAUSE = 3600.0
_FORGOTTEN_AFTER = 2 * 86400.0
_KEY = "key"
_KEY_BYTES = 32


class _Count(msgspec.Struct):
    """`ready` has for each limit the moment at which its bucket is full again; all are seconds."""

    written: float
    ready: list[float]
    paused: float = 0.0


class Quota:
    """The limits of one credential.

    :param file: shared with the other processes; None counts in this object alone
    :param clock: seconds since 1970
    """

    def __init__(
        self,
        rates: tuple[Limit, ...],
        *,
        file: Path | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._rates = rates
        self._file = file
        self._clock = clock
        self._lock = threading.Lock()
        self._own = b""

    def take(self, *, longest: float) -> float:
        """Take the next turn. Gives the seconds until then; if above `longest`, it is not taken."""
        with self._held() as count:
            now = count.written
            # A bucket that is full again at `ready` had room for a whole burst of gaps before.
            turns = [
                ready - (rate.burst - 1) * rate.gap
                for rate, ready in zip(self._rates, count.ready, strict=True)
            ]
            turn = max(now, count.paused, *turns)
            if turn - now <= longest:
                count.ready = [
                    max(turn, ready) + rate.gap
                    for rate, ready in zip(self._rates, count.ready, strict=True)
                ]
            return turn - now

    def pause(self, seconds: float) -> None:
        """Let nobody ask for a while: the source said that it will not answer."""
        with self._held() as count:
            count.paused = max(count.paused, count.written + min(seconds, LONGEST_PAUSE))

    @contextmanager
    def _held(self) -> Iterator[_Count]:
        """The count as of now, which nobody else has meanwhile."""
        with self._lock:
            if self._file is None:
                count = self._count(self._own)
                yield count
                self._own = msgspec.json.encode(count)
                return
            # Opened each time: a lock belongs to what was opened, and the file may be removed.
            descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                count = self._count(os.read(descriptor, 4096))
                yield count
                text = msgspec.json.encode(count)
                os.pwrite(descriptor, text, 0)
                os.ftruncate(descriptor, len(text))
            finally:
                os.close(descriptor)

    def _count(self, text: bytes) -> _Count:
        """What a text says, moved to now. One that makes no sense counts as nothing."""
        now = self._clock()
        try:
            count = msgspec.json.decode(text, type=_Count)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return self._nothing(now)
        # A clock that was set back would make all of it wait for the old time to come again.
        back = max(0.0, count.written - now)
        ahead = [each - count.written for each in (*count.ready, count.paused)]
        if len(count.ready) != len(self._rates) or max(ahead) > _FORGOTTEN_AFTER:
            return self._nothing(now)
        return _Count(
            written=now,
            ready=[max(now, ready - back) for ready in count.ready],
            paused=count.paused - back,
        )

    def _nothing(self, now: float) -> _Count:
        return _Count(written=now, ready=[now] * len(self._rates))


def quota_of(
    *,
    connector: str,
    rates: tuple[Limit, ...],
    credentials: Credentials,
    folder: Path | None,
    clock: Callable[[], float] = time.time,
) -> Quota:
    """The quota of a credential at a source, shared through a folder if there is one."""
    if folder is None:
        return Quota(rates, clock=clock)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = credentials.fingerprint(key=_key(folder), of=connector)
    _forget_old(folder)
    return Quota(rates, file=folder / f"{name}.json", clock=clock)


def _key(folder: Path) -> bytes:
    """What names in this folder are made with, so that nobody can try credentials against them."""
    file = folder / _KEY
    for _ in range(2):
        with suppress(FileNotFoundError):
            key = file.read_bytes()
            if len(key) == _KEY_BYTES:
                return key
            file.unlink(missing_ok=True)
        draft = folder / f"{_KEY}-{token_hex(8)}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, token_bytes(_KEY_BYTES))
            # Of two processes at the same time one links first, and both read what it linked.
            with suppress(FileExistsError):
                os.link(draft, file)
        finally:
            os.close(descriptor)
            draft.unlink()
    return file.read_bytes()


def _forget_old(folder: Path) -> None:
    """Remove what no limit can be about any more, such as that of credentials since replaced."""
    for file in folder.glob("*.json"):
        with suppress(FileNotFoundError):
            if time.time() - file.stat().st_mtime > _FORGOTTEN_AFTER:
                file.unlink()
