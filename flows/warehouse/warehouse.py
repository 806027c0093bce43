"""The seam to a tenant's warehouse: batches go in, with their bookmark and their ledger line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from flows.connectors.bookmarks import UNREAD, Bookmark
from flows.portal import Tenant, TenantPlace
from flows.warehouse.deletes import Sweep, Swept

# The columns of a view in their order, with the types that its contract gives them.
Columns = Mapping[str, str]


class WarehouseBusy(Exception):
    """Another process holds the warehouse; the run may be tried again."""


class WarehouseUnavailable(Exception):
    """The warehouse did not answer, or lost what it was sent; the run may be tried again."""


class WarehouseRefused(Exception):
    """The warehouse says no, with a sentence for the operator who can change that."""


class Fenced(Exception):
    """A later run of the same connection has begun; this one may no longer commit."""


class Unaccounted(Exception):
    """Records were lost between reading and landing. Nothing of the batch has landed."""


class Typed(Protocol):
    """How a batch is read as columns, for an engine that can: DuckDB alone.

    A query gives `position`, that of the record in the batch, `record_key`, `changed_at` (UTC, or
    null), `content_hash`, `record`, a struct of `columns`, and of what is rejected `reason` and
    `payload`.

    Most records have `arrived` as columns: `quick` reads them from a table of that name, and ends
    with an error where one asks for a closer look. The others are read by `exact`, a query for each
    part of them, as that takes more memory. `closer` reads all of them as `exact` does.
    """

    @property
    def columns(self) -> Mapping[str, str]: ...

    @property
    def arrived(self) -> Callable[[], Any] | None:
        """Opens what arrived as columns, from its beginning: a reader of Arrow's batches."""

    @property
    def quick(self) -> str: ...

    @property
    def exact(self) -> Sequence[str]: ...

    @property
    def closer(self) -> Sequence[str]: ...


@dataclass(frozen=True)
class Batch:
    """What one run read from one stream, on its way into raw.

    `file` is a Parquet file on this machine with the batch's origin, `record_key`, `changed_at`
    (UTC, or null), `content_hash` and `payload`, in the order in which the source gave the records;
    `rejects` is one with `reason` and `payload`. Together they hold the `records` that the reader
    counted.

    With `typed`, the file has no more than origin and payload, of every record that `typed` reads,
    rejected ones too; `rejects` are those that it does not read.

    `contents` is the same for two small batches with the same records; empty if that is not known.

    `store` puts the records into the lake. It is called before any of them is kept, and not at all
    if none brings anything; a second call does nothing.

    `noted` is how far the reader came, as far as the records' times of change do not say it.

    With `sweep`, what a whole listing does not name is marked as deleted, together with the batch.
    """

    batch_id: str
    tenant_id: str
    connection_id: str
    connector: str
    stream: str
    run_id: str
    fence: int
    extracted_at: datetime
    records: int
    bytes_read: int
    lake_key: str
    file: Path
    rejects: Path
    typed: Typed | None = None
    store: Callable[[], None] = lambda: None
    contents: str = ""
    sweep: Sweep | None = None
    noted: Bookmark = UNREAD

    @property
    def table(self) -> str:
        return f"{self.connector}__{self.stream}"


@dataclass(frozen=True)
class Landed:
    """The account of a batch: `extracted = new + changed + unchanged + rejected`.

    `swept` is that of a listing, if the batch came with one.
    """

    extracted: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: int = 0
    bookmark: Bookmark = UNREAD
    swept: Swept | None = None

    @property
    def brought_something(self) -> bool:
        marked = self.swept.deleted + self.swept.returned if self.swept else 0
        return self.new + self.changed + marked > 0


@dataclass(frozen=True)
class Known:
    """What is known of a connection's streams, by their names.

    `contents` are the same for two batches that held the same, word for word; of a stream whose
    last batch was large, or who is not asked for it, there are none.
    """

    bookmarks: Mapping[str, Bookmark] = field(default_factory=dict)
    contents: Mapping[str, str] = field(default_factory=dict)

    def bookmark(self, stream: str) -> Bookmark:
        return self.bookmarks.get(stream, UNREAD)


@dataclass(frozen=True)
class Recipe:
    """What decides which rows come of the same raw: the SQL, and the tenant's settings."""

    transforms: str
    settings: dict[str, str]


