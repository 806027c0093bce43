"""Asking for something to be done with Snowflake, and writing down what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction

from portal.lib.errors import Refused
from portal.pipelines.foundations import platform_deployment
from portal.pipelines.prefect import PrefectApi, PrefectRefused, PrefectUnavailable
from portal.warehouses.models import COMPARING, ON_REQUEST, THE_ONE, AccountState, WarehouseAction

FLOW, DEPLOYMENT = "snowflake", "on-request"
MOST_CHARACTERS = 20_000

Outcome = WarehouseAction.Outcome


@dataclass(frozen=True)
class Report:
    """What was done, as whoever did it tells.

    :param text: sentences, one a line
    :param differences: how many steps are left until the account agrees, where that was found out
    :param warehouses: as `AccountState` keeps them, where they were looked at
    """

    action: str
    text: str
    has_failed: bool = False
    flow_run_id: UUID | None = None
    differences: int | None = None
    warehouses: list[dict[str, Any]] | None = None


@dataclass(frozen=True)
class Wish:
    """`code` makes it one wish, however often it is sent."""

    action: str
    who: str
    code: UUID = field(default_factory=uuid4)


def ask(wish: Wish, *, api: PrefectApi, at: datetime) -> WarehouseAction:
    """Have a worker do it. If Prefect does not start it, the row says so.

    :raises Refused: if there is no such action, or the code was used for another one
    """
    if wish.action not in ON_REQUEST:
        raise Refused(f"There is no action {wish.action[:40]!r}.", field="action")
    row, is_new = WarehouseAction.objects.get_or_create(
        code=wish.code, defaults={"action": wish.action, "who": wish.who[:160], "at": at}
    )
    if row.action != wish.action:
        raise Refused("This confirmation was used for something else. Open the page again.")
    if is_new:
        _start(row, api=api, at=at)
        row.refresh_from_db()
    return row


def _start(row: WarehouseAction, *, api: PrefectApi, at: datetime) -> None:
    try:
        flow_run_id = api.create_flow_run(
            deployment_id=platform_deployment(api, flow=FLOW, name=DEPLOYMENT),
            idempotency_key=str(row.code),
            parameters={"action": row.action, "request": str(row.code)},
        )
    except (PrefectUnavailable, PrefectRefused) as error:
        end(row, outcome=Outcome.NOT_STARTED, report=str(error), at=at)
    else:
        # Not `save`: the worker may have reported already.
        WarehouseAction.objects.filter(pk=row.pk).update(flow_run_id=UUID(flow_run_id))


def refuse(wish: Wish, *, why: str, at: datetime) -> WarehouseAction:
    """Write down that somebody tried what they may not do."""
    return WarehouseAction.objects.create(
        action=wish.action[:40],
        who=wish.who[:160],
        at=at,
        outcome=Outcome.REFUSED,
        report=why,
        ended_at=at,
    )


def begin(wish: Wish, *, at: datetime) -> WarehouseAction:
    """Write down that somebody does it themselves, at a command line."""
    return WarehouseAction.objects.create(
        code=wish.code, action=wish.action, who=wish.who[:160], at=at
    )


def end(row: WarehouseAction, *, outcome: str, report: str, at: datetime) -> WarehouseAction:
    """Write down how it ended. The first word stands, unless it was that nothing had started."""
    with transaction.atomic():
        row = WarehouseAction.objects.select_for_update().get(pk=row.pk)
        if row.outcome in {Outcome.REQUESTED, Outcome.NOT_STARTED}:
            row.outcome, row.report, row.ended_at = outcome, report[:MOST_CHARACTERS], at
            row.save(update_fields=["outcome", "report", "ended_at"])
    return row


def take_report(report: Report, *, row: WarehouseAction | None, at: datetime) -> None:
    """
    :param row: of the wish that it answers; none if the schedule did it
    """
    if row is not None:
        outcome = Outcome.FAILED if report.has_failed else Outcome.COMPLETED
        end(row, outcome=outcome, report=report.text, at=at)
    seen: dict[str, Any] = {}
    if report.action in COMPARING:
        seen["problem"] = report.text[:MOST_CHARACTERS] if report.has_failed else ""
    if report.differences is not None:
        seen |= {
            "differences": report.differences,
            "compared_text": report.text[:MOST_CHARACTERS],
            "compared_at": at,
            "compared_in": report.flow_run_id,
        }
    if report.warehouses is not None:
        seen |= {"warehouses": report.warehouses, "seen_at": at}
    if seen:
        AccountState.objects.update_or_create(pk=THE_ONE, defaults=seen)
