"""What the tests of costs and budgets ask of the API, with few words."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any

from portal.costs.ledger import Ledger
from tests.portal.api_cast import World
from tests.portal.ledger_said import euros, line, take

NOW = datetime(2026, 11, 20, 5, 30, tzinfo=UTC)
TODAY = "2026-11-20"
API = "/api/v1"
BUDGET = f"{API}/tenants/alster/budget"


def body(said: Ledger) -> dict[str, Any]:
    """As the flow sends it."""
    lines = [asdict(each) for each in said.lines]
    for each in lines:
        each["tenant_code"] = str(each["tenant_code"] or "")
    return {**asdict(said), "lines": lines}


def send(world: World, said: Ledger, day: str = TODAY, engine: str = "DUCKDB", **more: Any) -> Any:
    path = f"{API}/platform/ledger/{engine}/{day}"
    return world.ask("PUT", path, {**body(said), **more}, key=world.platform)


def read(world: World, path: str, key: str | None = None) -> Any:
    answer = world.ask("GET", f"{API}/{path}", key=key)
    assert answer.status_code == 200, answer.content
    return answer.json()


def spend(world: World, *amounts: float, day: str = TODAY) -> None:
    """Of Alster, of Barmbek, and of the platform itself."""
    holders = (world.alster.tenant, world.barmbek.tenant, None)
    lines = [
        line(euros(amount), of=holder)
        for amount, holder in zip(amounts, holders, strict=False)
        if amount
    ]
    take(*lines, day=date.fromisoformat(day), at=NOW)
