"""Sources that count: nobody is refused who keeps to what they tell, in threads and processes."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.connectors import asking, shop
from tests.connectors.asking import Clients
from tests.connectors.fake_source import FakeSource, Reply, Seen


class Metered:
    """A source that refuses whoever asks too often: a leaky bucket for each key."""

    def __init__(self, *, size: int, per_second: float, tells: str = "") -> None:
        self.refused: dict[str, int] = defaultdict(int)
        self.served: dict[str, int] = defaultdict(int)
        self._size, self._rate, self._tells = size, per_second, tells
        self._levels: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def __call__(self, seen: Seen) -> Reply:
        key = seen.headers["x-key"]
        with self._lock:
            now = time.monotonic()
            level, at = self._levels.get(key, (0.0, now))
            level = max(0.0, level - (now - at) * self._rate)
            if level + 1 > self._size:
                self._levels[key] = (level, now)
                self.refused[key] += 1
                return Reply(status=429, headers=self._headers(level))
            self._levels[key] = (level + 1, now)
            self.served[key] += 1
        return Reply(body=[], headers=self._headers(level + 1))

    def _headers(self, level: float) -> dict[str, str]:
        full = -int(-level // 1)
        match self._tells:
            case "bucket":
                return {"Calls": f"{full}/{self._size}"}
            case "remaining":
                wait = max(0.0, level + 1 - self._size) / self._rate
                return {"Left": f"{self._size - full}", "Reset": f"{wait:.3f}"}
            case _:
                return {}


BY_KEY = {"by": "headers", "headers": {"X-Key": "{client_secret}"}}
THROTTLES: dict[str, Any] = {
    "bucket": {"by": "bucket", "header": "Calls", "per_second": 50},
    "remaining": {"by": "remaining", "header": "Left", "reset": "Reset"},
}


@pytest.mark.parametrize("tells", THROTTLES)
def test_a_source_that_tells_how_much_is_left_does_not_have_to_refuse(
    source: FakeSource, client_of: Clients, tells: str
) -> None:
    meter = Metered(size=10, per_second=50, tells=tells)
    source.on("/api/sale", meter)
    # Our own limit would let far more through.
    connector = asking.connector(
        BY_KEY, client={"throttle": THROTTLES[tells], "limits": [{"requests": 10_000}]}
    )
    client = client_of(connector, source.url, sleep=time.sleep)

    for _ in range(100):
        asking.ask(client, connector)

    assert meter.served[shop.SECRET] == 100
    assert meter.refused[shop.SECRET] <= 1


def test_threads_share_what_is_left(source: FakeSource, client_of: Clients) -> None:
    meter = Metered(size=20, per_second=50, tells="bucket")
    source.on("/api/sale", meter)
    connector = asking.connector(
        BY_KEY, client={"throttle": THROTTLES["bucket"], "limits": [{"requests": 10_000}]}
    )
    client = client_of(connector, source.url, sleep=time.sleep)

    with ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(asking.ask, client, connector) for _ in range(100)]:
            done.result()

    assert meter.served[shop.SECRET] == 100
    assert meter.refused[shop.SECRET] <= 10


PROGRAM = """
import sys, time
from contextlib import closing
from pathlib import Path
from tests.connectors import asking, shop
from tests.connectors.test_turns import BY_KEY, LIMITS

url, folder, key = sys.argv[1:]
connector = asking.connector(BY_KEY, client=LIMITS)
with closing(asking.Clients()) as clients:
    client = clients(
        connector, url, values={"client_secret": key}, sleep=time.sleep, limits_folder=Path(folder)
    )
    print("ready", flush=True)
    sys.stdin.readline()
    for _ in range(30):
        asking.ask(client, connector)
"""
LIMITS = {"limits": [{"requests": 50, "burst": 5}]}


def in_processes(url: str, folder: Path, *keys: str) -> float:
    """Seconds that 30 requests took, for each key in a process of its own at the same time."""
    programs = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, url, str(folder), key],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for key in keys
    ]
    for program in programs:
        assert program.stdout is not None
        assert program.stdout.readline() == "ready\n"
    begun = time.monotonic()
    for program in programs:
        assert program.stdin is not None
        program.stdin.write("go\n")
        program.stdin.flush()
    for program in programs:
        program.communicate(timeout=60)
        assert program.returncode == 0
    return time.monotonic() - begun


def test_two_runs_with_one_key_keep_its_limit_together(source: FakeSource, tmp_path: Path) -> None:
    # Room for what the machine delays between a turn and its arrival.
    meter = Metered(size=12, per_second=55)
    source.on("/api/sale", meter)

    took = in_processes(source.url, tmp_path, "alice", "alice")

    assert meter.served == {"alice": 60}
    assert meter.refused == {}
    assert took >= 1.0


def test_two_tenants_do_not_wait_for_each_other(source: FakeSource, tmp_path: Path) -> None:
    meter = Metered(size=12, per_second=55)
    source.on("/api/sale", meter)

    in_processes(source.url, tmp_path, "alice", "charlie")

    assert meter.served == {"alice": 30, "charlie": 30}
    assert meter.refused == {}
    assert len(list(tmp_path.glob("*.json"))) == 2


def test_no_more_requests_are_under_way_than_the_source_allows(
    source: FakeSource, client_of: Clients
) -> None:
    under_way, most = 0, 0
    lock = threading.Lock()

    def count(_: Seen) -> Reply:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        time.sleep(0.02)
        with lock:
            under_way -= 1
        return Reply(body=[])

    source.on("/api/sale", count)
    connector = asking.connector(client={"at_once": 2})
    client = client_of(connector, source.url)

    with ThreadPoolExecutor(8) as threads:
        [*threads.map(lambda _: asking.ask(client, connector), range(16))]

    assert len(source.asked("/api/sale")) == 16
    assert most == 2
