"""A portal on loopback that gives out one job for each connection and remembers what it is told."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

TOKEN = "CANARY-service-token"
PSEUDONYM_KEY = b"CANARY-pseudonym-key-of-32-bytes"
SET_AT = "2026-11-20T05:00:00.000001Z"
Json = dict[str, Any]


@dataclass
class Desk:
    """A connection, its tenant and its credentials, as the portal's people have set them up."""

    tenant: Json
    connection: Json
    credentials: dict[str, str]
    analytics: bool = True
    frozen_fields: Json = field(default_factory=dict)
    fence: int = 0
    runs: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Told:
    method: str
    path: str
    body: Json


class FakePortal:
    def __init__(self) -> None:
        self.told: list[Told] = []
        self.answers: dict[tuple[str, str], tuple[int, Any]] = {}
        self.headers: dict[str, str] = {}
        self._desks: dict[str, Desk] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def add(self, desk: Desk) -> Desk:
        self._desks[desk.connection["code"]] = desk
        return desk

    def streams_of(self, run: str) -> dict[str, Json]:
        """What a run reported of each of its streams."""
        prefix = f"/api/v1/flow/runs/{run}/streams/"
        return {
            told.path.removeprefix(prefix): told.body
            for told in self.told
            if told.path.startswith(prefix)
        }

    def end_of(self, run: str) -> Json:
        """How a run said that it ended. It says so once."""
        (end,) = [told.body for told in self.told if told.path.endswith(f"{run}/finish")]
        return end

    def answer(self, told: Told, token: str) -> tuple[int, Any]:
        self.told.append(told)
        if token != f"Bearer {TOKEN}":
            return 401, {"detail": "This key is not known."}
        if (prepared := self.answers.get((told.method, told.path))) is not None:
            return prepared
        match told.path.removeprefix("/api/v1/").split("/"):
            case ["flow", "runs"] if told.body["connection"] in self._desks:
                return 201, _claim(self._desks[told.body["connection"]])
            case ["flow", "runs", run, "credentials"]:
                return self._credentials(told, run)
            case ["flow", "runs", *_]:
                return 204, None
            case ["platform", "tenants"]:
                names = ("code", "slug", "engine")
                tenants = {desk.tenant["code"]: desk.tenant for desk in self._desks.values()}
                return 200, [{name: each[name] for name in names} for each in tenants.values()]
            case ["platform", "configurations"]:
                tenants = {desk.tenant["code"]: desk.tenant for desk in self._desks.values()}
                return 200, [{**each, "connections": []} for each in tenants.values()]
            case ["platform", "ledger", _] if told.method == "GET":
                return 200, []
            case ["platform", _] | ["platform", "ledger", _, "seen"]:
                return 200, {"done": "all of it"}
            case _:
                return 404, {"detail": "Nothing here."}

    def _credentials(self, told: Told, run: str) -> tuple[int, Any]:
        desk = next(each for each in self._desks.values() if run in each.runs)
        if told.method == "PUT":
            desk.credentials |= told.body["credentials"]
            return 204, None
        return 200, {
            "credentials": desk.credentials,
            "pseudonym_key": PSEUDONYM_KEY.hex(),
            "set_at": SET_AT,
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _claim(desk: Desk) -> Json:
    desk.fence += 1
    desk.runs.append(str(uuid4()))
    return {
        "run": desk.runs[-1],
        "fence": desk.fence,
        "analytics": desk.analytics,
        "tenant": desk.tenant,
        "connection": desk.connection,
        "frozen_fields": desk.frozen_fields,
    }


def _handler(portal: FakePortal) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"{}")
            told = Told(method=self.command, path=self.path, body=body)
            status, answer = portal.answer(told, self.headers.get("Authorization", ""))
            content = answer if isinstance(answer, bytes) else b""
            if answer is not None and not isinstance(answer, bytes):
                content = json.dumps(answer).encode()
            self.send_response(status)
            for name, value in portal.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = _serve

        def log_message(self, format: str, *args: object) -> None:
            """What it was told is kept; the test's output stays clean."""

    return Handler
