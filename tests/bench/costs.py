"""The ledger of a month of ten million queries: how long it takes, and how much memory."""

from __future__ import annotations

import sys
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from statistics import median

from flows.costs.days import Prices
from flows.costs.ledger import build_ledger
from tests.bench import usage
from tests.bench.figure import Benchmark, Figure
from tests.bench.process import spent_by

FOLDER = Path("build/bench/costs")
NAMES = ("costs_10m_seconds", "costs_10m_memory")
RUNS = 3


def measure(names: frozenset[str]) -> list[Figure]:
    """Three ledgers of the same month. What dbt knows of its project is kept, as in production."""
    usage.write_usage(FOLDER / "usage")
    spent = []
    for _ in range(RUNS):
        program = [sys.executable, "-m", "tests.bench.costs"]
        spent.append(spent_by(program, log=FOLDER / "printed.txt"))
        print(f"  {spent[-1].seconds:.1f} s, {spent[-1].cpu_seconds:.1f} s of CPU,", end=" ")  # noqa: T201 - a program's output
        print(f"{spent[-1].megabytes:.0f} MB", flush=True)  # noqa: T201 - a program's output
    figures = [
        Figure(NAMES[0], round(median(each.seconds for each in spent), 1), "s", 60),
        Figure(NAMES[1], round(max(each.megabytes for each in spent)), "MB", 1000),
    ]
    return [figure for figure in figures if figure.name in names]


BENCHMARK = Benchmark(names=NAMES, measure=measure)


def build() -> None:
    ledgers = build_ledger(
        inputs=usage.write_usage(FOLDER / "usage"),
        tenants=[],
        prices=Prices("EUR", *map(Decimal, ("3", "23", "0.05", "0.01", "0.02"))),
        first=usage.FIRST,
        last=usage.FIRST + timedelta(days=usage.DAYS - 1),
        folder=FOLDER / "ledger",
    )
    assert len(ledgers) == usage.DAYS
    assert all(ledger.is_billed for ledger in ledgers)


if __name__ == "__main__":
    build()
