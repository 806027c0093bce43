"""A small connector's folder that keeps every promise, to be spoilt by tests."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import yaml

from flows.connectors.defaults import filled_in
from flows.connectors.kit.bench import Bench
from flows.connectors.kit.conformance import OF_CONNECTORS, OF_STREAMS
from flows.connectors.kit.findings import Check
from flows.connectors.kit.folder import Folder, read_folder
from flows.connectors.spec import parse_connector

DOCUMENT: dict[str, Any] = {
    "name": "kiosk",
    "title": "Kiosk",
    "credentials": {
        "shop": {"title": "Shop", "pattern": "[a-z]{3,12}"},
        "api_token": {"title": "API token", "secret": True, "pattern": "kio_[0-9a-f]{24}"},
    },
    "client": {
        "base_url": "https://{shop}.kiosk.example/api",
        "auth": {"by": "headers", "headers": {"X-Kiosk-Token": "{api_token}"}},
        "requests_per_second": 5,
        "wait": {"header": "X-Wait", "as": "seconds"},
        "throttle": {"by": "remaining", "header": "X-Left", "reset": "X-Reset", "as": "seconds"},
        "probe": "shops",
    },
    "failures": {
        401: "Kiosk rejected the token. Enter it once more.",
        403: "This token may not read {stream}. Allow it in Kiosk.",
    },
    "answers": [
        {"status": 200, "at": "error.code", "is": "BUSY", "then": "retry", "say": "Kiosk is busy."}
    ],
    "streams": {
        "shops": {"path": "shops", "key": ["id"], "load": "full", "records": "shops"},
        "sales": {
            "path": "sales",
            "key": ["id"],
            "records": "data.sales",
            "changed": {"take": "changed_at", "zone": "offset"},
            "load": {"by": "parameter", "send": "since", "overlap": "1 hour"},
            "pages": {"by": "cursor", "send": "after", "take": "next", "size": {"limit": 100}},
            "personal": {"drop": ["cashier"], "hash": ["email"], "known": ["id", "changed_at"]},
        },
    },
}
SAMPLES: dict[str, list[dict[str, Any]]] = {
    "shops": [{"id": 1, "name": "Harbour"}, {"id": 2, "name": "Market"}],
    "sales": [
        {
            "id": "s-001",
            "changed_at": "2026-11-20T10:00:00+01:00",
            "cashier": "Alice",
            "email": "bob@example.com",
        },
        {
            "id": "s-002",
            "changed_at": "2026-11-20T11:00:00+01:00",
            "cashier": None,
            "email": None,
        },
    ],
}


def changed(document: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """The document with other values at dotted places; None takes a place out."""
    whole = copy.deepcopy(document)
    for path, value in changes.items():
        *way, last = path.split(".")
        inner = whole
        for step in way:
            inner = inner[step]
        if value is None:
            del inner[last]
        else:
            inner[last] = value
    return whole


def kiosk(
    parent: Path,
    changes: dict[str, Any] | None = None,
    *,
    samples: dict[str, Any] | None = None,
    comment: str = "",
) -> Folder:
    """:param comment: to be put at the end of the line of api_token"""
    path = parent / "kiosk"
    (path / "samples").mkdir(parents=True)
    text = yaml.safe_dump(changed(DOCUMENT, changes or {}), sort_keys=False)
    text = text.replace("  api_token:", f"  api_token:{comment}", 1)
    (path / "connector.yaml").write_text(text, encoding="utf-8")
    for name, records in {**SAMPLES, **(samples or {})}.items():
        (path / "samples" / f"{name}.json").write_text(json.dumps(records), encoding="utf-8")
    return read_folder(path)


def misread(bench: Bench, changes: dict[str, Any]) -> None:
    """Let the bench read with a connector that says something else than its source does."""
    document = changed(filled_in(dict(bench.folder.document)), changes)
    bench.connector = parse_connector(name="kiosk", document=document)


def check_named(name: str) -> Check:
    [found] = [each for each in (*OF_CONNECTORS, *OF_STREAMS) if each.name == name]
    return found
