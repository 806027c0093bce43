"""Reading a source into the lake and the warehouse, beside the limit program and the peers.

Every program does the same work on the same machine in the same minutes, one after the other in
each round, so that what else goes on hits them alike. A time counts once rows, ids and sums agree.
Ratios are of medians; with a peer that takes half a minute there are fewer rounds, and the table
says how many.
"""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any

import duckdb

from tests.bench import peers
from tests.bench.extract_run import warehouse_file
from tests.bench.figure import Benchmark, CannotMeasure, Figure
from tests.bench.peers import DLT_ARROW, LIMIT, SLOW, STREAMS, serving, tell
from tests.bench.process import Spent, spent_by

FOLDER = peers.BUILD / "extract"
ROUNDS = 5
# Of the full set a fifth is enough to tell programs apart; the peers take half a minute for it.
SMALL = 0.2
OURS = "ours"
OURS_SMALL = "ours_small"
CPU, WALL = "cpu_seconds", "seconds"

FULL = (
    ("extract_full_cpu", LIMIT.name, CPU, "at most", 1.35),
    ("extract_full_cpu_dlt_arrow", DLT_ARROW.name, CPU, "at least", 3.7),
    ("extract_full_cpu_dlt_rest", "dlt_rest", CPU, "at least", 9),
    ("extract_full_cpu_singer", "singer", CPU, "at least", 20),
    ("extract_full_cpu_pyairbyte", "pyairbyte", CPU, "at least", 20),
    ("extract_full_wall", LIMIT.name, WALL, "at most", 1.4),
    ("extract_full_wall_dlt_arrow", DLT_ARROW.name, WALL, "at least", 4.2),
)
LATENT = (
    ("extract_30ms_wall", LIMIT.name, WALL, "at most", 1.4),
    ("extract_30ms_wall_dlt_arrow", DLT_ARROW.name, WALL, "at least", 5.4),
)
NONE = (
    ("extract_no_change_cpu", LIMIT.name, CPU, "at most", 2),
    ("extract_no_change_cpu_dlt_arrow", DLT_ARROW.name, CPU, "at least", 2.9),
)
CHANGED = (("extract_changes_cpu", LIMIT.name, CPU, "at most", 2),)
WARM = "extract_no_change_warm"
HISTORY = "extract_changes_1m_of_200k"
MEMORY = {"extract_memory_250k": 250, "extract_memory_1270k": 1270, "extract_memory_5m": 5080}
NAMES = (
    *(name for name, *_ in (*FULL, *LATENT, *NONE, *CHANGED)),
    *(WARM, HISTORY, *MEMORY),
)
# After these every program has to have the same.
SHARED_STEPS = ("full", "none", "changed", "30 ms")
Bounds = tuple[tuple[str, str, str, Any, float], ...]


@dataclass
class Runs:
    """What every program took, by step and name, and what is odd about what it made."""

    spent: dict[tuple[str, str], list[Spent]] = field(default_factory=dict)
    odd: dict[str, str] = field(default_factory=dict)
    sums: dict[str, Decimal] = field(default_factory=dict)

    def of(self, step: str, name: str, what: str) -> float:
        values: list[float] = [getattr(each, what) for each in self.spent[step, name]]
        return median(values)

    def figures(self, step: str, bounds: Bounds, asked: frozenset[str]) -> list[Figure]:
        """Ours divided by the limit program's, or a peer's divided by ours."""
        made = []
        for name, other, what, keeps, bound in bounds:
            if name not in asked:
                continue
            ours, theirs = self.of(step, OURS, what), self.of(step, other, what)
            ratio = ours / theirs if keeps == "at most" else theirs / ours
            rounds = len(self.spent[step, other])
            note = f"{ours:.2f} s, {other} {theirs:.2f} s; medians of {ROUNDS} and {rounds}"
            odd = f"; {self.odd[other]}" if other in self.odd else ""
            made.append(Figure(name, round(ratio, 2), "x", bound, keeps, note + odd))
        return made


