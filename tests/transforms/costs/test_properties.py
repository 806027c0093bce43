"""What holds of every account, whatever happened in it. The data tests run on each of them, too."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.transforms.costs.account import (
    ALICE,
    ANALYTICS,
    BOB,
    CHARLIE,
    DAY,
    LOADING,
    NANOS,
    PLATFORM,
    Account,
    at,
    tag,
)
from tests.transforms.costs.recipe import Recipe

MINUTES = 2 * 24 * 60
BEGIN = at("00:00")
TOMORROW = DAY + timedelta(days=1)
SOMETIMES = settings(
    max_examples=examples(25),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
SELDOM = settings(SOMETIMES, max_examples=examples(12))

nanos = st.integers(0, 3 * NANOS)
credits = nanos.map(lambda each: Decimal(each) / NANOS)
queries = st.fixed_dictionaries(
    {
        "minute": st.integers(0, MINUTES - 1),
        "seconds": st.sampled_from([0, 0.001, 7, 60, 3600, 5400, 100_000]),
        "whose": st.sampled_from([tag(ALICE), tag(BOB), tag(CHARLIE), tag(s="costs"), "", None]),
        "credits": st.none() | st.integers(0, NANOS).map(lambda each: each / NANOS),
        "warehouse": st.sampled_from([LOADING, LOADING, ANALYTICS, None]),
        "query_type": st.sampled_from(["SELECT", "SELECT", "CALL"]),
        "credits_used_cloud_services": st.sampled_from([None, 0.0, 0.001, 0.3]),
        "queued_overload_time": st.sampled_from([0, 0, 5000]),
    }
)
hours = st.dictionaries(
    st.tuples(st.integers(0, 47), st.sampled_from([LOADING, ANALYTICS])),
    st.tuples(credits, credits),
    max_size=6,
)
bills = st.dictionaries(
    st.tuples(st.sampled_from([DAY, TOMORROW]), st.sampled_from(["WAREHOUSE_METERING", "PIPE"])),
    st.tuples(credits, credits, credits),
    max_size=3,
)


@st.composite
def accounts(draw: st.DrawFn) -> Account:
    account = Account(last=TOMORROW, suspend_seconds=draw(st.sampled_from([60, 600])))
    asked: list[dict[str, Any]] = draw(st.lists(queries, max_size=7))
    for place, query in enumerate(asked):
        _ask(account, f"q{place}", **query)
    for (hour, warehouse), (compute, cloud) in draw(hours).items():
        begin = BEGIN + timedelta(hours=hour)
        account.hour(begin, str(compute), warehouse=warehouse, cloud=str(cloud))
    for (day, service), (billed, cloud, free) in draw(bills).items():
        account.bill(str(billed), service=service, cloud=str(cloud), free=str(free), day=day)
    if draw(st.booleans()):
        account.rate(str(draw(st.decimals("0.000000000001", 9, places=12))))
    return account


@SOMETIMES
@given(account=accounts())
def test_lines_sum_to_the_bill_and_hours_to_their_compute(account: Account, recipe: Recipe) -> None:
    ledger = account.ledger(recipe)

    key = "engine, day, service_type, unit"
    summed = f"select {key}, sum(nanos), sum(amount_nanos) from costs.cost_lines group by all"
    billed = f"select {key}, nanos, amount_nanos from costs.cost_bill where nanos <> 0"
    lines = {row[:4]: row[4:] for row in ledger.rows(summed)}
    bill = {row[:4]: row[4:] for row in ledger.rows(billed)}
    assert {each: sums for each, sums in lines.items() if sums != (0, 0)} == bill
    of_hours = "select compute_nanos - direct_nanos - idle_nanos - overlap_nanos"
    assert set(ledger.rows(f"{of_hours} from costs.cost_warehouse_hours")) <= {(0,)}
    told = {(row["usage_date"], row["service_type"]): row for row in _billed(account)}
    for (_, day, service, _), (quantity, _) in bill.items():
        if (day, service) in told:
            assert quantity == told[day, service]["credits_billed"] * NANOS


@SOMETIMES
@given(account=accounts())
def test_every_query_counts_once(account: Account, recipe: Recipe) -> None:
    account.last = DAY + timedelta(days=9)  # all of what any of them used
    ledger = account.ledger(recipe)

    told: dict[str, int] = dict(
        ledger.rows("select query_id, sum(direct_nanos) from costs.cost_queries group by all")
    )
    assert told == _own_costs(account)
    direct = "select sum(nanos) from costs.cost_lines where kind = 'DIRECT'"
    assert (ledger.one(direct) or 0) == sum(told.values())


@SELDOM
@given(account=accounts(), query=queries, seconds=st.integers(1, 4000))
def test_what_one_uses_does_not_lower_what_another_used(
    account: Account, query: dict[str, Any], seconds: int, recipe: Recipe
) -> None:
    more = deepcopy(account)
    _ask(more, "new", **{**query, "whose": tag(BOB)})
    longer = deepcopy(account)
    _ask(longer, "new", **{**query, "whose": tag(BOB), "seconds": query["seconds"] + seconds})

    before, after, at_last = (_direct(each, recipe) for each in (account, more, longer))

    assert {**after, "bob": 0} == {**before, "bob": 0}
    assert {**at_last, "bob": 0} == {**before, "bob": 0}
    assert before.get("bob", 0) <= after.get("bob", 0) <= at_last.get("bob", 0)


@SELDOM
@given(account=accounts())
def test_nobody_gets_back_more_than_was_used(account: Account, recipe: Recipe) -> None:
    least = account.ledger(recipe).rows(
        "select holder, tenant_code, warehouse, is_inferred, sum(nanos) from costs.cost_lines"
        " where kind in ('DIRECT', 'OVERLAP') group by all having sum(nanos) < 0"
    )

    assert least == []


@SELDOM
@given(account=accounts())
def test_an_amount_is_on_the_side_of_its_quantity(account: Account, recipe: Recipe) -> None:
    rows = account.ledger(recipe).rows(
        "select kind, holder, nanos, amount_nanos from costs.cost_details"
        " where sign(amount_nanos) not in (0, sign(nanos))"
    )

    assert rows == []


def _ask(account: Account, query_id: str, *, minute: int, seconds: float, **columns: Any) -> None:
    account.query(query_id, BEGIN + timedelta(minutes=minute), seconds, **columns)


def _billed(account: Account) -> list[dict[str, Any]]:
    return account.rows.get("metering_daily_history", [])


def _direct(account: Account, recipe: Recipe) -> dict[str, int]:
    account.last = DAY + timedelta(days=9)
    found = account.ledger(recipe).rows(
        "select tenant_code, holder, sum(nanos) from costs.cost_lines where kind = 'DIRECT'"
        " group by all"
    )
    names = {BOB: "bob", PLATFORM: "platform"}
    return {str(names.get(code, code or holder)): total for code, holder, total in found}


def _own_costs(account: Account) -> dict[str, int]:
    """What each query used, told from its own rows as the ledger's rule has it."""
    attributed = {
        row["query_id"]: round(row["credits_attributed_compute"] * NANOS)
        for row in account.rows.get("query_attribution_history", [])
    }
    return {
        row["query_id"]: attributed.get(row["query_id"], _inferred(row))
        for row in account.rows.get("query_history", [])
    }


def _inferred(row: dict[str, Any]) -> int:
    if row["query_type"] == "CALL" or row["warehouse_id"] is None:
        return 0
    waited = timedelta(milliseconds=row["queued_overload_time"])
    length = max(row["end_time"] - row["start_time"] - waited, timedelta())
    milliseconds: int = length // timedelta(milliseconds=1)
    return (milliseconds * 2 * 2500 + 9) // 18