@dataclass(frozen=True)
class LedgerLine:
    """A batch that has landed; `file` is its key in the lake, if it brought something."""

    connection: str
    table: str
    landed_at: datetime
    file: str | None


@dataclass(frozen=True)
class StreamState:
    """What the warehouse holds of one stream of one connection."""

    connection: str
    stream: str
    read_at: datetime
    records: int
    bookmark: Bookmark


class Movable(Protocol):
    """What lets a tenant change its engine: raw moves, and what is built of it is built anew."""

    def raw_tables(self) -> dict[str, Columns]:
        """Every table of raw that has to move, with DuckDB's names of its columns' types."""

    def copy_out(self, table: str, *, columns: Columns, file: Path) -> None:
        """Write a table of raw as Parquet, in any order."""

    def copy_in(self, table: str, *, columns: Columns, file: Path) -> None:
        """Let a table of raw hold what a file holds and nothing else. It is made if need be."""


class Warehouse(Movable, Protocol):
    def prepare(self, *, tenant: Tenant, tables: list[str], at: datetime) -> None:
        """Make sure that raw has these tables and knows the tenant's settings."""

    def begin(self, *, connection_id: str, fence: int) -> Known:
        """What a run begins with. Earlier runs of its connection are kept out from now on.

        :raises Fenced: if a later run of the connection has begun
        """

    def known(self, *, connection_id: str) -> Known:
        """What the warehouse knows of a connection's streams."""

    def land(self, batch: Batch, *, at: datetime) -> Landed:
        """Put a batch into raw, together with its bookmark and its ledger line, or not at all.

        Of two contents with one time of change, the one with the greater hash counts as the later:
        the history in `transforms/` breaks the tie in the same way. A batch that has landed already
        lands no second time; its first account is given again.

        :param at: when it lands; moved to just after the last landing if a clock was set back
        :raises Fenced: if a later run of the connection has begun
        :raises Unaccounted: if its files do not hold the records that were read
        """

    def note_unchanged(self, batches: Sequence[tuple[Batch, Landed]], *, at: datetime) -> None:
        """Write down batches of one run that brought nothing, as `known` told, with their accounts.

        :raises Fenced: if a later run of the connection has begun
        """

    def landed_through(self) -> datetime | None:
        """When the last batch landed that brought something."""

    def landed_after(self, moment: datetime) -> list[str]:
        """The raw tables that batches have brought something to since then."""

    def check_fence(self, *, connection_id: str, fence: int) -> None:
        """:raises Fenced: if a later run of the connection has begun"""

    def begin_build(self, recipe: Recipe, *, is_whole: bool, at: datetime) -> None:
        """Note that the models are about to be built; `is_whole` if all of them, anew."""

    def finish_build(self, *, at: datetime) -> None:
        """Note that the build begun last has succeeded."""

    def is_built_by(self, recipe: Recipe) -> bool:
        """Whether all models stem from this recipe alone, and an increment may follow."""

    def ledger(self) -> list[LedgerLine]:
        """Every batch that has landed; nothing if the warehouse is new."""

    def streams(self) -> list[StreamState]: ...

    def export(self, *, views: Mapping[str, Columns], folder: Path) -> dict[str, int]:
        """Write analytics views, all of one moment, as `<view>.parquet`; give their rows."""


class Turn(Protocol):
    """One run at a time builds and publishes for a tenant: dbt does not wait for another.

    A turn ends with the process that holds it, however that ends.
    """

    def take(self) -> None:
        """Nothing happens if it is held already.

        :raises WarehouseBusy: if another run holds it for too long
        """

    def end(self) -> None: ...


class Warehouses(Protocol):
    """The warehouses of all tenants, on one engine. Several threads may share them."""

    def open(self, tenant: TenantPlace) -> AbstractContextManager[Warehouse]:
        """For one thread at a time: the others wait.

        :raises WarehouseBusy: if another process holds it for too long
        """

    def turn(self, tenant: TenantPlace) -> Turn: ...

    def dbt_environment(self, tenant: TenantPlace) -> dict[str, str]:
        """What `transforms/profiles.yml` needs to find the warehouse and to log in to it.

        Secrets are in variables that begin with `DBT_ENV_SECRET_`, which dbt keeps out of its logs.
        """

    def close(self) -> None:
        """End what was kept open between one opening and the next."""