def measure(names: frozenset[str]) -> list[Figure]:
    FOLDER.mkdir(parents=True, exist_ok=True)
    runs, figures = Runs(), []
    small = any(name in names for name, *_ in (*FULL, *NONE, *CHANGED))
    if small or names & {WARM, "extract_memory_250k"}:
        with serving(share=SMALL) as port:
            if small:
                _compare(runs, port, names)
                figures += runs.figures("full", FULL, names)
                figures += runs.figures("none", NONE, names)
                figures += runs.figures("changed", CHANGED, names)
            figures += _alone(runs, port, names)
    if any(name in names for name, *_ in LATENT):
        with serving(share=SMALL) as port:
            tell(port, "/admin/latency?ms=30")
            for _ in range(ROUNDS):
                for name in (LIMIT.name, OURS, DLT_ARROW.name):
                    _step(runs, "30 ms", name, port, is_first=True)
        figures += runs.figures("30 ms", LATENT, names)
    if names & {HISTORY, "extract_memory_1270k"}:
        with serving() as port:
            figures += _large(runs, port, names)
    if "extract_memory_5m" in names:
        with serving(scale=4) as port:
            spent = _step(runs, "5 M", OURS, port, is_first=True)
        figures.append(_memory("extract_memory_5m", spent))
    return sorted(figures, key=lambda figure: NAMES.index(figure.name))


def _compare(runs: Runs, port: int, names: frozenset[str]) -> None:
    """Everything, nothing new, and a thousand changes, with each program in turn."""
    slow = [
        peer.name
        for peer in SLOW
        if any(peer.name == other and name in names for name, other, *_ in FULL)
    ]
    for turn in range(ROUNDS):
        for name in (LIMIT.name, OURS, DLT_ARROW.name):
            tell(port, "/admin/reset")
            _step(runs, "full", name, port, is_first=True)
            _step(runs, "none", name, port)
            tell(port, "/admin/change?n=1000&only=sale_lines")
            _step(runs, "changed", name, port)
        if turn == 0:
            for name in slow:
                tell(port, "/admin/reset")
                _step(runs, "full", name, port, is_first=True)


def _alone(runs: Runs, port: int, names: frozenset[str]) -> list[Figure]:
    """What is said of our engine alone, on the small set."""
    figures = []
    if ("full", OURS) not in runs.spent or WARM in names:
        tell(port, "/admin/reset")
        _step(runs, "full", OURS, port, is_first=True)
    if "extract_memory_250k" in names:
        most = max(runs.spent["full", OURS], key=lambda spent: spent.megabytes)
        figures.append(_memory("extract_memory_250k", most))
    if WARM in names:
        log = FOLDER / "warm.txt"
        spent_by([*_command(OURS, port), str(ROUNDS)], log=log)
        again = [
            json.loads(line) for line in log.read_text().splitlines() if line[:9] == '{"cpu_ms"'
        ]
        spent = median(each["cpu_ms"] for each in again[-ROUNDS:])
        figures.append(Figure(WARM, round(spent), "ms", 50, note=f"CPU; median of {ROUNDS}"))
    return figures


def _large(runs: Runs, port: int, names: frozenset[str]) -> list[Figure]:
    figures = []
    spent = _step(runs, "all", OURS, port, is_first=True)
    if "extract_memory_1270k" in names:
        figures.append(_memory("extract_memory_1270k", spent))
    if HISTORY in names:
        _histories(runs, port)
        small = runs.of("changed of 200 k", OURS_SMALL, CPU)
        large = runs.of("changed of 1 M", OURS, CPU)
        note = f"{large:.2f} s and {small:.2f} s; medians of {ROUNDS}"
        figures.append(Figure(HISTORY, round(large / small, 2), "x", 1.2, note=note))
    return figures


