"""A simulated ProHandel cloud for tests: starts the process, drives it, and stops it."""

from __future__ import annotations

import selectors
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import IO, Any, Self

import requests

_ROOT = Path(__file__).resolve().parents[2]
_TAIL_CHARACTERS = 4000
_REQUEST_SECONDS = 300


class NotReady(RuntimeError):
    """The simulator did not say that it is ready."""


@dataclass(frozen=True)
class Company:
    """A company to simulate. All row counts follow from `lines`, everything else from `seed`."""

    name: str
    api_key: str
    secret: str
    lines: int
    seed: int = 1

    @property
    def argument(self) -> str:
        return f"{self.name}:{self.api_key}:{self.secret}:{self.lines}:{self.seed}"


class Simulator:
    """A running simulator. Use it in a `with` statement, or call `stop()`.

    Without companies it has the two of the demonstration. `options` go to the command line.

    :raises NotReady: if it ends or stays silent for `timeout` seconds; shows the log's tail
    """

    def __init__(
        self,
        *companies: Company,
        options: Sequence[str] = (),
        port: int = 0,
        timeout: float = 30,
    ) -> None:
        named = [word for company in companies for word in ("--company", company.argument)]
        command = [sys.executable, "-m", "tests.simulators.prohandel", "--port", str(port)]
        self._log = tempfile.TemporaryFile(mode="w+")  # noqa: SIM115 - closed by stop()
        self._process = subprocess.Popen(
            [*command, *named, *options],
            cwd=_ROOT,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        self._session = requests.Session()
        try:
            self.url = self._ready_url(timeout)
        except NotReady:
            self.stop()
            raise

    @property
    def auth_url(self) -> str:
        return f"{self.url}/api/v4"

    @property
    def pid(self) -> int:
        return self._process.pid

    def data_url(self, company: str) -> str:
        return f"{self.url}/{company}/api/v2"

    def advance(self, *, days: int = 1, company: str | None = None) -> dict[str, dict[str, Any]]:
        """Let days pass; answers what happened, by company."""
        query = {"days": str(days)} | ({"company": company} if company else {})
        return self._ask("POST", "advance", query)

    def truth(self, company: str) -> dict[str, Any]:
        return self._ask("GET", "truth", {"company": company})

    def requests(self) -> dict[str, dict[str, dict[str, dict[str, int]]]]:
        """{company: {entity: {"full" | "changed": {"requests": …, "rows": …}}}}."""
        return self._ask("GET", "requests", {})

    def reset_requests(self) -> None:
        self._ask("POST", "reset-requests", {})

    def expire_tokens(self) -> None:
        """End all access tokens given out so far, as if their time was up."""
        self._ask("POST", "expire-tokens", {})

    def stop(self) -> None:
        self._session.close()
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._output.close()
        self._log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def _output(self) -> IO[str]:
        assert self._process.stdout is not None
        return self._process.stdout

    def _ask(self, method: str, switch: str, query: dict[str, str]) -> dict[str, Any]:
        address = f"{self.url}/_simulator/{switch}"
        response = self._session.request(method, address, params=query, timeout=_REQUEST_SECONDS)
        response.raise_for_status()
        answer: dict[str, Any] = response.json()
        return answer

    def _ready_url(self, timeout: float) -> str:
        deadline = monotonic() + timeout
        with selectors.DefaultSelector() as selector:
            selector.register(self._output, selectors.EVENT_READ)
            while selector.select(max(0.0, deadline - monotonic())):
                line = self._output.readline()
                if line.startswith("ready "):
                    return line.removeprefix("ready ").strip()
                if not line:
                    raise NotReady(f"The simulator ended before it was ready:\n{self._tail()}")
        raise NotReady(f"The simulator was not ready after {timeout} s:\n{self._tail()}")

    def _tail(self) -> str:
        self._log.seek(0)
        return self._log.read()[-_TAIL_CHARACTERS:]
