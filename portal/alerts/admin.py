"""Alerts in the admin: what was said, and what a channel has not taken yet."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from portal.alerts.models import Alert
from portal.tenants.door import ReadOnlyAdmin, display, moment

STATE_LABELS = {"sent": "success", "waiting": "warning", "refused": "danger"}


@admin.register(Alert)
class AlertAdmin(ReadOnlyAdmin):
    list_display = ("raised", "subject", "channel", "state", "attempts", "problem")
    list_filter = ("kind", "channel")
    list_per_page = 50
    list_fullwidth = True
    ordering = ("-pk",)
    fields = (
        "subject",
        "text",
        ("channel", "state"),
        ("raised", "sent"),
        ("attempts", "due"),
        "problem",
        "run",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Alert]:
        return Alert.objects.select_related("incident__connection__tenant")

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return ["state", "raised", "sent", "due", "run"]

    @display(description="raised (UTC)", ordering="raised_at")
    def raised(self, alert: Alert) -> str:
        return moment(alert.raised_at)

    @display(description="sent (UTC)")
    def sent(self, alert: Alert) -> str:
        return moment(alert.sent_at)

    @display(description="tried again at (UTC)")
    def due(self, alert: Alert) -> str:
        return "" if alert.sent_at else moment(alert.due_at)

    @display(description="state", label=STATE_LABELS)
    def state(self, alert: Alert) -> str:
        if alert.sent_at:
            return "sent"
        return "refused" if alert.problem else "waiting"

    @display(description="run")
    def run(self, alert: Alert) -> Any:
        if alert.incident is None:
            return ""
        link = reverse("admin:runs_run_change", args=[alert.incident.run_id])
        return format_html('<a href="{}" class="text-link">{}</a>', link, alert.incident.run)
