"""Usage and cost in the admin: one line a tenant and day, and the sum of what is listed."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse

from portal.costs.models import DailyUsage
from portal.costs.selectors import daily_usage, sums_of
from portal.tenants.door import ReadOnlyAdmin, display

SUM_HEADERS = ["Sum of what is listed", "Runs", "CPU seconds", "Bytes read", "Cost"]


@admin.register(DailyUsage)
class DailyUsageAdmin(ReadOnlyAdmin):
    list_display = ("day", "tenant", "runs", "cpu", "read", "stored", "price")
    list_display_links = None
    list_filter = (("tenant", admin.RelatedOnlyFieldListFilter), "day")
    list_per_page = 100
    list_fullwidth = True
    show_full_result_count = False
    ordering = ("-day", "tenant__slug")
    list_before_template = "admin/costs/dailyusage/sums.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[DailyUsage]:
        return daily_usage()

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response: HttpResponse = super().changelist_view(request, extra_context)
        if isinstance(response, TemplateResponse) and response.context_data is not None:
            response.context_data["sums"] = _table(response.context_data["cl"].queryset)
        return response

    @display(description="CPU seconds", ordering="cpu_seconds")
    def cpu(self, usage: DailyUsage) -> str:
        return f"{usage.cpu_seconds:,.1f}"

    @display(description="read", ordering="bytes_read")
    def read(self, usage: DailyUsage) -> str:
        return filesizeformat(usage.bytes_read)

    @display(description="stored", ordering="bytes_stored")
    def stored(self, usage: DailyUsage) -> str:
        return "" if usage.bytes_stored is None else filesizeformat(usage.bytes_stored)

    @display(description="cost", ordering="cost")
    def price(self, usage: DailyUsage) -> str:
        return f"{usage.cost:,.6f} {usage.currency}"


def _table(listed: QuerySet[DailyUsage]) -> dict[str, Any]:
    rows = [
        [
            each.currency,
            f"{each.runs:,}",
            f"{each.cpu_seconds:,.1f}",
            filesizeformat(each.bytes_read),
            f"{each.cost:,.6f} {each.currency}",
        ]
        for each in sums_of(listed)
    ]
    return {"headers": SUM_HEADERS, "rows": rows}
