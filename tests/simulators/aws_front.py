"""A door in front of the simulated AWS: it sees each request, and breaks those it is told to.

What S3 promises and moto does not is kept here: of several conditional writes one at a time.
"""

from __future__ import annotations

import http.client
import threading
from contextlib import nullcontext
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

FORWARD_SECONDS = 60
OF_THE_WAY = {"connection", "expect", "transfer-encoding", "keep-alive"}
ERROR = "<?xml version='1.0'?><Error><Code>{code}</Code><Message>{code}</Message></Error>"


@dataclass(frozen=True)
class Seen:
    method: str
    path: str
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass
class Fault:
    """The answer to the next `times` requests with this method whose path has this text.

    Without a status the connection breaks; without a body an error's is made. If it is late, AWS
    does what was asked, and only its answer is lost.
    """

    method: str
    path: str = ""
    status: int = 0
    code: str = ""
    body: str = ""
    times: int = 1
    is_late: bool = False


@dataclass(frozen=True)
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes


class AwsFront:
    def __init__(self, behind: str) -> None:
        self.seen: list[Seen] = []
        self.faults: list[Fault] = []
        self._behind = urlsplit(behind).netloc
        self._one_at_a_time = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def writes(self) -> list[str]:
        """All requests that may have changed something in S3."""
        questions = {"GET", "HEAD"}
        return [f"{each.method} {each.path}" for each in self.seen if each.method not in questions]

    def answer(self, seen: Seen) -> Answer | None:
        """Nothing, where the connection is to break."""
        self.seen.append(seen)
        fault = self._fault_for(seen)
        if fault is None:
            return self._forward(seen)
        if fault.is_late:
            self._forward(seen)
        if not fault.status:
            return None
        said = (fault.body or ERROR.format(code=fault.code)).encode()
        return Answer(fault.status, [("Content-Length", str(len(said)))], said)

    def _fault_for(self, seen: Seen) -> Fault | None:
        for fault in self.faults:
            if fault.times > 0 and fault.method == seen.method and fault.path in seen.path:
                fault.times -= 1
                return fault
        return None

    def _forward(self, seen: Seen) -> Answer:
        with self._one_at_a_time if seen.headers.get("If-None-Match") == "*" else nullcontext():
            return self._asked(seen)

    def _asked(self, seen: Seen) -> Answer:
        connection = http.client.HTTPConnection(self._behind, timeout=FORWARD_SECONDS)
        headers = {
            name: value for name, value in seen.headers.items() if name.lower() not in OF_THE_WAY
        }
        try:
            connection.request(seen.method, seen.path, body=seen.body or None, headers=headers)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        kept = [each for each in answer.getheaders() if each[0].lower() not in OF_THE_WAY]
        if not any(name.lower() == "content-length" for name, _ in kept):
            kept.append(("Content-Length", str(len(content))))
        return Answer(answer.status, kept, content)

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


def _handler(front: AwsFront) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def handle_expect_100(self) -> bool:
            answered = super().handle_expect_100()
            self.wfile.flush()  # boto3 waits a second for it
            return answered

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = front.answer(Seen(self.command, self.path, dict(self.headers.items()), body))
            if answer is None:
                self.close_connection = True
                return
            self.send_response_only(answer.status)
            for name, value in answer.headers:
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body)

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _serve

        def log_message(self, format: str, *args: object) -> None:
            """What was asked is kept; the test's output stays clean."""

    return Handler
