"""Measure, print a table, and write build/bench.json. Names choose benchmarks; without, all."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from tests.bench import costs
from tests.bench.figure import Benchmark, Figure

BENCHMARKS: tuple[Benchmark, ...] = (costs.BENCHMARK,)
TOLD = Path("build/bench.json")


def main() -> int:
    """0 if every bound holds."""
    names = [name for each in BENCHMARKS for name in each.names]
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("only", nargs="*", help=f"of {', '.join(names)}; or how some begin")
    wanted = parser.parse_args().only
    figures = [figure for each in BENCHMARKS if _is_wanted(each, wanted) for figure in _told(each)]
    if not figures:
        parser.error(f"there is no benchmark {' '.join(wanted)}; there are {', '.join(names)}")
    TOLD.parent.mkdir(exist_ok=True)
    TOLD.write_text(json.dumps([figure.as_dict() for figure in figures], indent=2) + "\n")
    _print(figures)
    return 0 if all(figure.holds for figure in figures) else 1


def _is_wanted(benchmark: Benchmark, wanted: list[str]) -> bool:
    return not wanted or any(name.startswith(begin) for name in benchmark.names for begin in wanted)


def _told(benchmark: Benchmark) -> list[Figure]:
    print(f"{', '.join(benchmark.names)} …", flush=True)  # noqa: T201 - a program's output
    return benchmark.measure()


def _print(figures: list[Figure]) -> None:
    width = max(len(figure.name) for figure in figures)
    for each in figures:
        verdict = "holds" if each.holds else "DOES NOT HOLD"
        print(f"{each.name:{width}}  {each.value:>8g} {each.unit:3} of {each.bound:g}  {verdict}")  # noqa: T201 - a program's output


sys.exit(main())
