"""End a request that takes too long as a whole.

A read timeout starts anew with every byte, so a source that sends one byte a second never trips it.
The alarm shuts the socket instead; whoever waits on it then sees the connection end.

One thread watches all alarms of the process. It sleeps until the first of them is due, so a request
that ends in time costs an entry in a set and wakes nobody.
"""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from types import TracebackType
from typing import Self

_running = threading.local()


class Alarm:
    """Rings after so many seconds. One at a time per thread; `watch` tells it the socket in use."""

    def __init__(self, seconds: float) -> None:
        self.rang = False
        self._seconds = seconds
        self._sock: socket.socket | None = None
        self._lock = threading.Lock()
        self.due = 0.0

    @staticmethod
    def watch(sock: socket.socket | None) -> None:
        alarm: Alarm | None = getattr(_running, "alarm", None)
        if alarm is not None:
            with alarm._lock:
                alarm._sock = sock
                if alarm.rang:
                    alarm._shut()

    def ring(self) -> None:
        with self._lock:
            self.rang = True
            self._shut()

    def __enter__(self) -> Self:
        self.due = time.monotonic() + self._seconds
        _running.alarm = self
        _watchman.add(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _watchman.remove(self)
        with self._lock:
            self._sock = None
        _running.alarm = None

    def _shut(self) -> None:
        if self._sock is not None:
            # The plain one: TLS's own would first drop what another thread is reading with.
            with suppress(OSError):
                socket.socket.shutdown(self._sock, socket.SHUT_RDWR)


class _Watchman:
    """Rings every alarm that is due. Its thread begins with the first one and never ends."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._alarms: set[Alarm] = set()
        self._wakes_at = float("inf")
        self._thread: threading.Thread | None = None

    def add(self, alarm: Alarm) -> None:
        with self._changed:
            self._alarms.add(alarm)
            # A process that was forked has the object, but not the thread.
            if self._thread is None or not self._thread.is_alive():
                self._wakes_at = alarm.due
                self._thread = threading.Thread(target=self._watch, name="alarms", daemon=True)
                self._thread.start()
            elif alarm.due < self._wakes_at:
                self._wakes_at = alarm.due
                self._changed.notify()

    def remove(self, alarm: Alarm) -> None:
        with self._changed:
            self._alarms.discard(alarm)

    def _watch(self) -> None:
        while True:
            with self._changed:
                now = time.monotonic()
                due = [alarm for alarm in self._alarms if alarm.due <= now]
                self._alarms.difference_update(due)
                self._wakes_at = min((each.due for each in self._alarms), default=float("inf"))
                if not due:
                    is_idle = self._wakes_at == float("inf")
                    self._changed.wait(None if is_idle else self._wakes_at - now)
            for alarm in due:
                alarm.ring()


_watchman = _Watchman()
