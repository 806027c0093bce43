"""Write records in the form in which a connector.yaml expects them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from flows.connectors.kit.folder import Record
from flows.connectors.kit.http import JSON, Reply
from flows.connectors.kit.paths import Path, leave_out, put, steps


def shape_of(spec: Mapping[str, Any]) -> dict[str, Any]:
    """`records` of a stream, spelled out: `as` and `at` are always there."""
    records = spec.get("records")
    if isinstance(records, dict):
        return {"as": "list", "at": None, **records}
    return {"as": "list", "at": records}


def is_json(spec: Mapping[str, Any]) -> bool:
    return shape_of(spec)["as"] in ("list", "single", "values")


def reply_of(
    spec: Mapping[str, Any],
    records: Sequence[Record],
    *,
    extras: Sequence[tuple[Path, Any]],
    headers: Mapping[str, str],
) -> Reply:
    """:param extras: what paging adds to the answer"""
    shape = shape_of(spec)
    match shape["as"]:
        case "ndjson":
            body = b"".join(json.dumps(each).encode() + b"\n" for each in records)
            return Reply(body=body, headers=headers, content_type="application/x-ndjson")
        case "csv":
            return Reply(body=_csv(records, shape), headers=headers, content_type="text/csv")
        case "single":
            content: Any = records[0] if records else {}
        case "values":
            content = {f"of-{place}": record for place, record in enumerate(records)}
        case _:
            content = list(records)
    whole = _enveloped(content, shape, is_empty=not records)
    for path, value in extras:
        if isinstance(whole, dict):
            put(whole, path, value)
    return Reply(body=json.dumps(whole).encode(), headers=headers, content_type=JSON)


def _enveloped(content: Any, shape: Mapping[str, Any], *, is_empty: bool) -> Any:
    at = shape["at"]
    if not steps(at):
        return content
    whole: dict[str, Any] = {}
    put(whole, at, content)
    if is_empty and shape.get("optional"):
        leave_out(whole, at)
    return whole


def _csv(records: Sequence[Record], shape: Mapping[str, Any]) -> bytes:
    text = io.StringIO(newline="")
    names = list(dict.fromkeys(name for record in records for name in record))
    names = names or list(shape.get("columns") or {"id": ""})
    writer = csv.DictWriter(text, names, delimiter=shape.get("delimiter", ","))
    writer.writeheader()
    writer.writerows(records)
    return text.getvalue().encode(shape.get("encoding", "utf-8"))
