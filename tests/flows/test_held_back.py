"""What an operator reads when numbers are held back."""

from __future__ import annotations

from typing import Any

from flows.held_back import held_back

CHECK = "test.mercurios.nothing_is_unreadable_std_sale_lines_.0123abcd"
NODE = {
    "attached_node": "model.mercurios.std_sale_lines",
    "column_name": None,
    "description": "",
    "test_metadata": {"name": "nothing_is_unreadable"},
}
STAYS = "The last good numbers stay; an operator has to look into it."


def result(node: str, status: str, *, rows: int | None = None, message: str = "") -> dict[str, Any]:
    return {"unique_id": node, "status": status, "failures": rows, "message": message}


FAILED = result(CHECK, "fail", rows=3, message="Got 3 results, configured to fail if != 0")


def test_a_failed_check_is_told_with_its_model_and_the_rows_that_failed() -> None:
    said = held_back(results=[FAILED], nodes={CHECK: NODE})

    assert said == (
        "The new numbers are held back: 3 rows of std_sale_lines failed the check"
        f" nothing_is_unreadable. {STAYS}"
    )


def test_what_the_check_says_of_itself_is_told_in_one_line() -> None:
    node = {**NODE, "description": "Correct the fields\n in the till.", "column_name": "price"}

    said = held_back(results=[FAILED], nodes={CHECK: node})

    assert said == (
        "The new numbers are held back: 3 rows of std_sale_lines (price) failed the check"
        f" nothing_is_unreadable. Correct the fields in the till. {STAYS}"
    )


def test_a_check_over_several_models_is_told_by_its_name() -> None:
    failed = result("test.mercurios.no_line_is_lost", "fail", rows=1)
    node = {"description": "", "attached_node": None}

    said = held_back(results=[failed], nodes={"test.mercurios.no_line_is_lost": node})

    assert said == f"The new numbers are held back: 1 row failed the check no_line_is_lost. {STAYS}"


def test_a_model_that_broke_is_told_before_the_checks_that_failed() -> None:
    broken = result("model.mercurios.fct_sales", "error", message="Runtime Error\n and a trace")

    said = held_back(results=[FAILED, broken], nodes={CHECK: NODE})

    assert said == (
        "The new numbers are held back: the model fct_sales could not run (Runtime Error)."
        f" 1 more failed. {STAYS}"
    )


def test_where_nothing_failed_there_is_nothing_to_say() -> None:
    warned = result(CHECK, "warn", rows=2)

    assert held_back(results=[warned, result("model.mercurios.a", "success")], nodes={}) == ""
