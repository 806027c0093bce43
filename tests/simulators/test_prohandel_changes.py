"""Days pass, and whoever asks for the changes gets exactly what has changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.simulators.process import Company, NotReady, Simulator
from tests.simulators.reader import Reader

ALICE = Company("alice-mode", "alice-key-1", "alice-secret-1", lines=3000, seed=31)
BOB = Company("bob-mode", "bob-key-1", "bob-secret-1", lines=200, seed=32)
WITH_CHANGES = (
    "article", "articlesize", "branch", "category", "customer", "sale", "supplier", "voucher",
)  # fmt: skip
WITHOUT_CHANGES = (
    "country", "credit", "currency", "inventory", "invoice", "label", "order", "payment", "season",
    "size", "staff",
)  # fmt: skip
DAYS = 3
LAST_MOMENT = "2025-06-30T23:59:59.9999999"
Row = dict[str, Any]
Crawl = dict[str, dict[str, Row]]


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator(ALICE) as running:
        yield running


@pytest.fixture(scope="module")
def alice(simulator: Simulator) -> Reader:
    return Reader(simulator, ALICE)


@pytest.fixture(scope="module")
def before(alice: Reader) -> Crawl:
    return _crawl(alice)


@pytest.fixture(scope="module")
def after(alice: Reader, before: Crawl) -> Crawl:
    alice.simulator.advance(days=DAYS)
    return _crawl(alice)


@pytest.mark.parametrize("entity", WITH_CHANGES)
def test_changes_are_the_rows_changed_then_or_later(
    alice: Reader, before: Crawl, entity: str
) -> None:
    moments = sorted(row["lastChange"] for row in before[entity].values())
    chosen = {moments[int(share * (len(moments) - 1))] for share in (0, 0.2, 0.5, 0.95, 1)}

    for since in sorted(chosen | {"1990-01-01T00:00:00", "2024-11-01T00:00:00", LAST_MOMENT}):
        served = [row["id"] for row in alice.rows(f"{entity}/changed/{since}")]
        expected = {i for i, row in before[entity].items() if _at(row) >= _padded(since)}
        assert len(served) == len(set(served))
        assert set(served) == expected


@pytest.mark.parametrize("entity", WITH_CHANGES)
def test_changes_hold_everything_that_became_different(
    alice: Reader, before: Crawl, after: Crawl, entity: str
) -> None:
    different = {i for i, row in after[entity].items() if before[entity].get(i) != row}

    served = alice.rows(f"{entity}/changed/{LAST_MOMENT}", size=7)

    assert {row["id"] for row in served} == different
    assert all(row == after[entity][row["id"]] for row in served)


@pytest.mark.parametrize("entity", WITH_CHANGES)
def test_old_moments_are_still_answered_exactly_days_later(
    alice: Reader, after: Crawl, entity: str
) -> None:
    for since in ("2023-09-01T12:00:00", "2025-05-05", "2025-07-01T13:00:00.5", "2025-07-02"):
        served = [row["id"] for row in alice.rows(f"{entity}/changed/{since}")]
        expected = {i for i, row in after[entity].items() if _at(row) >= _padded(since)}
        assert len(served) == len(set(served))
        assert set(served) == expected


def test_lists_without_changes_stay_as_they_are(before: Crawl, after: Crawl) -> None:
    for entity in WITHOUT_CHANGES:
        assert after[entity] == before[entity]


def test_no_row_disappears(before: Crawl, after: Crawl) -> None:
    for entity in (*WITH_CHANGES, *WITHOUT_CHANGES):
        assert set(before[entity]) <= set(after[entity])


def test_every_day_sells_something_and_takes_something_back(before: Crawl, after: Crawl) -> None:
    new = [row for i, row in after["sale"].items() if i not in before["sale"]]

    for day in ("2025-07-01", "2025-07-02", "2025-07-03"):
        quantities = {row["quantity"] for row in new if row["date"].startswith(day)}
        assert quantities == {1, -1}
    assert {row["date"][:10] for row in new} == {"2025-07-01", "2025-07-02", "2025-07-03"}


def test_what_comes_back_was_sold_before(before: Crawl, after: Crawl) -> None:
    sold = {(row["articleNumber"], row["labelPrice"]) for row in after["sale"].values()}
    new = [row for i, row in after["sale"].items() if i not in before["sale"]]
    returns = [row for row in new if row["receiptPosition"] > 500_000]

    assert len(returns) >= DAYS
    assert all((row["articleNumber"], row["labelPrice"]) in sold for row in returns)


def test_old_lines_are_restated_and_deleted(before: Crawl, after: Crawl) -> None:
    restated = [row for i, row in before["sale"].items() if after["sale"][i] != row]
    changes = [(row, after["sale"][row["id"]]) for row in restated]

    assert all(row["date"] < "2025-05-20" for row in restated)
    assert all(new["lastChange"] > LAST_MOMENT for _, new in changes)
    assert any(new["salePrice"] != row["salePrice"] for row, new in changes)
    assert any(new["isDeleted"] and not row["isDeleted"] for row, new in changes)
    assert all(
        new["salePrice"] + new["discount"] == row["salePrice"] + row["discount"]
        for row, new in changes
    )


def test_stock_moves_by_what_was_sold_and_delivered(before: Crawl, after: Crawl) -> None:
    moved = sum(
        row["stockQuantity"] - before["articlesize"][i]["stockQuantity"]
        for i, row in after["articlesize"].items()
    )
    delivered = sum(
        row["lastPurchaseDate"] > "2025-06-30T00:00:00" for row in after["articlesize"].values()
    )
    articles = {row["number"] for row in after["article"].values()}
    sold = sum(
        row["quantity"]
        for i, row in after["sale"].items()
        if i not in before["sale"] and row["articleNumber"] in articles and not row["isDeleted"]
    )

    assert moved == 10 * delivered - sold
    assert sold > 0


def test_some_articles_become_cheaper_in_every_size(before: Crawl, after: Crawl) -> None:
    cheaper = {
        row["number"]: row["price"]
        for i, row in after["article"].items()
        if row["price"] < before["article"][i]["price"]
    }

    prices = {row["articleNumber"]: row["salePrice"] for row in after["articlesize"].values()}

    assert cheaper
    assert {number: prices[number] for number in cheaper} == cheaper


def test_every_day_brings_a_customer_who_buys(before: Crawl, after: Crawl) -> None:
    new = [row for i, row in after["customer"].items() if i not in before["customer"]]
    buyers = {(row["customerNumber"], row["date"]) for row in after["sale"].values()}

    assert len(new) == DAYS
    assert {(row["number"], row["creationDate"]) for row in new} <= buyers


def test_redemptions_are_the_changed_vouchers_with_something_spent(
    alice: Reader, after: Crawl
) -> None:
    since = "2024-01-01T00:00:00"

    served = {row["id"] for row in alice.rows(f"voucher/redemption/changed/{since}")}

    spent = {i for i, row in after["voucher"].items() if row["amountRedeemed"] > 0}
    changed = {i for i, row in after["voucher"].items() if _at(row) >= _padded(since)}
    assert served == spent & changed
    assert changed - spent


def test_one_company_can_advance_alone(tmp_path: Path) -> None:
    with Simulator(ALICE, BOB, options=["--state", str(tmp_path / "state.json")]) as simulator:
        answer = simulator.advance(days=2, company="bob-mode")

        today = {name: simulator.truth(name)["today"] for name in ("alice-mode", "bob-mode")}

    assert set(answer) == {"bob-mode"}
    assert today == {"alice-mode": "2025-06-30", "bob-mode": "2025-07-02"}


def test_the_days_advanced_survive_a_restart(tmp_path: Path) -> None:
    options = ["--state", str(tmp_path / "state.json")]
    with Simulator(ALICE, BOB, options=options) as simulator:
        simulator.advance(days=2)
        simulator.advance(company="bob-mode")
        expected = [_crawl(Reader(simulator, company)) for company in (ALICE, BOB)]

    with Simulator(ALICE, BOB, options=options) as simulator:
        restarted = [_crawl(Reader(simulator, company)) for company in (ALICE, BOB)]

    assert restarted == expected


def test_the_state_file_of_other_companies_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    with Simulator(BOB, options=["--state", str(path)]) as simulator:
        simulator.advance()
    state = json.loads(path.read_text())
    state["companies"]["bob-mode"]["seed"] = 99
    path.write_text(json.dumps(state))

    with pytest.raises(NotReady, match="Start bob-mode as it was"):
        Simulator(BOB, options=["--state", str(path)])


@pytest.mark.parametrize("entity", ["sale", "articlesize"])
def test_a_crawl_that_is_overtaken_by_a_day_still_meets_every_old_row(entity: str) -> None:
    with Simulator(BOB) as simulator:
        reader = Reader(simulator, BOB)
        expected = {row["id"] for row in reader.rows(entity)}

        first = reader.get(entity, page=1, pagesize=100).json()
        simulator.advance()
        rest = [row for page in reader.pages(entity, size=100)[1:] for row in page]

    assert {row["id"] for row in [*first, *rest]} >= expected


def _crawl(reader: Reader) -> Crawl:
    entities = (*WITH_CHANGES, *WITHOUT_CHANGES)
    return {entity: {row["id"]: row for row in reader.rows(entity)} for entity in entities}


def _at(row: Row) -> str:
    return _padded(row["lastChange"])


def _padded(moment: str) -> str:
    """Seven fractional digits, so that moments compare as texts."""
    moment = moment if "T" in moment else f"{moment}T00:00:00"
    whole, _, fraction = moment.partition(".")
    assert Decimal(f"0.{fraction or 0}") < 1
    return f"{whole}.{fraction:0<7}"
