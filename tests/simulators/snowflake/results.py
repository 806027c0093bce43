"""What a statement gives back, and how the protocol says it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
from fakesnow.arrow import to_ipc, to_sf
from fakesnow.statement_type import DML_TYPE_IDS


@dataclass
class Result:
    """Either an Arrow table of the engine, or `rows` of texts; `extra` is added to the answer."""

    rowtype: list[Any]
    table: pa.Table | None = None
    rows: list[list[str | None]] = field(default_factory=list)
    type_id: int = 0
    extra: dict[str, Any] = field(default_factory=dict)

    def data(self) -> dict[str, Any]:
        return {
            "rowtype": self.rowtype,
            "total": len(self.rows) if self.table is None else self.table.num_rows,
            "statementTypeId": self.type_id,
            **self._content(),
            **self.extra,
        }

    def _content(self) -> dict[str, Any]:
        if self.table is None:
            return {"queryResultFormat": "json", "rowset": self.rows}
        if self.type_id in DML_TYPE_IDS:
            # Clients read the numbers of changed rows from a rowset.
            columns = [column.to_pylist() for column in self.table.columns]
            rows = [[_text(value) for value in row] for row in zip(*columns, strict=True)]
            return {"queryResultFormat": "json", "rowset": rows}
        encoded = b64encode(to_ipc(to_sf(self.table, self.rowtype))).decode()
        return {"queryResultFormat": "arrow", "rowsetBase64": encoded}


def listed(columns: Sequence[str], rows: Sequence[Sequence[Any]], *, type_id: int = 0) -> Result:
    """A result of the server's own, each column typed after its values."""
    types = [_type_of([row[i] for row in rows]) for i in range(len(columns))]
    return Result(
        rowtype=[_column(name, kind) for name, kind in zip(columns, types, strict=True)],
        rows=[[_text(value) for value in row] for row in rows],
        type_id=type_id,
    )


def said(text: str = "Statement executed successfully.") -> Result:
    """The one line that statements without rows answer with."""
    return listed(["status"], [[text]])


def _column(name: str, kind: str) -> dict[str, Any]:
    is_number, is_text = kind == "fixed", kind == "text"
    return {
        "name": name,
        "database": "",
        "schema": "",
        "table": "",
        "nullable": True,
        "type": kind,
        "byteLength": 16777216 if is_text else None,
        "length": 16777216 if is_text else None,
        "scale": 0 if is_number else None,
        "precision": 38 if is_number else None,
        "collation": None,
    }


def _type_of(values: Sequence[Any]) -> str:
    known = [value for value in values if value is not None]
    if known and all(isinstance(value, bool) for value in known):
        return "boolean"
    if known and all(isinstance(value, int) and not isinstance(value, bool) for value in known):
        return "fixed"
    return "text"


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value)
