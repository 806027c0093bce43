"""What tests of the transforms do with a warehouse, whichever engine it is on: land, build, look.

Every build runs in a process of its own, because dbt's adapters are global to one. They are
forked from a server that has imported dbt already.
"""

from __future__ import annotations

import faulthandler
import gc
import hashlib
import json
import multiprocessing
import os
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from flows.connectors.catalog import connector
from flows.warehouse.deletes import GONE

ROOT = Path(__file__).resolve().parents[2]
TRANSFORMS = ROOT / "transforms"

STREAMS = (
    "article", "articlesize", "branch", "category", "country", "credit", "currency", "customer",
    "inventory", "invoice", "label", "order", "payment", "sale", "season", "size", "staff",
    "supplier", "voucher",
)  # fmt: skip

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.transforms.forked"])

# The status of every node of the last build, in the target.
STATUSES = "statuses.json"
Record = Mapping[str, Any]
Row = tuple[Any, ...]


class BuildFailed(AssertionError):
    """dbt answered with an error; the message is what it printed."""


@dataclass(frozen=True)
class Tenant:
    tenant_id: str
    name: str
    time_zone: str = "Europe/Berlin"
    currency: str = "EUR"
    country: str = "DE"


ALICE = Tenant("a11ce000-0000-4000-8000-000000000001", "Alice Mode")
CHARLIE = Tenant(
    "c4a211e0-0000-4000-8000-000000000003", "Charlie Sport", "Europe/Zurich", "CHF", "CH"
)


class Builds(ABC):
    """A warehouse with every raw table, empty until something lands, and dbt builds of it.

    :param target: where dbt keeps its parsed manifest; share it between warehouses to parse once
    :param connectors: whose raw tables it has, and whose models it builds
    """

    def __init__(self, target: Path, *, connectors: Sequence[str] = ("prohandel",)) -> None:
        self.target, self.connectors = target, connectors
        self.frozen: dict[str, dict[str, list[str]]] = {}
        self._batches = 0

    @property
    @abstractmethod
    def environment(self) -> dict[str, str]:
        """What tells dbt which warehouse to build."""

    @abstractmethod
    def insert(self, table: str, rows: Iterable[Row]) -> None:
        """Append complete rows to a raw table, in the order of its columns up to the payload."""

    def land_rows(self, stream: str, rows: Iterable[Row]) -> None:
        self.insert(f"prohandel__{stream}", rows)

    @property
    def raw_tables(self) -> list[str]:
        """Of every stream of the connectors."""
        return [
            f"{name}__{stream}"
            for name in self.connectors
            for stream in (STREAMS if name == "prohandel" else connector(name).streams)
        ]

    @abstractmethod
    def execute(self, statement: str) -> None: ...

    @abstractmethod
    def rows(self, query: str) -> list[Row]: ...

    @abstractmethod
    def tables(self, *schemas: str) -> dict[str, list[Row]]:
        """The rows of every table of the schemas, sorted, for comparing warehouses."""

    def land(
        self,
        stream: str,
        *records: Record,
        tenant: Tenant = ALICE,
        connection: str = "main",
        at: str,
        extracted: str | None = None,
        gone: bool = False,
    ) -> None:
        """Land the records as one batch.

        :param at: when the batch landed (UTC)
        :param extracted: when it was read, if that was long before it landed
        :param gone: whether they are what the source no longer has, as it was said last
        """
        self._batches += 1
        batch = (
            f"batch-{self._batches:04d}",
            datetime.fromisoformat(extracted or at),
            datetime.fromisoformat(at),
        )
        rows = (_row(record, tenant, connection, batch) for record in records)
        self.land_rows(stream, (_marked(row) for row in rows) if gone else rows)

    def build(self, *options: str) -> dict[str, str]:
        """Build with dbt; the status of every node by its name.

        :raises BuildFailed: if any node failed
        """
        self.dbt("build", "--exclude-resource-type", "unit_test", *options)
        return self.results()

    def run(self, *options: str) -> None:
        """Build without testing.

        :raises BuildFailed: if any model failed
        """
        kinds = ["--exclude-resource-type", "unit_test", "--exclude-resource-type", "test"]
        self.dbt("build", *kinds, *options)

    def compiled(self, sql: str) -> str:
        """SQL with macros as the engine gets it."""
        self.dbt("compile", "--quiet", "--inline", sql, "--output", "json")
        told = (self.target / "printed.txt").read_text()
        return str(json.loads(told[told.index("{") :])["compiled"])

    def results(self) -> dict[str, str]:
        """The status of every node of the last build by its name."""
        return dict(json.loads((self.target / STATUSES).read_text()))

    def manifest(self) -> dict[str, Any]:
        """What dbt has understood of the project."""
        self.dbt("parse", writes=True)
        return dict(json.loads((self.target / "manifest.json").read_text()))

    def dbt(self, *arguments: str, writes: bool = False) -> None:
        """
        :param writes: what dbt tells of itself, as files; they are larger than the warehouse
        :raises BuildFailed: with what dbt printed
        """
        places = ["--project-dir", str(TRANSFORMS), "--profiles-dir", str(TRANSFORMS)]
        outputs = ["--target-path", str(self.target), "--log-path", str(self.target / "logs")]
        said: dict[str, Any] = {"connectors": list(self.connectors)}
        used = ["--vars", json.dumps(said | ({"frozen": self.frozen} if self.frozen else {}))]
        printed = self.target / "printed.txt"
        told = ["--no-use-colors", "--write-json" if writes else "--no-write-json"]
        command = [*told, *arguments, *used, *places, *outputs]
        statuses = self.target / STATUSES
        child = FORKS.Process(target=_invoke, args=(command, self.environment, printed, statuses))
        child.start()
        child.join()
        if child.exitcode != 0:
            raise BuildFailed(printed.read_text()[-6000:])


# Less than a test may take, so that a build that hangs tells where it does.
_LONGEST_SECONDS = 540


def _invoke(command: list[str], environment: dict[str, str], printed: Path, statuses: Path) -> None:
    from dbt.cli.main import dbtRunner

    gc.disable()  # it would take a quarter of the time, in a process that ends with its build
    os.environ.update(environment)
    with printed.open("w") as output, redirect_stdout(output):
        faulthandler.dump_traceback_later(_LONGEST_SECONDS, exit=True, file=output)
        done = dbtRunner().invoke(command)
    ended = getattr(done.result, "results", [])
    told = {each.node.unique_id.split(".")[2]: each.status for each in ended}
    statuses.write_text(json.dumps(told))
    sys.exit(0 if done.success else 1)


def _marked(row: Row) -> Row:
    """The mark of a record that is gone since its batch was read."""
    *origin, _, _, extracted_at, landed_at, payload = row
    return (*origin, extracted_at, GONE, extracted_at, landed_at, payload)


def _row(
    record: Record, tenant: Tenant, connection: str, batch: tuple[str, datetime, datetime]
) -> Row:
    batch_id, extracted_at, landed_at = batch
    payload = json.dumps(record, separators=(",", ":"))
    changed = record.get("lastChange")
    return (
        tenant.tenant_id,
        connection,
        batch_id,
        str(record["id"]),
        datetime.fromisoformat(changed[:26]) if changed else extracted_at,
        hashlib.sha256(payload.encode()).hexdigest(),
        extracted_at,
        landed_at,
        payload,
    )
