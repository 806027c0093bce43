"""A Prefect and a till on this machine, as far as the API's tests need them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from uuid import uuid4

# In everything secret; where it must not be seen, tests look for it.
CANARY = "canary-5f1c-must-not-be-seen"


@dataclass
class FakePlaces:
    """A Prefect that creates one flow run for each key, and a till whose lists are empty."""

    url: str
    flow_runs: dict[str, str] = field(default_factory=dict)
    deployments: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    is_down: bool = False

    def forget(self) -> None:
        """As if nobody had asked for anything yet."""
        self.flow_runs, self.deployments, self.asked, self.is_down = {}, {}, [], False

    def answer(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        self.asked.append(f"{method} {path}")
        if path.startswith("/till/"):
            return 200, self._till(path)
        if self.is_down:
            return 500, {}
        return self._prefect(method, path.removeprefix("/prefect"), body)

    def _till(self, path: str) -> Any:
        if not path.endswith("/token"):
            return []
        token = {"token": {"value": CANARY, "expiresIn": 3600}, "refreshToken": {"value": CANARY}}
        return {"token": token, "serverUrl": f"{self.url}/till"}

    def _prefect(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        match method, path.strip("/").split("/"):
            case "POST", ["deployments", _, "create_flow_run"]:
                made = self.flow_runs.setdefault(body["idempotency_key"], str(uuid4()))
                return 201, {"id": made}
            case "POST", ["deployments"]:
                self.deployments[body["name"]] = {**body, "id": str(uuid4())}
                return 201, self.deployments[body["name"]]
            case "POST", ["deployments", "filter"]:
                wanted = body["deployments"].get("name", {}).get("any_")
                held = self.deployments.values()
                return 200, [each for each in held if wanted is None or each["name"] in wanted]
            case "DELETE", ["deployments", code]:
                self.deployments = {n: d for n, d in self.deployments.items() if d["id"] != code}
                return 204, None
            case "POST", ["flows"]:
                return 201, {"id": str(uuid4())}
            case _:
                return 200, [] if path.endswith("filter") else {}


@contextmanager
def running_places() -> Iterator[FakePlaces]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Door)
    server.daemon_threads = True
    places = FakePlaces(url=f"http://127.0.0.1:{server.server_address[1]}")
    server.places = places  # type: ignore[attr-defined]  # the handler finds it there
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield places
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Door(BaseHTTPRequestHandler):
    def _any(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length) or b"{}")
        places: FakePlaces = self.server.places  # type: ignore[attr-defined]  # set above
        path = self.path.partition("?")[0]
        status, said = places.answer(self.command, path, body)
        content = b"" if status == 204 else json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_DELETE = _any

    def log_message(self, *_: Any) -> None:
        """Tests are quiet."""
