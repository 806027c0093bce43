"""Budgets: what is spent of them, which step that reaches, and what is told about it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as settings_of
from hypothesis import strategies as some
from pytest_django import Settings

from portal.alerts.models import Alert
from portal.alerts.services import raise_notice, send_due
from portal.costs.budgets import apply_budgets, end_override, remove_budget
from portal.costs.models import NANOS, Budget, BudgetEvent, BudgetOverride
from portal.costs.standing import LEVELS, Standing, override_of, standing, standings
from portal.lib.errors import Refused
from portal.pipelines.models import Restraint
from portal.pipelines.selectors import restraint_of
from portal.tenants.models import Tenant
from tests.portal.budget_cast import DAY, HOUR, NOW, bound, level_of, override, spend

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("every_tenant")]


# --- Steps


@pytest.mark.parametrize(
    ("spent", "level"),
    [
        (74.99, ""),
        (75, "WARNED"),
        (89.99, "WARNED"),
        (90, "SLOWED"),
        (100, "WITHOUT_ANALYTICS"),
        (119.99, "WITHOUT_ANALYTICS"),
        (120, "PAUSED"),
        (5000, "PAUSED"),
    ],
)
def test_each_step_is_reached_at_its_share_of_the_budget(
    retailer: Tenant, spent: float, level: str
) -> None:
    bound(retailer)
    spend(retailer, spent)

    apply_budgets(at=NOW)

    assert level_of(retailer) == Budget.objects.get().level == level


def test_a_step_that_is_left_out_is_never_taken(retailer: Tenant) -> None:
    bound(retailer, slow_at=None, pause_at=None)
    spend(retailer, 95)
    apply_budgets(at=NOW)
    close = level_of(retailer)
    spend(retailer, 1000)
    apply_budgets(at=NOW)

    assert (close, level_of(retailer)) == ("WARNED", "WITHOUT_ANALYTICS")


def test_a_tenant_without_a_budget_is_never_held_back(retailer: Tenant) -> None:
    spend(retailer, 1_000_000)

    assert apply_budgets(at=NOW) == []
    assert level_of(retailer) == ""


def test_what_others_cost_is_not_counted(retailer: Tenant, other_retailer: Tenant) -> None:
    bound(retailer)
    spend(other_retailer, 1000)

    apply_budgets(at=NOW)

    assert level_of(retailer) == ""


def test_the_turn_of_the_month_lifts_every_step(retailer: Tenant) -> None:
    bound(retailer)
    spend(retailer, 1000, day=date(2026, 11, 30), at=datetime(2026, 11, 30, 23, tzinfo=UTC))
    apply_budgets(at=datetime(2026, 11, 30, 23, 59, tzinfo=UTC))
    paused = level_of(retailer)

    apply_budgets(at=datetime(2026, 12, 1, tzinfo=UTC))

    assert (paused, level_of(retailer)) == ("PAUSED", "")


def test_the_platforms_budget_holds_everybody_back(
    retailer: Tenant, other_retailer: Tenant
) -> None:
    bound(None)
    spend(None, 90)

    changed = apply_budgets(at=NOW)

    assert changed == [retailer, other_retailer]
    assert [level_of(each) for each in changed] == ["SLOWED", "SLOWED"]


def test_the_harder_of_both_budgets_holds(retailer: Tenant, other_retailer: Tenant) -> None:
    bound(None)
    bound(retailer, amount=10)
    bound(other_retailer, amount=100_000)
    spend(retailer, 95)

    apply_budgets(at=NOW)

    assert (level_of(retailer), level_of(other_retailer)) == ("PAUSED", "SLOWED")


def test_members_are_told_of_their_own_budget_and_nothing_of_what_all_cost(
    retailer: Tenant, other_retailer: Tenant
) -> None:
    bound(None, amount=12_345)
    bound(retailer)
    spend(retailer, 20_000)

    apply_budgets(at=NOW)

    own, platforms = restraint_of(retailer), restraint_of(other_retailer)
    assert own is not None
    assert platforms is not None
    assert own.reason == (
        "No runs start: costs have reached 120 % of the budget of 100.00 EUR for November 2026."
        " The operator can raise the budget, or let runs go on for a while."
    )
    assert "the platform as a whole has reached 120 % of its budget" in platforms.reason
    assert "12,345" not in platforms.reason


def test_what_lasts_keeps_when_it_began(retailer: Tenant) -> None:
    bound(retailer)
    for hours in range(3):
        spend(retailer, 130 + hours)
        apply_budgets(at=NOW + hours * HOUR)

    restraint = restraint_of(retailer)
    assert restraint is not None
    assert restraint.since == NOW


# --- Alerts and audit


def test_each_change_of_the_step_is_told_once_to_each_channel(
    retailer: Tenant, settings: Settings, mailoutbox: list[Any]
) -> None:
    settings.ALERTS = ["mailto:ops@example.com", "mailto:cfo@example.com"]
    bound(retailer)

    for spent in (80, 81, 130, 131):
        spend(retailer, spent)
        for _ in range(2):
            apply_budgets(at=NOW)
    send_due(at=NOW)

    assert [message.subject for message in mailoutbox] == [
        "Mercurios: alsterhaus-mode is close to its budget",
        "Mercurios: alsterhaus-mode is close to its budget",
        "Mercurios: alsterhaus-mode is paused by its budget",
        "Mercurios: alsterhaus-mode is paused by its budget",
    ]
    assert "Spent: 130.00 EUR of 100.00 EUR (130 %)" in mailoutbox[-1].body
    assert {alert.kind for alert in Alert.objects.all()} == {"BUDGET"}


def test_the_platforms_step_is_one_alert_however_many_it_holds_back(
    retailer: Tenant, other_retailer: Tenant, settings: Settings
) -> None:
    settings.ALERTS = ["log:"]
    bound(None)
    spend(retailer, 130)

    apply_budgets(at=NOW)

    alert = Alert.objects.get()
    assert (alert.tenant, alert.subject) == (
        None,
        "Mercurios: the platform is paused by its budget",
    )


def test_a_notice_is_told_once_under_its_name(settings: Settings, mailoutbox: list[Any]) -> None:
    settings.ALERTS = ["mailto:ops@example.com"]
    for _ in range(2):
        raise_notice(kind=Alert.Kind.REPORT, about="report:1", subject="One", text="x", at=NOW)
        send_due(at=NOW)

    assert [message.subject for message in mailoutbox] == ["One"]


def test_the_audit_says_who_did_what(retailer: Tenant) -> None:
    bound(retailer, pause_at=None)
    spend(retailer, 95)
    apply_budgets(at=NOW)
    override(retailer, NOW + DAY)
    end_override(tenant=retailer, who="olga", at=NOW + HOUR, api=None)
    remove_budget(tenant=retailer, who="olga", at=NOW + HOUR, api=None)

    found = [(each.what, each.who, each.said) for each in BudgetEvent.objects.order_by("pk")]
    assert found == [
        (
            "SET",
            "olga",
            "100.00 EUR a month; warns at 75 %, slows at 90 %, leaves analytics out at 100 %.",
        ),
        (
            "LEVEL",
            "the budget",
            "Runs start once a day at most: costs have reached 90 % of the budget of 100.00 EUR"
            " for November 2026.",
        ),
        ("OVERRIDDEN", "olga", "Lifted until 2026-11-21 12:00 UTC: The sale of the year."),
        ("OVERRIDE_ENDED", "olga", "The override has ended: the budget holds again."),
        ("REMOVED", "olga", "The budget was removed."),
    ]


# --- Overrides


def test_an_override_lifts_a_budget_until_it_ends(retailer: Tenant) -> None:
    bound(retailer)
    spend(retailer, 130)
    apply_budgets(at=NOW)

    override(retailer, NOW + DAY)
    lifted = level_of(retailer)
    apply_budgets(at=NOW + DAY - timedelta(seconds=1))
    still_lifted = level_of(retailer)
    apply_budgets(at=NOW + DAY)

    assert (lifted, still_lifted, level_of(retailer)) == ("", "", "PAUSED")
    assert BudgetEvent.objects.first().what == "OVERRIDE_ENDED"  # type: ignore[union-attr]  # it is there


def test_an_override_of_the_platform_leaves_the_budgets_of_tenants(
    retailer: Tenant, other_retailer: Tenant
) -> None:
    bound(None)
    bound(retailer)
    spend(retailer, 130)

    override(None, NOW + DAY)

    assert (level_of(retailer), level_of(other_retailer)) == ("PAUSED", "")


def test_an_override_of_a_tenant_lifts_the_platforms_budget_for_it_alone(
    retailer: Tenant, other_retailer: Tenant
) -> None:
    bound(None)
    spend(None, 130)

    override(retailer, NOW + DAY)
    apply_budgets(at=NOW)

    assert (level_of(retailer), level_of(other_retailer)) == ("", "PAUSED")


def test_a_later_override_replaces_the_earlier_one(retailer: Tenant) -> None:
    bound(retailer)
    spend(retailer, 130)
    override(retailer, NOW + 9 * DAY)

    override(retailer, NOW + DAY, at=NOW + HOUR)

    found = override_of(retailer, at=NOW + 2 * HOUR)
    assert found is not None
    assert found.until == NOW + DAY


def test_an_override_that_is_replaced_ends_with_a_line_in_the_audit(retailer: Tenant) -> None:
    override(retailer, NOW + 9 * DAY)

    override(retailer, NOW + DAY, at=NOW + HOUR)

    assert BudgetOverride.objects.filter(ended_at=None).count() == 1
    assert [(each.what, each.at) for each in BudgetEvent.objects.order_by("pk")] == [
        ("OVERRIDDEN", NOW),
        ("OVERRIDE_ENDED", NOW + HOUR),
        ("OVERRIDDEN", NOW + HOUR),
    ]


@pytest.mark.parametrize("is_platforms", [True, False])
def test_of_two_overrides_in_force_the_newest_is_shown(
    retailer: Tenant, is_platforms: bool
) -> None:
    holder = None if is_platforms else retailer
    bound(holder)
    for days in (9, 1):  # as two that came at once could leave them
        BudgetOverride.objects.create(
            tenant=holder, until=NOW + days * DAY, reason="x", who="olga", at=NOW
        )

    found = [
        override_of(holder, at=NOW),
        standing(tenant=holder, at=NOW).override,
        standings(at=NOW)[holder.pk if holder else None].override,
    ]

    assert [each.until for each in found if each] == [NOW + DAY] * 3


def test_an_override_that_is_ended_cannot_be_ended_again(retailer: Tenant) -> None:
    override(retailer, NOW + DAY)
    end_override(tenant=retailer, who="olga", at=NOW, api=None)

    with pytest.raises(Refused, match="No override of the budget of alsterhaus-mode is in force"):
        end_override(tenant=retailer, who="olga", at=NOW, api=None)


@pytest.mark.parametrize("until", [NOW, NOW - DAY, NOW + timedelta(days=63)])
def test_an_override_has_an_end_in_sight(retailer: Tenant, until: datetime) -> None:
    with pytest.raises(Refused, match="within the next 62 days"):
        override(retailer, until)


def test_an_override_says_why(retailer: Tenant) -> None:
    with pytest.raises(Refused, match="Say why"):
        override(retailer, NOW + DAY, reason="  ")


# --- Setting them


def test_removing_a_budget_lets_runs_go_on(retailer: Tenant) -> None:
    bound(retailer)
    spend(retailer, 130)
    apply_budgets(at=NOW)

    remove_budget(tenant=retailer, who="olga", at=NOW, api=None)

    assert not Restraint.objects.exists()
    with pytest.raises(Refused, match="There is no budget of alsterhaus-mode"):
        remove_budget(tenant=retailer, who="olga", at=NOW, api=None)


def test_raising_a_budget_acts_at_once(retailer: Tenant) -> None:
    bound(retailer)
    spend(retailer, 130)
    apply_budgets(at=NOW)

    bound(retailer, amount=160)

    assert level_of(retailer) == "WARNED"
    assert Budget.objects.count() == 1


@pytest.mark.parametrize(
    "steps",
    [{"amount": 0}, {"amount": -5}, {"warn_at": 0}, {"pause_at": 1001}, {"slow_at": 60}],
)
def test_a_budget_that_makes_no_sense_is_refused(retailer: Tenant, steps: dict[str, int]) -> None:
    with pytest.raises(Refused):
        bound(retailer, **steps)  # type: ignore[arg-type]  # no step is a moment

    assert not Budget.objects.exists()


STEP = some.none() | some.integers(1, 200)


@settings_of(deadline=None)
@given(
    steps=some.tuples(STEP, STEP, STEP, STEP),
    less=some.integers(0, 300 * NANOS),
    more=some.integers(0, 300 * NANOS),
)
def test_who_spends_more_is_never_held_back_less(
    steps: tuple[int | None, ...], less: int, more: int
) -> None:
    budget = Budget(amount=Decimal(100))
    rising = iter(sorted(each for each in steps if each is not None))
    named = [None if each is None else next(rising) for each in steps]
    budget.warn_at, budget.slow_at, budget.skip_analytics_at, budget.pause_at = named

    levels = [Standing(budget, spent, 0, None).level for spent in (less, less + more)]

    assert LEVELS.index(levels[0]) <= LEVELS.index(levels[1])
    assert levels[1] == "" or levels[1] in dict(zip(LEVELS[1:], named, strict=True))
