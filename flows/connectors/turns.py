"""Wait for turns: what all threads of a client share of its limits, and how they sleep."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from flows.connectors.credentials import Credentials
from flows.connectors.limits import Limit
from flows.connectors.quota import quota_of
from flows.connectors.retries import Trouble


class Turns:
    """
    :param sleep: waits so many seconds. One that returns sooner has taken that time as passed
    :param longest: seconds; a turn further away is not waited for
    :param at_once: how many requests may be under way
    """

    def __init__(
        self,
        *,
        connector: str,
        rates: tuple[Limit, ...],
        credentials: Credentials,
        folder: Path | None,
        sleep: Callable[[float], None],
        longest: float,
        at_once: int,
    ) -> None:
        # Entered before a turn is taken: one that is taken is used at once.
        self.room = threading.BoundedSemaphore(at_once)
        self._sleep = sleep
        self._longest = longest
        self._ahead = 0.0
        self._others = -1
        self._lock = threading.Lock()
        self._quota = quota_of(
            connector=connector,
            rates=rates,
            credentials=credentials,
            folder=folder,
            clock=self._now,
        )

    def wait(self) -> Trouble | None:
        """Wait for the next turn. Trouble where it is too far away to wait for."""
        seconds = self._quota.take(longest=self._longest)
        if seconds > self._longest:
            return Trouble(reason="The limit of the source is used up", advised=seconds)
        if seconds > 0:
            self.sleep(seconds)
        return None

    def pause(self, seconds: float) -> None:
        """Let nobody who uses this credential ask for a while."""
        if seconds > 0:
            self._quota.pause(seconds)

    def sleep(self, seconds: float) -> None:
        begun = time.monotonic()
        self._sleep(seconds)
        with self._lock:
            self._ahead += max(0.0, seconds - (time.monotonic() - begun))

    @contextmanager
    def under_way(self) -> Iterator[Callable[[], int]]:
        """Around a request. Gives how many others of this client are under way."""
        with self._lock:
            self._others += 1
        try:
            yield lambda: self._others
        finally:
            with self._lock:
                self._others -= 1

    def _now(self) -> float:
        return time.time() + self._ahead
