"""Every connector that we bring keeps every promise of the kit, by being there.

Its source is simulated from its own folder: what is checked is that the folder says something that
can be read, whole and safely, whatever the source does. Whether the vendor's source is like that
is for its page in docs/connectors, and for `manage.py connector try`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

import flows.connectors
from flows.connectors.catalog import connectors
from flows.connectors.kit.bench import Bench
from flows.connectors.kit.conformance import OF_CONNECTORS, OF_STREAMS
from flows.connectors.kit.findings import Check, Outcome
from flows.connectors.kit.folder import Folder, read_folder

OURS = Path(flows.connectors.__file__).parent
NAMES = sorted(connectors())
CHECKS = [
    pytest.param(name, check, stream, id=f"{name} {stream} {check.name}")
    for name in NAMES
    for check in (*OF_CONNECTORS, *OF_STREAMS)
    for stream in (connectors()[name].streams if check.of_streams else [""])
]


@cache
def folder_of(name: str) -> Folder:
    return read_folder(OURS / name)


@pytest.mark.parametrize(("name", "check", "stream"), CHECKS)
def test_a_promise_is_kept(
    name: str, check: Check, stream: str, bench_of: Callable[[Folder], Bench]
) -> None:
    finding = check.found(bench_of(folder_of(name)), stream)

    assert finding.outcome is not Outcome.FAILED, finding.sentence


@pytest.mark.parametrize("name", NAMES)
def test_a_connector_has_samples_of_every_stream_and_a_page(name: str) -> None:
    folder = folder_of(name)

    assert all(folder.samples[stream] for stream in folder.connector.streams)
    assert (OURS.parents[1] / "docs" / "connectors" / f"{name}.md").is_file()


@pytest.mark.parametrize("name", NAMES)
def test_ten_streams_are_said_in_eighty_lines_at_most(name: str) -> None:
    folder = folder_of(name)
    lines = folder.text.splitlines()

    assert len(of_streams(lines)) <= 80 * -(-len(folder.connector.streams) // 10)
    assert not [line for line in lines if len(line) > 120]


def of_streams(lines: list[str]) -> list[str]:
    """What is said of streams and their defaults, without blank lines and comments."""
    section, found = "", []
    for line in lines:
        if line[:1].isalpha():
            section = line.partition(":")[0]
        if section in ("defaults", "streams") and line.strip() and line.strip()[0] != "#":
            found.append(line)
    return found
