"""The forms of budgets and prices."""

from __future__ import annotations

from typing import Any

from django import forms
from unfold.widgets import INPUT_CLASSES, UnfoldAdminTextareaWidget

from portal.costs.budgets import Limits, check_limits
from portal.costs.models import Budget, TenantPrice
from portal.costs.standing import budget_of
from portal.lib.errors import Refused
from portal.tenants.door import ServiceForm

STEPS = ("warn_at", "slow_at", "skip_analytics_at", "pause_at")


def limits_of(budget: Budget) -> Limits:
    return Limits(amount=budget.amount, **{name: getattr(budget, name) for name in STEPS})


class BudgetForm(ServiceForm):
    class Meta:
        model = Budget
        fields = ("tenant", "amount", *STEPS)
        labels = {
            "warn_at": "Warn at",
            "slow_at": "Run once a day at most from",
            "skip_analytics_at": "Land only, without analytics, from",
            "pause_at": "Start no run from",
        }
        help_texts = {
            "tenant": "Whose months it bounds.",
            "amount": "What a UTC month may cost.",
            "warn_at": "Per cent of the amount. Empty: never.",
            "slow_at": "Per cent. Schedules stay as they are set up.",
            "skip_analytics_at": "Per cent. Sources are read, tables and pages are not renewed.",
            "pause_at": "Per cent. Until the month ends, or somebody lifts the budget.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "tenant" in self.fields:
            self.fields["tenant"].empty_label = "The whole platform"  # type: ignore[attr-defined]  # a choice of models has it

    def _get_validation_exclusions(self) -> set[str]:
        """Its constraint names the column, which Django would not find among the fields."""
        return {*super()._get_validation_exclusions(), "tenant_id"}

    def check_values(self) -> None:
        check_limits(limits_of(self.instance))
        tenant = self.instance.tenant
        if self.instance.pk is None and budget_of(tenant) is not None:
            whose = tenant.slug if tenant else "The platform"
            raise Refused(f"{whose} has a budget already. Change that one.", field="tenant")


def month_input() -> forms.DateInput:
    """The browser's own, which needs no script."""
    attrs = {"type": "month", "class": " ".join(INPUT_CLASSES), "placeholder": "2026-11"}
    return forms.DateInput(attrs=attrs, format="%Y-%m")


class PriceForm(ServiceForm):
    from_month = forms.DateField(
        label="From",
        widget=month_input(),
        input_formats=["%Y-%m", "%Y-%m-%d"],
        help_text="The first month in which the tenant pays this.",
    )

    class Meta:
        model = TenantPrice
        fields = ("tenant", "from_month", "amount")
        help_texts = {"amount": "What the tenant pays us a month."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            del self.fields["from_month"]  # a declared one would stay, and be asked for

    def clean_amount(self) -> Any:
        amount = self.cleaned_data["amount"]
        if amount < 0:
            raise forms.ValidationError("Write zero or more.")
        return amount


class OverrideForm(forms.Form):
    """Until when runs go on whatever the budget says, and why."""

    until = forms.DateTimeField(
        label="Until (UTC)",
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
        widget=forms.DateTimeInput(
            attrs={"type": "datetime-local", "class": " ".join(INPUT_CLASSES)},
            format="%Y-%m-%dT%H:%M",
        ),
    )
    reason = forms.CharField(
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="It is written into the audit with your name.",
    )
