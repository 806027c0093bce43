"""AWS for tests: a moto server as a process of its own, driven over HTTP like the real one."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from time import monotonic, sleep
from types import TracebackType
from typing import Any, Self

import boto3
import requests
from botocore.config import Config

from tests.processes import free_port

REGION = "eu-central-1"
ACCOUNT = "000000000000"
START_SECONDS = 60.0
ASK_SECONDS = 10.0
ATTEMPTS = 3  # between choosing a port and taking it, another program may have taken it


class AwsDidNotStart(RuntimeError):
    """The server ended or stayed silent; shows the log's end."""


class AwsServer:
    """All of AWS that moto knows, empty. Use it in a `with` statement, or call `stop()`.

    It keeps what it is told until `reset()` or its end, and checks no signature and no policy.
    """

    def __init__(self) -> None:
        self._log = tempfile.TemporaryFile(mode="w+")  # noqa: SIM115 - closed by stop()
        self._clients: dict[str, Any] = {}
        self._session = requests.Session()
        self._session.trust_env = False
        for attempt in range(1, ATTEMPTS + 1):
            self._start()
            try:
                self._wait_until_ready()
                return
            except AwsDidNotStart:
                self._end()
                if attempt == ATTEMPTS:
                    self.stop()
                    raise

    def environment(self, url: str = "") -> dict[str, str]:
        """What boto3 reads, so that a program talks to this server, or to what stands before it."""
        return {
            "AWS_ENDPOINT_URL": url or self.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self, service: str) -> Any:
        """A boto3 client for the test's own questions, whatever the environment says."""
        if service not in self._clients:
            self._clients[service] = boto3.client(
                service,
                endpoint_url=self.url,
                aws_access_key_id="test",
                aws_secret_access_key="test",
                region_name=REGION,
                config=Config(retries={"total_max_attempts": 1}),
            )
        return self._clients[service]

    def reset(self) -> None:
        """Forget everything."""
        answer = self._session.post(f"{self.url}/moto-api/reset", timeout=ASK_SECONDS)
        answer.raise_for_status()

    def stop(self) -> None:
        self._end()
        self._session.close()
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

    def _start(self) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "--host", "127.0.0.1", "--port", str(port)],
            env={**os.environ, "MOTO_ACCOUNT_ID": ACCOUNT, "PYTHONWARNINGS": "ignore"},
            stdout=self._log,
            stderr=self._log,
        )

    def _wait_until_ready(self) -> None:
        deadline = monotonic() + START_SECONDS
        while monotonic() < deadline and self._process.poll() is None:
            try:
                answer = self._session.get(f"{self.url}/moto-api/data.json", timeout=ASK_SECONDS)
            except requests.RequestException:
                sleep(0.05)
                continue
            if answer.ok and self._process.poll() is None:
                return
        self._log.seek(0)
        raise AwsDidNotStart(f"moto is not ready at {self.url}:\n{self._log.read()[-4000:]}")

    def _end(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._process.wait()
