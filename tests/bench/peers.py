"""The programs that we are measured against, the server that all read from, and what they need.

They are not part of this repository: `../shared/bench` has them. What they run in is made under
`build/bench` when it is missing; BENCH_VENVS and BENCH_DATA name other folders.
"""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.figure import CannotMeasure

SHARED = Path("../shared/bench").resolve()
BUILD = Path("build/bench").resolve()
VENVS = Path(os.environ.get("BENCH_VENVS", BUILD / "venvs"))
DATA = Path(os.environ.get("BENCH_DATA", BUILD / "data"))
STREAMS = ("sale_lines", "inventory", "articles", "customers")
NEEDS = {
    "core": (
        *("duckdb==2.0.0", "msgspec==0.22.0", "orjson==3.13.0", "uvloop==0.23.0"),
        *("numpy", "pandas==3.1.1", "requests==2.34.2"),
    ),
    "dlt": ("dlt[duckdb,parquet]==1.31.0", "duckdb==2.0.0", "orjson==3.13.0", "pyarrow==26.0.1"),
    "airbyte": ("airbyte==0.71.3",),
    "singer2": ("singer-sdk==0.54.9", "orjson==3.13.0", "msgspec==0.22.0", "requests"),
    "target-duckdb": ("target-duckdb==0.8.0", "duckdb<2"),
}
SINGER = """
set -eo pipefail
echo '{{"port": "{port}"}}' > {folder}/tap.json
echo '{{"filepath": "{folder}/out.duckdb", "path": "{folder}/out.duckdb",
    "default_target_schema": "raw", "batch_size_rows": 100000, "temp_dir": "{folder}",
    "data_flattening_max_level": 0, "add_metadata_columns": false}}' > {folder}/target.json
{tap} {script} --config {folder}/tap.json | {target} --config {folder}/target.json > /dev/null
"""


@dataclass(frozen=True)
class Peer:
    """
    :param checked_by: the environment whose DuckDB wrote the file
    """

    name: str
    checked_by: str = "core"

    def command(self, *, port: int, folder: Path) -> list[str]:
        """One run: everything if the folder is empty, what changed if it is not."""
        script = SHARED / "peers" / f"{self.name}.py"
        match self.name:
            case "singer":
                text = SINGER.format(
                    port=port,
                    folder=folder,
                    script=SHARED / "peers" / "tap_pos.py",
                    tap=python("singer2"),
                    target=python("target-duckdb").with_name("target-duckdb"),
                )
                return ["bash", "-c", text]
            case "pyairbyte":
                return [str(python("airbyte")), str(script), str(port), str(folder)]
            case "dlt_arrow" | "dlt_rest":
                return [str(python("dlt")), str(script), str(port), str(folder)]
        return [str(python("core")), str(script), str(port), str(folder)]

    def found(self, folder: Path) -> dict[str, Any]:
        """Rows, ids that are there twice, and the sum of all sales."""
        check = [str(python(self.checked_by)), str(SHARED / "verify.py")]
        told = subprocess.run(
            [*check, str(folder / "out.duckdb")], capture_output=True, check=True
        ).stdout
        return {name: value for name, value in json.loads(told).items() if name != "types"}


LIMIT = Peer("limit")
DLT_ARROW = Peer("dlt_arrow")
SLOW = (
    Peer("dlt_rest"),
    Peer("singer", checked_by="target-duckdb"),
    Peer("pyairbyte", checked_by="airbyte"),
)


def python(venv: str) -> Path:
    """The interpreter of an environment, which is made if need be.

    :raises CannotMeasure: if it cannot be made
    """
    found = VENVS / venv / "bin" / "python"
    marker = VENVS / venv / "made"
    if found.exists() and (marker.exists() or "BENCH_VENVS" in os.environ):
        return found
    print(f"  making {VENVS / venv}", flush=True)  # noqa: T201 - a program's output
    for command in (
        [sys.executable, "-m", "venv", str(VENVS / venv)],
        [str(found), "-m", "pip", "install", "-q", *NEEDS[venv]],
    ):
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        if made.returncode != 0:
            raise CannotMeasure(
                f"The environment {venv} of the peers cannot be made: {made.stderr[-300:].strip()}"
            )
    marker.touch()
    return found


def data(*, scale: float = 1.0) -> Path:
    """The folder of the data set, which is made if need be: a minute, half a gigabyte.

    :raises CannotMeasure: if what makes it is not there
    """
    if not (SHARED / "pos_server.py").exists():
        raise CannotMeasure(
            f"The server, the limit program and the peers are not in {SHARED}. Check out `shared`"
            " beside this repository."
        )
    folder = DATA if scale == 1 else DATA.with_name(f"{DATA.name}_{scale:g}")
    if not (folder / "inventory.ts.npy").exists():
        print(f"  making {folder}", flush=True)  # noqa: T201 - a program's output
        folder.mkdir(parents=True, exist_ok=True)
        make = [str(python("core")), str(SHARED / "gen_data.py")]
        subprocess.run([*make, "--out", str(folder), "--scale", str(scale)], check=True)
    return folder


@contextmanager
def serving(*, share: float = 1.0, scale: float = 1.0) -> Iterator[int]:
    """A server of a share of the data; gives its port."""
    folder = data(scale=scale)
    port = _free_port()
    serve = [str(python("core")), str(SHARED / "pos_server.py"), "--port", str(port)]
    with subprocess.Popen(
        [*serve, "--data", str(folder), "--scale", str(share)],
        stdout=subprocess.PIPE,
        cwd=SHARED,
    ) as server:
        try:
            assert server.stdout is not None
            assert server.stdout.readline().startswith(b"ready"), "The server did not start"
            yield port
        finally:
            server.terminate()


def tell(port: int, path: str) -> dict[str, Any]:
    """Ask the server for something: /admin/reset, /admin/latency?ms=30 or /admin/change?n=1000."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("POST", path)
    answered: dict[str, Any] = json.loads(connection.getresponse().read())
    connection.close()
    time.sleep(0.05)
    return answered


def _free_port() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port
