"""Runs in the admin: what happened, to read and to watch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.html import format_html
from unfold.admin import TabularInline

from portal.connections.models import Connection
from portal.pipelines.prefect import ui_link
from portal.runs.models import Run, StreamResult
from portal.runs.selectors import runs, totals_of
from portal.runs.shown import (
    duration,
    one_line,
    outcome_cell,
    status_label,
    steps_table,
    stream_label,
)
from portal.tenants.door import ReadOnlyAdmin, display, moment


def count_column(
    name: str, counted: Callable[[Any], Any] = lambda row: row
) -> Callable[[Any, Any], str]:
    """A column with a number of records, such as 1,814,715."""

    @display(description=name)
    def column(admin: Any, row: Any) -> str:
        return f"{getattr(counted(row), name):,}"

    return column


def is_row_number(text: str) -> bool:
    """Up to the 18 digits that fit into every database's numbers."""
    return text.isdecimal() and len(text) <= 18


class ConnectionFilter(admin.SimpleListFilter):
    """The connections of the chosen tenant; of all tenants there would be too many to choose."""

    title = "connection"
    parameter_name = "connection"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        found = Connection.objects.select_related("tenant").order_by("tenant__slug", "name")
        tenant, chosen = request.GET.get("tenant__id__exact", ""), request.GET.get("connection", "")
        if is_row_number(tenant):
            found = found.filter(tenant=int(tenant))
        elif is_row_number(chosen):
            found = found.filter(pk=int(chosen))
        else:
            return []
        # One that does not exist is offered as well, or choosing it would show the runs of all.
        return [(str(each.pk), str(each)) for each in found] or [(chosen or "0", "none")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Run]) -> QuerySet[Run]:
        chosen = self.value() or ""
        return queryset.filter(connection=int(chosen)) if is_row_number(chosen) else queryset


class StreamResultInline(TabularInline):  # type: ignore[misc]  # untyped library
    model = StreamResult
    verbose_name_plural = "Streams"
    hide_title = True
    can_delete = False
    extra = 0
    ordering = ("pk",)
    fields = readonly_fields = (
        "stream",
        "outcome",
        "extracted_count",
        "new_count",
        "changed_count",
        "unchanged_count",
        "rejected_count",
        "deleted_count",
        "size",
        "took",
        "reading",
        "bookmark",
        "message",
    )

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.has_perm("runs.view_run")  # they are a part of it

    @display(description="status")
    def outcome(self, result: StreamResult) -> str:
        return stream_label(result)

    # Not under the names of the fields, which the admin would show without separators.
    extracted_count = count_column("extracted")
    new_count = count_column("new")
    changed_count = count_column("changed")
    unchanged_count = count_column("unchanged")
    rejected_count = count_column("rejected")
    deleted_count = count_column("deleted")

    @display(description="took")
    def took(self, result: StreamResult) -> str:
        return one_line(f"{result.seconds:.1f} s")

    @display(description="size")
    def size(self, result: StreamResult) -> str:
        return filesizeformat(result.bytes_read)

    @display(description="read")
    def reading(self, result: StreamResult) -> str:
        return "changes" if result.is_incremental else "all"


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin):
    list_display = (
        "requested",
        "tenant",
        "connection_name",
        "outcome",
        "took",
        "extracted",
        "new",
        "changed",
        "rejected",
    )
    list_filter = (
        "status",
        "actor",
        ("tenant", admin.RelatedOnlyFieldListFilter),
        ConnectionFilter,
    )
    list_per_page = 50
    list_fullwidth = True
    ordering = ("-pk",)
    inlines = (StreamResultInline,)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("connection_link", "ended_as"),
                    "message",
                    ("requested", "actor"),
                    ("started", "finished"),
                    "took",
                    ("published", "prefect"),
                    "steps_shown",
                )
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Run]:
        return runs()

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        times = ["requested", "started", "finished", "took"]
        return ["connection_link", "ended_as", *times, "published", "prefect", "steps_shown"]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        run = self.get_object(request, object_id)
        watches = run is not None and run.status not in Run.ENDED
        context = {**(extra_context or {}), "watches": watches}
        response: HttpResponse = super().change_view(request, object_id, form_url, context)
        return response

    @display(description="requested (UTC)", ordering="requested_at")
    def requested(self, run: Run) -> str:
        return one_line(moment(run.requested_at))

    @display(description="started (UTC)")
    def started(self, run: Run) -> str:
        return moment(run.started_at)

    @display(description="finished (UTC)")
    def finished(self, run: Run) -> str:
        return moment(run.finished_at)

    @display(description="connection", ordering="connection__name")
    def connection_name(self, run: Run) -> str:
        return run.connection.name

    @display(description="status", ordering="status")
    def outcome(self, run: Run) -> str:
        return outcome_cell(run)

    @display(description="status")
    def ended_as(self, run: Run) -> str:
        return status_label(run)

    @display(description="duration")
    def took(self, run: Run) -> str:
        return one_line(duration(run))

    extracted = count_column("extracted", totals_of)
    new = count_column("new", totals_of)
    changed = count_column("changed", totals_of)
    rejected = count_column("rejected", totals_of)

    @display(description="connection")
    def connection_link(self, run: Run) -> str:
        link = reverse("admin:connections_connection_change", args=[run.connection_id])
        return format_html('<a href="{}" class="text-link">{}</a>', link, run.connection)

    @display(description="publication")
    def published(self, run: Run) -> str:
        if not run.publication:
            return ""
        return format_html(
            '{} &middot; <a href="/t/{}/" class="text-link">Open the tenant\'s pages</a>',
            run.publication,
            run.tenant.slug,
        )

    @display(description="Prefect")
    def prefect(self, run: Run) -> str:
        link = ui_link("runs/flow-run", run.flow_run_id)
        return format_html('<a href="{}" class="text-link" target="_blank">Logs</a>', link)

    @display(description="steps")
    def steps_shown(self, run: Run) -> str:
        return steps_table(run)
