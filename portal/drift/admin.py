"""Drift in the admin: how the fields of streams have changed, and who has seen it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from portal.drift.models import DriftEvent
from portal.drift.selectors import drift_events
from portal.drift.services import acknowledge, take_in
from portal.drift.shown import kind_label, name_cell, state_of
from portal.lib.errors import Refused
from portal.runs.admin import ConnectionFilter
from portal.tenants.door import ReadOnlyAdmin, display, moment

STATE_LABELS = {"new": "warning", "acknowledged": "default"}


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("new", "New"), ("acknowledged", "Acknowledged")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[DriftEvent]
    ) -> QuerySet[DriftEvent]:
        if self.value() not in {"new", "acknowledged"}:
            return queryset
        return queryset.filter(acknowledged_at__isnull=self.value() == "new")


@admin.register(DriftEvent)
class DriftEventAdmin(ReadOnlyAdmin):
    list_display = (
        "seen",
        "connection_link",
        "stream",
        "name",
        "what",
        "in_records",
        "state",
    )
    list_filter = (
        StateFilter,
        "kind",
        ("connection__tenant", admin.RelatedOnlyFieldListFilter),
        ConnectionFilter,
    )
    search_fields = ("stream", "field")
    list_per_page = 50
    list_fullwidth = True
    actions = ("acknowledge_them", "take_them_in")
    fields = (
        ("connection_link", "stream"),
        ("whole_name", "what"),
        ("in_records", "state"),
        ("first_seen", "first_run"),
        ("seen", "latest_run"),
        ("acknowledged", "by"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[DriftEvent]:
        return drift_events()

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return [name for row in self.fields for name in row]

    def has_acknowledge_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("drift.change_driftevent")

    @admin.action(description="Acknowledge", permissions=["acknowledge"])
    def acknowledge_them(self, request: HttpRequest, queryset: QuerySet[DriftEvent]) -> None:
        who = request.user.get_username()
        done = acknowledge(events=queryset, who=who, at=timezone.now())
        messages.success(request, f"{done} acknowledged.")

    @admin.action(
        description="Take in: the field is known from the next run on", permissions=["acknowledge"]
    )
    def take_them_in(self, request: HttpRequest, queryset: QuerySet[DriftEvent]) -> None:
        who, now, done = request.user.get_username(), timezone.now(), 0
        for event in queryset:
            try:
                take_in(event=event, who=who, at=now)
            except Refused as refused:
                messages.error(request, refused.message)
            else:
                done += 1
        if done:
            messages.success(request, f"{done} taken in: known from the next run on.")

    @display(description="last seen (UTC)", ordering="last_seen_at")
    def seen(self, event: DriftEvent) -> str:
        return moment(event.last_seen_at)

    @display(description="first seen (UTC)")
    def first_seen(self, event: DriftEvent) -> str:
        return moment(event.first_seen_at)

    @display(description="acknowledged (UTC)")
    def acknowledged(self, event: DriftEvent) -> str:
        return moment(event.acknowledged_at)

    @display(description="connection", ordering="connection__name")
    def connection_link(self, event: DriftEvent) -> str:
        link = reverse("admin:connections_connection_change", args=[event.connection_id])
        return format_html('<a href="{}" class="text-link">{}</a>', link, event.connection)

    @display(description="field", ordering="field")
    def name(self, event: DriftEvent) -> str:
        return name_cell(event.field)

    @display(description="field")
    def whole_name(self, event: DriftEvent) -> str:
        return format_html('<span style="word-break: break-all">{}</span>', event.field)

    @display(description="what", ordering="kind")
    def what(self, event: DriftEvent) -> str:
        return kind_label(event)

    @display(description="records", ordering="records")
    def in_records(self, event: DriftEvent) -> str:
        return f"{event.records:,}" if event.records else ""

    @display(description="state", label=STATE_LABELS)
    def state(self, event: DriftEvent) -> str:
        return state_of(event)

    @display(description="by")
    def by(self, event: DriftEvent) -> str:
        return event.acknowledged_by

    @display(description="first run")
    def first_run(self, event: DriftEvent) -> str:
        return _run_link(event.run_id)

    @display(description="last run")
    def latest_run(self, event: DriftEvent) -> str:
        return _run_link(event.last_run_id)


def _run_link(run: int | None) -> str:
    if run is None:
        return ""
    link = reverse("admin:runs_run_change", args=[run])
    return format_html('<a href="{}" class="text-link">Open the run</a>', link)
