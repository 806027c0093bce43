"""Budgets through the API: who sets them, who reads them, and what they do at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django_scopes import scopes_disabled
from pytest_django import Settings

from portal.costs.models import Budget, BudgetEvent
from portal.pipelines.models import Restraint
from portal.runs.models import Run
from tests.portal.api_cast import World, the_world
from tests.portal.api_costs_cast import API, BUDGET, NOW, TODAY, read, send, spend
from tests.portal.ledger_said import euros, ledger, line


@pytest.fixture
def world(db: None, settings: Settings, tmp_path: Path) -> Iterator[World]:
    with (
        the_world(settings, tmp_path) as world,
        scopes_disabled(),
        time_machine.travel(NOW, tick=False),
    ):
        yield world


def test_a_ledger_that_reaches_a_step_acts_at_once(world: World) -> None:
    world.ask("PUT", BUDGET, {"amount": "10"}, key=world.operator)

    send(world, ledger(line(euros(12), of=world.alster.tenant)))

    assert [each.level for each in Restraint.objects.all()] == ["PAUSED"]
    assert world.prefect.deployments["alster.alster-tills"]["paused"] is True


def test_a_tenant_reads_its_budget_and_does_not_write_it(world: World) -> None:
    spend(world, 40)
    none = read(world, "tenants/alster/budget")
    refused = [
        world.ask(method, path, {"amount": "9999", "until": TODAY, "reason": "x"})
        for method, path in (
            ("PUT", BUDGET),
            ("DELETE", BUDGET),
            ("POST", f"{BUDGET}/override"),
            ("DELETE", f"{BUDGET}/override"),
        )
    ]
    world.ask("PUT", BUDGET, {"amount": "50", "slow_at": None}, key=world.operator)

    said = read(world, "tenants/alster/budget", key=world.alster.read_only)

    assert (none["amount"], none["per_cent"], none["spent"]) == (None, None, "40.000000000")
    assert [answer.status_code for answer in refused] == [403] * 4
    assert (said["amount"], said["spent"], said["per_cent"]) == ("50.00", "40.000000000", "80.00")
    assert (said["warn_at"], said["slow_at"], said["level"]) == (75, None, "WARNED")
    assert [each["what"] for each in said["events"]] == ["LEVEL", "SET"]


def test_who_set_a_budget_is_in_the_audit(world: World) -> None:
    world.ask("PUT", BUDGET, {"amount": "50"}, key=world.operator)

    assert BudgetEvent.objects.get().who == "API key cast"


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"amount": "0"}, "amount"),
        ({"amount": "1.234"}, "amount"),
        ({"amount": "50", "warn_at": 0}, "warn_at"),
        ({"amount": "50", "warn_at": 130}, "warn_at"),
        ({"amount": "50", "tenant": "barmbek"}, "tenant"),
    ],
)
def test_a_budget_that_makes_no_sense_names_its_field(
    world: World, said: dict[str, Any], field: str
) -> None:
    answer = world.ask("PUT", BUDGET, said, key=world.operator)

    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    assert not Budget.objects.exists()


def test_an_override_lets_the_deployment_go_and_its_end_holds_it_again(world: World) -> None:
    spend(world, 130)
    world.ask("PUT", BUDGET, {"amount": "100"}, key=world.operator)
    until = (NOW + timedelta(days=1)).isoformat()
    paused = []

    for method, said in (("POST", {"until": until, "reason": "Sale."}), ("DELETE", None)):
        answer = world.ask(method, f"{BUDGET}/override", said, key=world.operator)
        assert answer.status_code in (201, 204)
        paused.append(world.prefect.deployments["alster.alster-tills"]["paused"])

    assert paused == [False, True]
    again = world.ask("DELETE", f"{BUDGET}/override", key=world.operator)
    assert again.status_code == 409


def test_removing_what_is_not_there_is_refused(world: World) -> None:
    assert world.ask("DELETE", BUDGET, key=world.operator).status_code == 409


def test_the_platforms_budget_holds_all_tenants_back(world: World) -> None:
    spend(world, 30, 100, 50)

    answer = world.ask("PUT", f"{API}/platform/budget", {"amount": "100"}, key=world.platform)

    assert (answer.json()["spent"], answer.json()["level"]) == ("180.000000000", "PAUSED")
    assert Restraint.objects.count() == 2


def test_the_platforms_override_and_the_end_of_its_budget_let_all_go(world: World) -> None:
    spend(world, 30, 100, 50)
    budget = f"{API}/platform/budget"
    world.ask("PUT", budget, {"amount": "100"}, key=world.platform)
    held = [Restraint.objects.count()]
    said = {"until": "2026-11-22T00:00:00Z", "reason": "Year's end."}

    for method, path, sent in (
        ("POST", f"{budget}/override", said),
        ("DELETE", f"{budget}/override", None),
        ("DELETE", budget, None),
    ):
        world.ask(method, path, sent, key=world.platform)
        held.append(Restraint.objects.count())

    assert held == [2, 0, 2, 0]
    assert read(world, "platform/budget", key=world.platform)["amount"] is None


def test_asking_for_a_run_of_a_paused_tenant_is_refused_with_its_sentence(world: World) -> None:
    spend(world, 130)
    world.ask("PUT", BUDGET, {"amount": "100"}, key=world.operator)

    answer = world.ask("POST", f"{world.alster.tills}/runs")

    assert answer.status_code == 409
    assert answer.json()["detail"].startswith("No runs start: costs have reached 120 %")
    assert Run.objects.filter(tenant=world.alster.tenant).count() == 1


def test_the_reconciler_closes_months_and_lets_overrides_end(world: World) -> None:
    spend(world, 130)
    spend(world, 1, day="2026-10-01")
    world.ask("PUT", BUDGET, {"amount": "100"}, key=world.operator)
    soon = (NOW + timedelta(hours=1)).isoformat()
    said = {"until": soon, "reason": "Sale."}
    world.ask("POST", f"{BUDGET}/override", said, key=world.operator)

    with time_machine.travel(NOW + timedelta(hours=2), tick=False):
        world.ask("POST", f"{API}/platform/reconcile", key=world.platform)

    assert [each.level for each in Restraint.objects.all()] == ["PAUSED"]
    assert read(world, "tenants/alster/costs/summary?month=2026-10")["is_closed"] is True
