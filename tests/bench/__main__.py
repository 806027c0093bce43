"""Measure, print a table, and write build/bench.json. Names choose benchmarks; without, all."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from tests.bench import costs, extract
from tests.bench.figure import Benchmark, CannotMeasure, Figure

BENCHMARKS: tuple[Benchmark, ...] = (extract.BENCHMARK, costs.BENCHMARK)
TOLD = Path("build/bench.json")


def main() -> int:
    """0 if every bound holds."""
    names = [name for each in BENCHMARKS for name in each.names]
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("only", nargs="*", help=f"of {', '.join(names)}; or how some begin")
    wanted = parser.parse_args().only
    chosen = {each: _wanted(each, wanted) for each in BENCHMARKS}
    if not any(chosen.values()):
        parser.error(f"there is no benchmark {' '.join(wanted)}; there are {', '.join(names)}")
    try:
        figures = [
            figure for each, asked in chosen.items() if asked for figure in _told(each, asked)
        ]
    except CannotMeasure as missing:
        print(missing, file=sys.stderr)  # noqa: T201 - a program's output
        return 2
    TOLD.parent.mkdir(exist_ok=True)
    TOLD.write_text(json.dumps([figure.as_dict() for figure in figures], indent=2) + "\n")
    _print(figures)
    return 0 if all(figure.holds for figure in figures) else 1


def _wanted(benchmark: Benchmark, wanted: list[str]) -> frozenset[str]:
    """The names asked for; what is no name is how some begin, and nothing means all."""
    begins = tuple(each for each in wanted if each not in benchmark.names)
    return frozenset(
        name
        for name in benchmark.names
        if not wanted or name in wanted or (begins and name.startswith(begins))
    )


def _told(benchmark: Benchmark, asked: frozenset[str]) -> list[Figure]:
    print(f"{', '.join(sorted(asked))} …", flush=True)  # noqa: T201 - a program's output
    return benchmark.measure(asked)


def _print(figures: list[Figure]) -> None:
    width = max(len(figure.name) for figure in figures)
    for each in figures:
        verdict = "holds" if each.holds else "DOES NOT HOLD"
        bound = f"{each.keeps} {each.bound:g}"
        line = f"{each.name:{width}}  {each.value:>8g} {each.unit:3} {bound:14} {verdict:13}"
        print(f"{line}  {each.note}".rstrip())  # noqa: T201 - a program's output


sys.exit(main())
