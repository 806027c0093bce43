"""The ledger, its journal and prices as lists of the admin. Figures have pages of their own."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet, Sum
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html

from portal.costs.admin_budgets import BudgetAdmin, BudgetEventAdmin
from portal.costs.admin_door import tabs
from portal.costs.forms import PriceForm
from portal.costs.models import LedgerDay, TenantPrice
from portal.costs.prices import set_price
from portal.costs.shown import engine_name
from portal.costs.tables import money_of
from portal.tenants.door import ReadOnlyAdmin, ServiceAdmin, display, moment

# Found by Django when it looks in this module.
__all__ = ["BudgetAdmin", "BudgetEventAdmin", "LedgerDayAdmin", "TenantPriceAdmin"]


@admin.register(LedgerDay)
class LedgerDayAdmin(ReadOnlyAdmin):
    """Every version of every day; a day's page has what is in it."""

    list_display = ("on", "engine_shown", "version", "amount", "bill_shown", "counts", "taken")
    list_display_links = None
    list_filter = ("engine", "is_current", "is_billed")
    list_per_page = 50
    list_fullwidth = True
    list_before_template = "admin/costs/list_tabs.html"
    ordering = ("-day", "engine", "-version")

    def get_queryset(self, request: HttpRequest) -> QuerySet[LedgerDay]:
        found: QuerySet[LedgerDay] = super().get_queryset(request)
        return found.select_related("entry").annotate(billed=Sum("bill__amount_nanos"))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {**(extra_context or {}), "title": "Ledger", "tabs": tabs(request, "days")}
        response: HttpResponse = super().changelist_view(request, context)
        return response

    @display(description="day (UTC)", ordering="day")
    def on(self, ledger: LedgerDay) -> str:
        address = reverse("costs:day", args=[ledger.day])
        link = f"{address}?{ledger.engine.lower()}={ledger.version}"
        return format_html('<a href="{}" class="text-link">{}</a>', link, ledger.day)

    @display(description="engine", ordering="engine")
    def engine_shown(self, ledger: LedgerDay) -> str:
        return engine_name(ledger.engine)

    @display(description="amount")
    def amount(self, ledger: Any) -> str:
        return f"{money_of(int(ledger.billed or 0))} {ledger.currency}"

    @display(description="bill", ordering="is_billed")
    def bill_shown(self, ledger: LedgerDay) -> str:
        return "billed" if ledger.is_billed else "provisional"

    @display(
        description="counts",
        label={"counts": "success", "replaced": "default", "by the journal": "info"},
    )
    def counts(self, ledger: LedgerDay) -> str:
        if ledger.is_current:
            return "counts"
        return "by the journal" if hasattr(ledger, "entry") else "replaced"

    @display(description="taken (UTC)", ordering="taken_at")
    def taken(self, ledger: LedgerDay) -> str:
        return moment(ledger.taken_at)


@admin.register(TenantPrice)
class TenantPriceAdmin(ServiceAdmin):
    form = PriceForm
    fields = ("tenant", "from_month", "amount")
    list_display = ("tenant", "begins", "amount")
    list_select_related = ("tenant",)
    list_filter = (("tenant", admin.RelatedOnlyFieldListFilter),)
    list_fullwidth = True
    list_before_template = "admin/costs/list_tabs.html"
    ordering = ("tenant__slug", "-from_month")

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """What was agreed on stays; a later price takes its place."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return ["tenant", "begins"] if obj else []

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return ["tenant", "begins" if obj else "from_month", "amount"]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {**(extra_context or {}), "title": "Prices", "tabs": tabs(request, "prices")}
        response: HttpResponse = super().changelist_view(request, context)
        return response

    def save_model(
        self, request: HttpRequest, obj: TenantPrice, form: ModelForm[TenantPrice], change: bool
    ) -> None:
        saved = set_price(tenant=obj.tenant, month=obj.from_month, amount=obj.amount)
        vars(obj).update(vars(saved))

    @display(description="from", ordering="from_month")
    def begins(self, price: TenantPrice) -> str:
        return f"{price.from_month:%B %Y}"
