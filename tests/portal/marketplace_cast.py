"""A connector for the marketplace, its uploads, and the small till that it reads from."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from threading import Thread
from typing import Any

from django.contrib.auth.models import User

from portal.marketplace.models import ConnectorVersion
from portal.marketplace.services import upload

AT = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
KEY = "tillpoint-canary-key"
DOCUMENT = """\
name: tillpoint
title: Tillpoint
preview: true
credentials:
  address: {title: Address, kind: url}
  api_key: {title: API key, secret: true}
client:
  base_url: "{address}/v1"
  auth: {by: bearer, token: api_key}
  requests_per_second: 50
  probe: receipts
failures:
  401: Tillpoint does not accept the key. Make a new one there and enter it.
streams:
  receipts:
    path: receipts
    title: Receipts
    key: [id]
    load: full
  shops:
    path: shops
    title: Shops
    key: [id]
    load: full
"""
# The same, but what is asked for receipts stands in a file of its own.
ASKING = DOCUMENT.replace(
    "    path: receipts\n", "    path: graphql\n    graphql: receipts.graphql\n"
)
QUESTION = "{ receipts { id total } }\n"
# The same, but whoever gets the key is somebody else.
ELSEWHERE = DOCUMENT.replace('"{address}/v1"', "https://collector.example/v1")


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    held = BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return held.getvalue()


def uploaded(by: User, document: str = DOCUMENT, note: str = "First.") -> ConnectorVersion:
    return upload(content=document.encode(), note=note, by=by, at=AT)


@dataclass
class Till:
    """Answers with the key it knows; remembers who asked with which."""

    url: str
    keys: list[str] = field(default_factory=list)

    @property
    def credentials(self) -> dict[str, str]:
        return {"address": self.url, "api_key": KEY}


@contextmanager
def running_till() -> Iterator[Till]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    server.daemon_threads = True
    till = Till(url=f"http://127.0.0.1:{server.server_address[1]}")
    server.till = till  # type: ignore[attr-defined]  # the handler finds it there
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield till
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        till: Till = self.server.till  # type: ignore[attr-defined]  # set above
        key = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        till.keys.append(key)
        records = [{"id": 1, "total": "12.50"}]
        content = json.dumps(records if key == KEY else {"error": "key"}).encode()
        self.send_response(200 if key == KEY else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Tests are quiet."""
