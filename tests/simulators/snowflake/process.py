"""A local Snowflake for tests: starts the process, drives it, and stops it."""

from __future__ import annotations

import selectors
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import IO, Any, Self
from urllib.parse import urlsplit

import requests

from tests.simulators.snowflake.faults import Fault, Kind
from tests.simulators.snowflake.usage.world import World

ACCOUNT = "fakesnow"
_ROOT = Path(__file__).resolve().parents[3]
_TAIL_CHARACTERS = 4000
_REQUEST_SECONDS = 60


class NotReady(RuntimeError):
    """The server did not say that it is ready."""


class SnowflakeServer:
    """A running server on a folder. Use it in a `with` statement, or call `stop()`.

    Without users and passwords every login is accepted. What is committed survives `stop()` and
    `kill()`: another server on the same folder has it.

    :param users: name → file of its public key in PEM, or two of them
    :param passwords: name → password
    :param expired_passwords: name → a password that is right and has expired
    :param s3_endpoint: where COPY reads s3:// from
    :param has_account_model: roles, grants, warehouses and policies have effect
    :param account_admin: the user that a fresh account has, with ACCOUNTADMIN
    :param lock_seconds: how long a statement waits for another transaction's changes
    :param abandoned_seconds: a transaction silent for this long gives way to others
    :raises NotReady: if it ends or stays silent for `timeout` seconds; shows the log's tail
    """

    def __init__(
        self,
        folder: Path,
        *,
        users: Mapping[str, Path | Sequence[Path]] | None = None,
        passwords: Mapping[str, str] | None = None,
        expired_passwords: Mapping[str, str] | None = None,
        s3_endpoint: str | None = None,
        has_account_model: bool = False,
        account_admin: str = "ADMIN",
        lock_seconds: float = 20.0,
        abandoned_seconds: float = 5.0,
        options: Sequence[str] = (),
        port: int = 0,
        timeout: float = 60,
    ) -> None:
        self.folder = folder
        self._options = [
            *_key_options(users or {}),
            *_pair_options("--password", passwords or {}),
            *_pair_options("--expired-password", expired_passwords or {}),
            *(["--s3-endpoint", s3_endpoint] if s3_endpoint else []),
            *(["--account-model", "--account-admin", account_admin] if has_account_model else []),
            *("--lock-seconds", str(lock_seconds), "--abandoned-seconds", str(abandoned_seconds)),
            *options,
        ]
        self._port = port
        self._timeout = timeout
        self.start()

    def start(self) -> None:
        """Start it (again), on the same folder and, if it ran before, on the same port."""
        command = [sys.executable, "-m", "tests.simulators.snowflake"]
        self._log = tempfile.TemporaryFile(mode="w+")  # noqa: SIM115 - closed by stop()
        self._process = subprocess.Popen(
            [*command, "--port", str(self._port), "--folder", str(self.folder), *self._options],
            cwd=_ROOT,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        self._session = requests.Session()
        try:
            self.url = self._ready_url(self._timeout)
        except NotReady:
            self.stop()
            raise
        self._port = self.port

    @property
    def host(self) -> str:
        return "127.0.0.1"

    @property
    def port(self) -> int:
        port = urlsplit(self.url).port
        assert port is not None
        return port

    @property
    def pid(self) -> int:
        return self._process.pid

    def parameters(self, **more: Any) -> dict[str, Any]:
        """Arguments for `snowflake.connector.connect`; `more` is added and wins."""
        return {
            "account": ACCOUNT,
            "user": "ALICE",
            "password": "wonderland",
            "host": self.host,
            "port": self.port,
            "protocol": "http",
            # It would ask the metadata services of three clouds where it runs.
            "platform_detection_timeout_seconds": 0.0,
        } | more

    def ledger(self) -> list[dict[str, Any]]:
        """Every statement since the start or the last clearing, in the order of their arrival."""
        found: list[dict[str, Any]] = self._ask("GET", "ledger")
        return found

    def clear_ledger(self) -> None:
        self._ask("DELETE", "ledger")

    def fault(
        self,
        kind: Kind,
        pattern: str = "",
        *,
        count: int | None = 1,
        seconds: float = 0.0,
        errno: int = 603,
        sqlstate: str = "XX000",
        message: str = "SQL execution internal error",
    ) -> None:
        """Switch a fault on; see `tests.simulators.snowflake.faults.Fault`.

        A login is the statement `login ALICE`.
        """
        fault = Fault(kind, pattern, count, seconds, errno, sqlstate, message)
        self._ask("POST", "faults", asdict(fault))

    def clear_faults(self) -> None:
        self._ask("DELETE", "faults")

    def sessions(self) -> list[dict[str, Any]]:
        """The open sessions: number, user, whether a transaction is open, seconds of silence."""
        found: list[dict[str, Any]] = self._ask("GET", "sessions")
        return found

    def use_credits(self, warehouse: str, credits: float) -> list[str]:
        """Let a warehouse use credits; the notices its monitors sent. Needs the account model."""
        body = {"warehouse": warehouse, "credits": credits}
        sent: list[str] = self._ask("POST", "account/use-credits", body)
        return sent

    def new_period(self) -> None:
        """The first of the next month: every resource monitor starts from zero."""
        self._ask("POST", "account/new-period", {})

    def rest(self) -> list[str]:
        """Let every warehouse's auto-suspend time pass; those that fell asleep."""
        asleep: list[str] = self._ask("POST", "account/rest", {})
        return asleep

    def wakes(self) -> list[tuple[str, str]]:
        """Warehouse and statement of each time that one was woken by work."""
        return [(name, sql) for name, sql in self._ask("POST", "account/wakes", {})]

    def notices(self) -> list[str]:
        """What resource monitors have told so far."""
        sent: list[str] = self._ask("POST", "account/notices", {})
        return sent

    def serve_usage(self, world: World, *, as_of: datetime, without: Sequence[str] = ()) -> None:
        """Let the account show what it used, in SNOWFLAKE.ACCOUNT_USAGE and ORGANIZATION_USAGE.

        :param as_of: what is not yet to be seen then is left out; give a later one to go on
        :param without: views that the account does not have
        """
        folder = self.folder.resolve() / "usage" / world.name
        if not folder.exists():
            world.write_shown(folder)
        body = {"folder": str(folder), "as_of": as_of.isoformat(), "without": list(without)}
        self._ask("POST", "usage", body)

    def stage_folder(self, database: str, schema: str, stage: str) -> Path:
        """Where the files of an internal stage lie, for tests that tear them."""
        return self.folder.resolve() / "stages" / database / schema / stage

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

    def kill(self) -> None:
        """End it as a power cut would: nothing is finished or written."""
        self._process.kill()
        self._process.wait()
        self.stop()

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

    def _ask(self, method: str, switch: str, body: Any = None) -> Any:
        address = f"{self.url}/_simulator/{switch}"
        response = self._session.request(method, address, json=body, timeout=_REQUEST_SECONDS)
        response.raise_for_status()
        return response.json()

    def _ready_url(self, timeout: float) -> str:
        deadline = monotonic() + timeout
        with selectors.DefaultSelector() as selector:
            selector.register(self._output, selectors.EVENT_READ)
            while selector.select(max(0.0, deadline - monotonic())):
                line = self._output.readline()
                if line.startswith("ready "):
                    return line.removeprefix("ready ").strip()
                if not line:
                    raise NotReady(f"The server ended before it was ready:\n{self._tail()}")
        raise NotReady(f"The server was not ready after {timeout} s:\n{self._tail()}")

    def _tail(self) -> str:
        self._log.seek(0)
        return self._log.read()[-_TAIL_CHARACTERS:]


def _key_options(users: Mapping[str, Path | Sequence[Path]]) -> list[str]:
    words = []
    for name, files in users.items():
        for file in [files] if isinstance(files, Path) else files:
            words += ["--user", f"{name}={file}"]
    return words


def _pair_options(option: str, pairs: Mapping[str, str]) -> list[str]:
    return [word for name, text in pairs.items() for word in (option, f"{name}={text}")]
