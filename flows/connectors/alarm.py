"""End a request that takes too long as a whole.

A read timeout starts anew with every byte, so a source that sends one byte a second never trips it.
The alarm shuts the socket instead; whoever waits on it then sees the connection end.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

_running = threading.local()


class Alarm:
    """Rings after so many seconds. One at a time per thread; `watch` tells it the socket in use."""

    def __init__(self, seconds: float) -> None:
        self.rang = False
        self._sock: socket.socket | None = None
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._ring)
        self._timer.daemon = True

    @staticmethod
    def watch(sock: socket.socket | None) -> None:
        alarm: Alarm | None = getattr(_running, "alarm", None)
        if alarm is not None:
            with alarm._lock:
                alarm._sock = sock
                if alarm.rang:
                    alarm._shut()

    def __enter__(self) -> Self:
        _running.alarm = self
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        with self._lock:
            self._sock = None
        _running.alarm = None

    def _ring(self) -> None:
        with self._lock:
            self.rang = True
            self._shut()

    def _shut(self) -> None:
        if self._sock is not None:
            # The plain one: TLS's own would first drop what another thread is reading with.
            with suppress(OSError):
                socket.socket.shutdown(self._sock, socket.SHUT_RDWR)
