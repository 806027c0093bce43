"""What runs on the worker's own disk used, as rows of the ledger's inputs."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.costs.embedded import run_rows, storage_rows, write_rows

ALICE = "11111111-1111-4111-8111-111111111111"
TILLS = "22222222-2222-4222-8222-222222222222"
RUN = "33333333-3333-4333-8333-333333333333"


def run(**steps: Any) -> dict[str, Any]:
    return {
        "run": RUN,
        "tenant": ALICE,
        "connection": TILLS,
        "finished_at": "2026-03-29T01:30:00+02:00",
        "bytes_read": 1000,
        "steps": steps,
    }


def test_a_run_belongs_to_the_utc_day_on_which_it_ended() -> None:
    [row] = run_rows([run(extract={"seconds": 2.0, "cpu_seconds": 0.5})])

    ended = datetime(2026, 3, 28, 23, 30, tzinfo=UTC).replace(tzinfo=None)
    assert row == (RUN, ALICE, TILLS, ended, "extract", "", 0.5, 1000)


def test_models_share_their_steps_time_and_the_rest_stays_with_the_step() -> None:
    transform = {"seconds": 10.0, "cpu_seconds": 5.0, "models": {"fct_sales": 4.0, "dim_shops": 1}}

    rows = list(run_rows([run(transform=transform)]))

    assert [row[4:] for row in rows] == [
        ("extract", "", 0.0, 1000),
        ("transform", "dim_shops", 0.5, 0),
        ("transform", "fct_sales", 2.0, 0),
        ("transform", "", 2.5, 0),
    ]


@given(
    cpu=st.floats(0, 1e5),
    seconds=st.floats(0, 1e5),
    models=st.dictionaries(st.text(min_size=1, max_size=3), st.floats(0, 1e5), max_size=5),
)
def test_the_parts_of_a_step_sum_to_the_step(
    cpu: float, seconds: float, models: dict[str, float]
) -> None:
    said = run(transform={"seconds": seconds, "cpu_seconds": cpu, "models": models})

    parts = [row[6] for row in run_rows([said])]

    assert all(part >= 0 for part in parts)
    assert sum(parts) == pytest.approx(cpu)


@pytest.mark.parametrize("said", [None, "fast", {"cpu_seconds": "many"}, {"cpu_seconds": -3.0}])
def test_a_step_that_says_something_else_used_nothing(said: Any) -> None:
    rows = list(run_rows([run(extract=said, publish=said)]))

    assert [row[6] for row in rows] == [0.0, 0.0]


def test_what_is_written_is_read_back_with_its_types(tmp_path: Path) -> None:
    stored = storage_rows({ALICE: 7}, day=date(2026, 3, 29))

    file = write_rows("embedded_storage", stored, tmp_path / "stored.parquet")

    found = duckdb.sql(f"select * from '{file}'")
    assert found.fetchall() == [(date(2026, 3, 29), ALICE, 7)]
    assert [str(kind) for kind in found.types] == ["DATE", "VARCHAR", "BIGINT"]


def test_a_day_without_runs_is_a_file_without_rows(tmp_path: Path) -> None:
    file = write_rows("embedded_runs", [], tmp_path / "runs.parquet")

    assert duckdb.sql(f"select * from '{file}'").fetchall() == []
