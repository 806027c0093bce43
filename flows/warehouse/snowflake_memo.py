"""What a warehouse said last, kept in the lake: to ask it again would wake and bill it.

A memo is forgotten before anything is committed and written anew after it, so it is either right or
not there. What is not there is asked.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from flows.connectors.bookmarks import Bookmark, with_notes
from flows.lake.lake import Lake
from flows.portal import TenantPlace
from flows.warehouse.warehouse import Batch, Fenced

FORMAT = 1
# Raised when the ledger gets columns: what was prepared before it has to be prepared again.
LEDGER = 2


class Memo:
    """One for each connection of a tenant: runs of one connection never overlap.

    What the warehouse is prepared for is the tenant's: each connection may change it for all.
    """

    def __init__(self, lake: Lake, *, tenant: TenantPlace, connection: str) -> None:
        self._lake, self._connection = lake, connection
        self._folder = f"{tenant.code}/state/warehouse"
        self._key = f"{self._folder}/{connection}.json"
        self._prepared = f"{self._folder}/prepared.json"

    def is_prepared(self, tables: list[str], settings: list[str]) -> bool:
        return self._lake.read(self._prepared) == _prepared(tables, settings)

    def forget_prepared(self) -> None:
        self._lake.delete(self._prepared)

    def note_prepared(self, tables: list[str], settings: list[str]) -> None:
        self._lake.replace(text=_prepared(tables, settings), key=self._prepared)

    def bookmarks(self, connection_id: str) -> dict[str, Bookmark] | None:
        """By stream; nothing if they have to be asked."""
        known = self._said().get("known") if connection_id == self._connection else None
        if known is None:
            return None
        notes = known.get("notes", {})
        return {
            stream: with_notes(Bookmark(moment=_moment(text) if text else None), notes.get(stream))
            for stream, text in known["bookmarks"].items()
        }

    def landed_through(self) -> datetime | None:
        """When the last batch of the tenant landed; nothing if that has to be asked."""
        memos = [
            json.loads(self._lake.read(file.key) or "{}")
            for file in self._lake.files(self._folder)
            if file.key != self._prepared
        ]
        if not memos or any(memo.get("known") is None for memo in memos):
            return None
        moments = [memo["known"]["landed_through"] for memo in memos]
        return max((_moment(text) for text in moments if text), default=None)

    def read_at(self, connection_id: str, stream: str, *, ledger: datetime) -> datetime:
        """When a stream was read last, if only to find that there was nothing."""
        text = self._said(connection_id).get("read", {}).get(stream)
        return max(ledger, _moment(text)) if text else ledger

    def note_read(self, batch: Batch) -> None:
        said = self._said()
        read = said.get("read", {}) | {batch.stream: batch.extracted_at.isoformat()}
        self._write(said | {"read": read})

    def holds(self, batch: Batch, held: str) -> bool:
        """Whether the stream's last batch held the same, or this one holds nothing.

        :param held: from `fingerprints.contents`
        """
        said = self._said() if batch.connection_id == self._connection else {}
        if said.get("known") is None:
            return False
        return batch.records == 0 or (bool(held) and said["held"].get(batch.stream) == held)

    def forget(self, batch: Batch) -> None:
        """Before it is committed: whoever dies now leaves nothing here that may be wrong.

        :raises Fenced: if a later run of the connection has begun to land
        """
        said = self._said()
        fence = said.get("fence", 0)
        if fence > batch.fence and batch.connection_id == self._connection:
            raise Fenced("A later run of this connection has begun. This one stops here.")
        held = {**said.get("held", {}), batch.stream: ""}
        self._write({**said, "known": None, "held": held, "fence": max(fence, batch.fence)})

    def remember(self, batch: Batch, known: dict[str, Any], *, held: str) -> None:
        """Nothing, if a later run of the connection has begun to write here."""
        said = self._said()
        if said.get("fence", 0) > batch.fence:
            return
        landed_through = known["landed_through"]
        self._write(
            said
            | {
                "known": {
                    "bookmarks": {
                        stream: bookmark.moment.isoformat() if bookmark.moment else None
                        for stream, bookmark in known["bookmarks"].items()
                    },
                    "notes": {
                        stream: bookmark.notes
                        for stream, bookmark in known["bookmarks"].items()
                        if bookmark.notes
                    },
                    "landed_through": landed_through.isoformat() if landed_through else None,
                },
                "held": said.get("held", {}) | {batch.stream: held},
            }
        )

    def forget_all(self) -> None:
        """What was said of all connections: the warehouse is being filled from elsewhere."""
        for file in self._lake.files(self._folder):
            self._lake.delete(file.key)

    def _said(self, connection: str = "") -> dict[str, Any]:
        """Of this connection, or of another one of the tenant, which is only read."""
        text = self._lake.read(f"{self._folder}/{connection}.json" if connection else self._key)
        said: dict[str, Any] = json.loads(text) if text else {}
        return said if said.get("format") == FORMAT else {"format": FORMAT}

    def _write(self, said: dict[str, Any]) -> None:
        self._lake.replace(text=json.dumps(said, indent=1), key=self._key)


def _prepared(tables: list[str], settings: list[str]) -> str:
    said = [tables, settings, LEDGER]
    digest = hashlib.sha256(json.dumps(said).encode()).hexdigest()
    return json.dumps({"format": FORMAT, "prepared": digest})


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
