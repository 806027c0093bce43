"""An HTTP server on loopback that asks one function for every answer, and can break off."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Literal
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

JSON = "application/json"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request. Names of headers are in lower case; `body` is None where it is not JSON."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    content: bytes = b""

    @property
    def body(self) -> Any:
        try:
            return json.loads(self.content)
        except ValueError:
            return None

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.content.decode("utf-8", "replace"), keep_blank_values=True))

    def target(self, *, without: frozenset[str] = frozenset()) -> str:
        """The path and the query, for an address of the next page."""
        left = {name: value for name, value in self.query.items() if name not in without}
        return f"{self.path}?{urlencode(left)}" if left else self.path


@dataclass(frozen=True, kw_only=True)
class Reply:
    """`ending`: cut after half of the body, or with a reset; `seconds`: how long the body takes."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    content_type: str = JSON
    ending: Literal["whole", "cut", "reset"] = "whole"
    seconds: float = 0.0


def as_json(value: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    return Reply(status=status, headers=headers or {}, body=json.dumps(value).encode())


class Server:
    """Serves until closed. `url` has no slash at its end.

    What `answer` raises is a mistake of its own: it is kept in `mistake`, and answered with 500.
    """

    def __init__(self, answer: Callable[[Asked], Reply]) -> None:
        self._answer = answer
        self.mistake: Exception | None = None
        self._server = ThreadingHTTPServer(
            ("127.0.0.1", 0), type("Handler", (_Handler,), {"answer": staticmethod(self.answer)})
        )
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.01,), name="simulated-source", daemon=True
        )
        self._thread.start()

    def answer(self, asked: Asked) -> Reply:
        try:
            return self._answer(asked)
        except Exception as mistake:  # noqa: BLE001 - whoever reads raises it in its own thread
            self.mistake = mistake
            return Reply(status=500)

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    answer: ClassVar[Callable[[Asked], Reply]]

    protocol_version = "HTTP/1.1"
    # One write for an answer, and no waiting for more of it.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        asked = Asked(
            method=self.command,
            path=unquote(parts.path),
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers={name.lower(): _as_utf8(value) for name, value in self.headers.items()},
            content=self.rfile.read(length),
        )
        self._give(type(self).answer(asked))

    do_POST = do_GET

    def _give(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.content_type:
            self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if reply.ending == "whole":
            self._write(reply)
            return
        self.wfile.write(reply.body[: len(reply.body) // 2])
        self.wfile.flush()
        self.close_connection = True
        if reply.ending == "reset":
            # Closing with nothing lingering tells the other end to forget the connection.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

    def _write(self, reply: Reply) -> None:
        if not reply.seconds:
            self.wfile.write(reply.body)
            return
        pieces = 8
        size = len(reply.body) // pieces + 1
        for start in range(0, len(reply.body), size):
            self.wfile.write(reply.body[start : start + size])
            self.wfile.flush()
            time.sleep(reply.seconds / pieces)

    def log_message(self, format: str, *args: object) -> None:
        """What was asked is kept by whoever answers."""

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except (OSError, ValueError):  # the other end has gone, or we closed it
            self.close_connection = True

    def finish(self) -> None:
        try:
            super().finish()
        except (OSError, ValueError):
            self.close_connection = True


def _as_utf8(value: str) -> str:
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        return value