def _histories(runs: Runs, port: int) -> None:
    """A thousand changes of a million sale lines, which are there, and of a fifth, in turn."""
    with serving(share=SMALL) as small:
        _step(runs, "all of 200 k", OURS_SMALL, small, is_first=True)
        steps = (("changed of 200 k", OURS_SMALL, small), ("changed of 1 M", OURS, port))
        for _ in range(ROUNDS):
            for step, name, of in steps:
                tell(of, "/admin/change?n=1000&only=sale_lines")
                _step(runs, step, name, of)


def _memory(name: str, spent: Spent) -> Figure:
    note = f"{spent.cpu_seconds:.1f} s of CPU, {spent.seconds:.1f} s"
    return Figure(name, round(spent.megabytes), "MB", 400, note=note)


def _step(runs: Runs, step: str, name: str, port: int, *, is_first: bool = False) -> Spent:
    """Run a program once, and see that what it made is what there is to be read."""
    folder = FOLDER / name
    if is_first:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    latency = {"LIMIT_FETCH": "8"} if step == "30 ms" else {}
    spent = spent_by(_command(name, port), log=folder / "printed.txt", environment=latency)
    told = f"{step:16} {name:10} {spent.cpu_seconds:6.2f} s of CPU, {spent.seconds:6.2f} s"
    print(f"  {told}, {spent.megabytes:4.0f} MB", flush=True)  # noqa: T201 - a program's output
    runs.spent.setdefault((step, name), []).append(spent)
    _check(runs, step, name, folder, port)
    return spent


def _command(name: str, port: int) -> list[str]:
    folder = FOLDER / name
    if name in (OURS, OURS_SMALL):
        return [sys.executable, "-m", "tests.bench.extract_run", str(port), str(folder)]
    [peer] = [each for each in (LIMIT, DLT_ARROW, *SLOW) if each.name == name]
    return peer.command(port=port, folder=folder)


def _check(runs: Runs, step: str, name: str, folder: Path, port: int) -> None:
    """
    :raises CannotMeasure: if the limit program or we did other work; of a peer it is told
    """
    if name in (OURS, OURS_SMALL):
        found = _found(folder)
    else:
        [peer] = [each for each in (LIMIT, DLT_ARROW, *SLOW) if each.name == name]
        found = peer.found(folder)
    rows = {stream: found.get(stream, 0) for stream in STREAMS}
    wanted = tell(port, "/admin/change?n=0&only=nothing")["rows"]
    twice = {stream for stream in found if stream.endswith("_DUP")}
    if rows != {stream: wanted[stream] for stream in STREAMS} or twice:
        said = f"{name} has {rows['sale_lines']} of {wanted['sale_lines']} sale lines"
        if name in (OURS, OURS_SMALL, LIMIT.name, DLT_ARROW.name):
            raise CannotMeasure(f"{said}, so its times say nothing: {found}")
        runs.odd[name] = said
    total = Decimal(str(found.get("sum", 0)))
    if runs.sums.setdefault(step, total) != total and step in SHARED_STEPS:
        said = f"{name} has sales of {total}, and another program {runs.sums[step]}"
        if name in (OURS, OURS_SMALL, LIMIT.name, DLT_ARROW.name):
            raise CannotMeasure(f"{said}, so its times say nothing.")
        runs.odd[name] = said


def _found(folder: Path) -> dict[str, Any]:
    """What our warehouse shows of each record, which is its newest."""
    with duckdb.connect(str(warehouse_file(folder)), read_only=True) as db:
        db.execute("set TimeZone = 'UTC'")
        found: dict[str, Any] = {}
        for stream in STREAMS:
            view = f"raw.pos__{stream}__records"
            [(rows, ids)] = db.execute(
                f"select count(*), count(distinct record.id) from {view}"
            ).fetchall()
            found[stream] = rows
            if rows != ids:
                found[f"{stream}_DUP"] = rows - ids
        [(total,)] = db.execute(
            "select sum(record.total) from raw.pos__sale_lines__records"
        ).fetchall()
        return found | {"sum": total}


BENCHMARK = Benchmark(names=NAMES, measure=measure)
