"""Pipelines in the admin: what should run, and whether Prefect agrees."""

from __future__ import annotations

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html

from portal.pipelines.models import Pipeline
from portal.pipelines.prefect import PrefectRefused, PrefectUnavailable, prefect_api, ui_link
from portal.pipelines.services import Difference, reconcile
from portal.tenants.door import ReadOnlyAdmin, display


@admin.register(Pipeline)
class PipelineAdmin(ReadOnlyAdmin):
    list_display = ("connection_link", "state", "schedule", "applied", "problem", "prefect")
    list_display_links = None
    list_filter = ("wanted", ("problem", admin.EmptyFieldListFilter))
    search_fields = ("connection__name", "connection__tenant__slug")
    list_select_related = ("connection__tenant", "connection__schedule")
    ordering = ("connection__tenant__slug", "connection__name")
    list_before_template = "admin/pipelines/pipeline/reconcile.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Pipeline]:
        found: QuerySet[Pipeline] = super().get_queryset(request)
        return found

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.reconcile_view)
        urls: list[URLPattern] = super().get_urls()
        return [path("reconcile/", view, name="pipelines_pipeline_reconcile"), *urls]

    def reconcile_view(self, request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm("pipelines.change_pipeline"):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        try:
            done = reconcile(api=prefect_api(is_patient=False), at=timezone.now())
        except (PrefectUnavailable, PrefectRefused) as error:
            later = "What is wanted is safe here and will be applied later."
            messages.warning(request, f"{error} {later}")
        else:
            _tell(request, done)
        return HttpResponseRedirect(reverse("admin:pipelines_pipeline_changelist"))

    @display(description="connection", ordering="connection__tenant__slug")
    def connection_link(self, pipeline: Pipeline) -> str:
        link = reverse("admin:connections_connection_change", args=[pipeline.connection_id])
        return format_html('<a href="{}" class="text-link">{}</a>', link, pipeline.connection)

    @display(description="wanted", label={"ACTIVE": "success", "PAUSED": "default"})
    def state(self, pipeline: Pipeline) -> tuple[str, str]:
        return pipeline.wanted, pipeline.get_wanted_display()

    @display(description="schedule")
    def schedule(self, pipeline: Pipeline) -> str:
        return str(getattr(pipeline.connection, "schedule", "only when asked"))

    @display(description="Prefect told (UTC)", ordering="applied_at")
    def applied(self, pipeline: Pipeline) -> str:
        return f"{pipeline.applied_at:%Y-%m-%d %H:%M}" if pipeline.applied_at else ""

    @display(description="Prefect")
    def prefect(self, pipeline: Pipeline) -> str:
        if pipeline.deployment_id is None:
            return ""
        link = ui_link("deployments/deployment", pipeline.deployment_id)
        return format_html('<a href="{}" class="text-link" target="_blank">Deployment</a>', link)


def _tell(request: HttpRequest, done: Difference) -> None:
    for sentence in done.refused:
        messages.error(request, sentence)
    count = len(done.changes) + len(done.foundations) - len(done.refused)
    if count:
        messages.success(request, f"Prefect agrees again: {count} differences were repaired.")
    elif not done.refused:
        messages.success(request, "Prefect agrees with the portal; there was nothing to do.")
