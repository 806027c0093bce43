"""Budgets in the admin: where each stands, how it is set, who lifted it, and the audit."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from portal.costs.admin_door import (
    SEES_BUDGETS,
    answer,
    costs_page,
    currency_of,
    posting_page,
    tabs,
)
from portal.costs.budgets import end_override, override_budget, remove_budget, set_budget
from portal.costs.forms import BudgetForm, OverrideForm, limits_of
from portal.costs.models import Budget, BudgetEvent
from portal.costs.shown import moment_text
from portal.costs.shown_agreements import LEVELS
from portal.costs.standing import Standing, budget_of, events, override_of, standings, steps_of
from portal.costs.tables import Cell, Column, Kind, Table, decimal_of
from portal.lib.errors import Refused
from portal.pipelines.models import Restraint
from portal.pipelines.prefect import PrefectApi, prefect_api
from portal.tenants.door import ReadOnlyAdmin, ServiceAdmin, display, moment, refusal, show_refusal
from portal.tenants.models import Tenant

LATEST = 15


@admin.register(Budget)
class BudgetAdmin(ServiceAdmin):
    form = BudgetForm
    fields = (
        "tenant",
        "amount",
        ("warn_at", "slow_at"),
        ("skip_analytics_at", "pause_at"),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return ["tenant"] if obj else []

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return HttpResponseRedirect(reverse("costs:budgets"))

    def save_model(
        self, request: HttpRequest, obj: Budget, form: ModelForm[Budget], change: bool
    ) -> None:
        saved = set_budget(
            tenant=obj.tenant,
            limits=limits_of(obj),
            who=request.user.get_username(),
            at=timezone.now(),
            api=_api(),
        )
        vars(obj).update(vars(saved))

    def delete_model(self, request: HttpRequest, obj: Budget) -> None:
        who = request.user.get_username()
        remove_budget(tenant=obj.tenant, who=who, at=timezone.now(), api=_api())

    def goes_with(self, obj: Model) -> list[str]:
        return ["whatever it holds back goes on", "its line in the audit stays"]


@admin.register(BudgetEvent)
class BudgetEventAdmin(ReadOnlyAdmin):
    list_display = ("when", "whose", "what", "said", "who")
    list_display_links = None
    list_filter = ("what", ("tenant", admin.RelatedOnlyFieldListFilter))
    list_per_page = 50
    list_fullwidth = True
    list_before_template = "admin/costs/list_tabs.html"
    ordering = ("-pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[BudgetEvent]:
        return events()

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {**(extra_context or {}), "title": "Audit", "tabs": tabs(request, "budgets")}
        response: HttpResponse = super().changelist_view(request, context)
        return response

    @display(description="when (UTC)", ordering="at")
    def when(self, event: BudgetEvent) -> str:
        return moment(event.at)

    @display(description="budget of", ordering="tenant_slug")
    def whose(self, event: BudgetEvent) -> str:
        return event.tenant_slug or "the platform"


@costs_page
def budgets_page(request: HttpRequest) -> HttpResponseBase:
    if not request.user.has_perm(SEES_BUDGETS):
        raise PermissionDenied
    found = standings(at=timezone.now())
    latest = list(events()[:LATEST])
    return answer(
        request,
        "budgets.html",
        title="Budgets",
        tab="budgets",
        tables=[_budgets_table(found), _events_table(latest)],
        currency=currency_of(),
        add_link=reverse("admin:costs_budget_add"),
        audit_link=reverse("admin:costs_budgetevent_changelist"),
    )


def _budgets_table(found: dict[int | None, Standing]) -> Table:
    rows = sorted(found.values(), key=_fullest)
    return Table(
        name="budgets",
        title="Budgets",
        columns=[
            Column("budget", "Budget of"),
            Column("amount", "Amount", Kind.MONEY),
            Column("spent", "Spent", Kind.MONEY),
            Column("used", "Used", Kind.GAUGE),
            Column("level", "Step reached", Kind.LABEL),
            Column("steps", "Steps"),
            Column("lifted_until", "Lifted until"),
        ],
        rows=[_budget_row(each) for each in rows if each.budget is not None],
        empty="There is no budget: nothing keeps a month from costing more.",
        is_long=len(rows) > 25,
    )


def _fullest(standing: Standing) -> tuple[bool, Any]:
    is_tenant = standing.budget is not None and standing.budget.tenant_id is not None
    return is_tenant, -(standing.per_cent or 0)


def _budget_row(standing: Standing) -> list[Any]:
    budget = standing.budget
    if budget is None:
        return []
    level = standing.level
    whose = budget.tenant.slug if budget.tenant else "The whole platform"
    steps = [str(at) for at, _ in steps_of(budget) if at is not None]
    return [
        Cell(whose, reverse("admin:costs_budget_change", args=[budget.pk])),
        budget.amount,
        decimal_of(standing.spent),
        standing.per_cent,
        Cell(Restraint.Level(level).label, variant=LEVELS[level]) if level else None,
        " \u00b7 ".join(steps) + " %" if steps else "none",
        Cell(_lifted_until(standing), _override_link(budget.tenant)),
    ]


def _lifted_until(standing: Standing) -> str:
    return moment_text(standing.override.until) if standing.override else "Lift it"


def _override_link(tenant: Tenant | None) -> str:
    if tenant is None:
        return reverse("costs:override_platform")
    return reverse("costs:override", args=[tenant.slug])


def _events_table(found: list[BudgetEvent]) -> Table:
    return Table(
        name="audit",
        title="Audit",
        columns=[
            Column("when", "When"),
            Column("budget", "Budget of"),
            Column("what", "What"),
            Column("said", "Said", Kind.WORDS),
            Column("who", "Who"),
        ],
        rows=[
            [
                moment_text(each.at),
                each.tenant_slug or "the platform",
                each.get_what_display(),
                each.said,
                each.who,
            ]
            for each in found
        ],
        empty="Nothing has happened yet.",
    )


@posting_page
def override_page(request: HttpRequest, slug: str = "") -> HttpResponseBase:
    """Lift a budget until a moment, or put it back into force."""
    if not request.user.has_perm("costs.add_budgetoverride"):
        raise PermissionDenied
    tenant = get_object_or_404(Tenant, slug=slug) if slug else None
    is_ending = request.method == "POST" and "end" in request.POST
    form = OverrideForm(request.POST if request.method == "POST" and not is_ending else None)
    try:
        if is_ending:
            return _ended(request, tenant)
        if form.is_valid():
            return _lifted(request, tenant, form)
    except Refused as refused:
        if is_ending:
            return refusal(request, refused, to=reverse("costs:budgets"))
        show_refusal(form, refused)
    return _override_form(request, tenant, form)


def _lifted(request: HttpRequest, tenant: Tenant | None, form: OverrideForm) -> HttpResponse:
    override = override_budget(
        tenant=tenant,
        until=form.cleaned_data["until"],
        reason=form.cleaned_data["reason"],
        who=request.user.get_username(),
        at=timezone.now(),
        api=_api(),
    )
    messages.success(request, f"The budget is lifted until {moment_text(override.until)}.")
    return HttpResponseRedirect(reverse("costs:budgets"))


def _ended(request: HttpRequest, tenant: Tenant | None) -> HttpResponse:
    who = request.user.get_username()
    end_override(tenant=tenant, who=who, at=timezone.now(), api=_api())
    messages.success(request, "The budget holds again.")
    return HttpResponseRedirect(reverse("costs:budgets"))


def _override_form(
    request: HttpRequest, tenant: Tenant | None, form: OverrideForm
) -> HttpResponseBase:
    whose = tenant.name if tenant else "the whole platform"
    context = {
        **admin.site.each_context(request),
        "title": f"Lift the budget of {whose}",
        "tabs": tabs(request, "budgets"),
        "form": form,
        "budget": budget_of(tenant),
        "override": override_of(tenant, at=timezone.now()),
        "list_url": reverse("costs:budgets"),
    }
    return TemplateResponse(request, "admin/costs/override.html", context)


def _api() -> PrefectApi:
    return prefect_api(is_patient=False)
