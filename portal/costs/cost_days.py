"""What the runs of connections cost by day, out of the ledger and the runs."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from portal.costs.ledger_days import Days, costs_by_tenant, days_by_engine
from portal.costs.run_days import OF_RUNS, CostDay, run_days, shared
from portal.tenants.selectors import tenants


def cost_days(
    *, at: datetime, back: timedelta, of: Collection[int] | None = None
) -> dict[int, list[CostDay]]:
    """What the runs of each connection cost on past days that the ledger has as a whole.

    :param of: keys of the tenants that are asked for; all of them otherwise
    """
    today = at.astimezone(UTC).date()
    since = today - back
    engines = days_by_engine(since=since, today=today)
    found = costs_by_tenant(since=since, today=today, kinds=OF_RUNS, of=of)
    costs = {
        tenant.pk: {
            day: found.get(tenant.pk, {}).get(day, 0)
            for day in engines.get(tenant.engine, Days()).whole
        }
        for tenant in tenants()
    }
    return shared(costs, run_days(begin=since, end=today, of=of))
