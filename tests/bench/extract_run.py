"""Our engine as a program: `python -m tests.bench.extract_run PORT FOLDER` is one run.

It is everything that a run does before its models are built, but for what Prefect and the portal
do: pages are read, land in the lake as they came and in the warehouse as columns, and are accounted
for. A second run in the same folder reads what changed.
"""

from __future__ import annotations

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import repeat
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from flows.connectors.document import read_document
from flows.connectors.reader import Reader
from flows.connectors.spec import Connector, parse_connector
from flows.extract import Privacy
from flows.lake.local import LocalLake
from flows.land import AT_ONCE, land, prepare, write_down
from flows.portal import Connection, Job, Tenant
from flows.report import StreamReport
from flows.session import Session, now
from flows.warehouse.duckdb import DuckDBWarehouses

FILE = Path(__file__).parent / "pos" / "connector.yaml"
TENANT = Tenant(
    code="a11ce000-0000-4000-8000-000000000001",
    slug="alice-mode",
    name="Alice Mode",
    time_zone="Europe/Berlin",
    currency="EUR",
    country="DE",
    engine="DUCKDB",
)
TILLS = "0c000000-0000-4000-8000-000000000001"


def warehouse_file(folder: Path) -> Path:
    return folder / "warehouses" / TENANT.code / "warehouse.duckdb"


def run(*, port: int, folder: Path) -> list[StreamReport]:
    connector = pos()
    with Reader(
        connector,
        {
            "address": f"http://127.0.0.1:{port}",
            "client_id": "till",
            "client_secret": "till",
        },
        allow_private=True,
        time_zone=TENANT.zone,
        clock=now,
    ) as reader:
        session = _session(connector, reader, folder)
        prepare(session, tables=[f"pos__{stream}" for stream in connector.streams])
        with ThreadPoolExecutor(AT_ONCE) as streams:
            reports = [*streams.map(land, connector.streams, repeat(session))]
        write_down(session)
        return reports


@cache
def pos() -> Connector:
    """Read once in a process, as those of the catalogue are."""
    return parse_connector(name="pos", document=read_document(FILE))


def _session(connector: Connector, reader: Reader, folder: Path) -> Session:
    """What landing needs of a session, without a portal that gives the job and its secrets."""
    connection = Connection(
        code=TILLS,
        name="Tills",
        connector="pos",
        streams=list(connector.streams),
        full_read_streams=[],
        history_from=None,
        kept_personal_fields={},
    )

    def stream_folder(stream: str) -> Path:
        made = folder / "work" / stream
        made.mkdir(parents=True, exist_ok=True)
        return made

    parts: Any = SimpleNamespace(
        job=Job(run="run", fence=1, tenant=TENANT, connection=connection),
        connector=connector,
        reader=reader,
        lake=LocalLake(folder / "lake"),
        warehouses=DuckDBWarehouses(folder / "warehouses"),
        learned={},
        known=None,
        unchanged=[],
        stream=connector.streams.__getitem__,
        stream_folder=stream_folder,
        privacy=lambda _: Privacy(kept=frozenset(), pseudonym_key=b"k" * 32),
    )
    return cast("Session", parts)


def main() -> None:
    """A number after the folder says how often to run again in the same process."""
    port, folder, *again = sys.argv[1:]
    for report in run(port=int(port), folder=Path(folder)):
        print(report.for_table())  # noqa: T201 - a program's output
    for _ in range(int(again[0]) if again else 0):
        before = time.process_time()
        run(port=int(port), folder=Path(folder))
        took = json.dumps({"cpu_ms": (time.process_time() - before) * 1000})
        print(took, flush=True)  # noqa: T201 - a program's output


if __name__ == "__main__":
    main()
