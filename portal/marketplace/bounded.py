"""Runs what an upload must not run in the portal's process: with little time, memory and no files.

The child has none of the portal's secrets: its environment is empty but for the way to our code.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flows.connectors.spec import Connector
from portal.lib.errors import Refused

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 30
# Limits of the child: seconds of processor, bytes of memory, no file that grows, few open ones.
LIMITED = """
import resource as r, runpy, sys
r.setrlimit(r.RLIMIT_CPU, (8, 9))
r.setrlimit(r.RLIMIT_AS, (1 << 30, 1 << 30))
r.setrlimit(r.RLIMIT_FSIZE, (0, 0))
r.setrlimit(r.RLIMIT_NOFILE, (64, 64))
r.setrlimit(r.RLIMIT_CORE, (0, 0))
sys.argv = ["inspecting", sys.argv[1]]
runpy.run_module("portal.marketplace.inspecting", run_name="__main__")
"""


def inspect_upload(content: bytes) -> dict[str, Any]:
    """What an upload holds: name, title, and the texts of its files.

    :raises Refused: with the first thing to correct, or if it takes too long to be looked at
    """
    found: dict[str, Any] = _run("upload", content, field="file")
    return found


def check_values_in_time(connector: Connector, values: Mapping[str, str]) -> None:
    """Try an uploaded connector's patterns on what was typed in, where a bad one hurts nobody.

    What ends here in time does so again in the portal's own process and in a flow run.

    :raises Refused: if one of them does not
    """
    fields = {name: field.model_dump(mode="json") for name, field in connector.credentials.items()}
    asked = {"fields": fields, "values": dict(values)}
    _run("values", json.dumps(asked).encode(), field=None)


def _run(task: str, content: bytes, *, field: str | None) -> Any:
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and program
            [sys.executable, "-P", "-B", "-c", LIMITED, task],
            input=content,
            env={"PYTHONPATH": str(ROOT), "PATH": "", "PYTHONUTF8": "1"},
            cwd="/",
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise _too_much(field) from error
    if done.returncode != 0:
        raise _too_much(field)
    answer = json.loads(done.stdout)
    if "problem" in answer:
        raise Refused(answer["problem"], field=field)
    return answer["found"]


def _too_much(field: str | None) -> Refused:
    return Refused(
        "The connector cannot be looked at within the limits: it takes too long or too much memory."
        " Make it smaller, and its patterns simpler.",
        field=field,
    )
