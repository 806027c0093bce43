from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.figure import Figure
from tests.bench.process import ProgramFailed, spent_by


@pytest.mark.parametrize(("value", "holds"), [(1.34, True), (1.35, True), (1.36, False)])
def test_what_may_be_no_larger_holds_up_to_its_bound(value: float, holds: bool) -> None:
    figure = Figure("ours_of_limit", value, "x", 1.35)

    assert figure.holds is holds
    assert figure.as_dict()["keeps"] == "at most"


@pytest.mark.parametrize(("value", "holds"), [(3.69, False), (3.7, True), (9, True)])
def test_what_may_be_no_smaller_holds_from_its_bound_on(value: float, holds: bool) -> None:
    figure = Figure("peer_of_ours", value, "x", 3.7, keeps="at least")

    assert figure.holds is holds
    assert figure.as_dict()["holds"] is holds


def test_the_work_of_children_counts(tmp_path: Path) -> None:
    burn = "python3 -c 'x = sum(range(6_000_000))'"

    spent = spent_by(["bash", "-c", f"{burn}; {burn}"], log=tmp_path / "log")

    assert spent.cpu_seconds > 0.05
    assert spent.megabytes > 1


def test_a_program_that_fails_is_no_measurement(tmp_path: Path) -> None:
    with pytest.raises(ProgramFailed, match="no such port"):
        spent_by(["bash", "-c", "echo no such port; exit 3"], log=tmp_path / "log")
