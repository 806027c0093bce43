"""A warm server for tests that build: what they start then pays for no imports, as under `up`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 60.0


@contextmanager
def warm_server(socket: Path, *modules: str) -> Iterator[None]:
    """Listening at a path while the block lasts. It has to end well."""
    environment = {**os.environ, "MERCURIOS_WARM_SOCKET": str(socket)}
    with subprocess.Popen(
        [sys.executable, "-m", "flows.warm.server", *modules], cwd=ROOT, env=environment
    ) as server:
        deadline = time.monotonic() + START_SECONDS
        while not socket.exists():
            assert server.poll() is None, "the warm server ended"
            assert time.monotonic() < deadline, f"no warm server after {START_SECONDS:.0f} s"
            time.sleep(0.02)
        yield
        server.send_signal(signal.SIGTERM)
        assert server.wait(START_SECONDS) == 0
