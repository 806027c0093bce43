"""Connections in the admin: from a new one to its credentials, its setup and its deployment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.forms import ModelForm
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from flows.connectors.catalog import broken_connectors
from portal.connections.admin_actions import ACTS, Done, act_on
from portal.connections.admin_page import page_context
from portal.connections.admin_shown import STATE_LABELS, connector_title
from portal.connections.admin_steps import (
    address,
    credentials_step,
    deletes_step,
    price_step,
    setup_step,
    test_step,
)
from portal.connections.admin_uses import CredentialUseAdmin
from portal.connections.forms import NewConnectionForm
from portal.connections.models import Connection
from portal.connections.services import create_connection, remove_connection
from portal.lib.errors import Refused
from portal.marketplace.models import UploadedConnector
from portal.pipelines.desired import deployment_name
from portal.pipelines.onboarding import retire, withdraw
from portal.pipelines.prefect import prefect_api
from portal.pipelines.selectors import connections_with_state, state_of
from portal.runs.models import Run
from portal.runs.selectors import with_latest_run
from portal.runs.shown import STATUS_LABELS
from portal.tenants.door import ServiceAdmin, display, moment, refusal

__all__ = ["ConnectionAdmin", "CredentialUseAdmin"]  # found by Django when it looks in this module

Step = Callable[["ConnectionAdmin", HttpRequest, Connection], HttpResponse]


@admin.register(Connection)
class ConnectionAdmin(ServiceAdmin):
    form = NewConnectionForm
    fields = ("tenant", "connector", "name")
    list_display = (
        "name_in_full",
        "source",
        "state",
        "schedule",
        "last_run",
        "last_run_at",
        "tested",
    )
    list_filter = (("tenant", admin.RelatedOnlyFieldListFilter), "connector", "pipeline__wanted")
    list_filter_submit = False
    search_fields = ("name", "tenant__slug", "tenant__name")
    actions = ("run_now", "pause", "resume", "redeploy")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Connection]:
        uploaded = UploadedConnector.objects.filter(name=OuterRef("connector")).values("title")
        title = Coalesce(Subquery(uploaded[:1]), Value(""))
        found: QuerySet[Connection] = with_latest_run(connections_with_state())
        return found.annotate(uploaded_title=title)

    def get_urls(self) -> list[URLPattern]:
        def step(name: str, view: Step, *methods: str) -> URLPattern:
            wrapped = self.admin_site.admin_view(self._step(view, methods))
            route: URLPattern = path(
                f"<int:pk>/{name}/", wrapped, name=f"connections_connection_{name}"
            )
            return route

        return [
            step("credentials", credentials_step, "GET", "POST"),
            step("setup", setup_step, "GET", "POST"),
            step("price", price_step, "GET"),
            step("test", test_step, "POST"),
            step("deletes", deletes_step, "POST"),
            *(step(name, _act_step(name), "POST") for name in ACTS),
            *super().get_urls(),
        ]

    def _step(self, view: Step, methods: tuple[str, ...]) -> Callable[..., HttpResponse]:
        def wrapper(request: HttpRequest, pk: int) -> HttpResponse:
            connection = self.get_queryset(request).filter(pk=pk).first()  # the key is unique
            if connection is None:
                raise Http404
            if not self.has_change_permission(request, connection):
                raise PermissionDenied
            if request.method not in methods:
                return HttpResponseNotAllowed(methods)
            try:
                return view(self, request, connection)
            except Refused as refused:
                return refusal(request, refused, to=address(connection, "change"))

        return wrapper

    def page(
        self, request: HttpRequest, connection: Connection, template: str, **context: Any
    ) -> HttpResponse:
        request.current_app = self.admin_site.name
        shared = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": connection,
            "connection": connection,
            "state": state_of(connection),
            "state_label": STATE_LABELS[state_of(connection)],
            "can_change": self.has_change_permission(request, connection),
            "can_delete": self.has_delete_permission(request, connection),
        }
        return TemplateResponse(request, template, {**shared, **context})

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        for sentence in broken_connectors():
            messages.warning(request, f"A connector cannot be used. {sentence}")
        # There is one way on: to its credentials.
        only = {"show_save_and_continue": False, "show_save_and_add_another": False}
        context = {**(extra_context or {}), **only}
        response: HttpResponse = super().add_view(request, form_url, context)
        return response

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """A connection's page. There is nothing to edit on it: each part has its own step."""
        connection = self.get_object(request, object_id)
        if connection is None:
            raise Http404
        if not self.has_view_or_change_permission(request, connection):
            raise PermissionDenied
        template = "admin/connections/connection/page.html"
        return self.page(request, connection, template, **page_context(connection))

    def save_model(
        self, request: HttpRequest, obj: Connection, form: ModelForm[Connection], change: bool
    ) -> None:
        created = create_connection(tenant=obj.tenant, connector=obj.connector, name=obj.name)
        vars(obj).update(vars(created))

    def response_add(
        self, request: HttpRequest, obj: Connection, post_url_continue: str | None = None
    ) -> HttpResponse:
        messages.success(request, f"{obj} is saved. Enter its credentials next.")
        return HttpResponseRedirect(address(obj, "credentials"))

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        connection = self.get_object(request, object_id)
        response: HttpResponse = super().delete_view(request, object_id, extra_context)
        if connection and request.method == "POST" and response.status_code == 302:
            # Only now: while the row was being removed, Prefect must not be waited for.
            api = prefect_api(is_patient=False)
            self._report(request, withdraw(name=deployment_name(connection), api=api))
        return response

    def goes_with(self, obj: Model) -> list[str]:
        runs = Run.objects.filter(connection=obj.pk).count()
        return ["its credentials and schedule", "its deployment in Prefect", f"its {runs} runs"]

    def delete_model(self, request: HttpRequest, obj: Connection) -> None:
        remove_connection(connection=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Connection]) -> None:
        api = prefect_api(is_patient=False)
        problems = [retire(connection=connection, api=api) for connection in queryset]
        self._report(request, next(filter(None, problems), ""))

    def _report(self, request: HttpRequest, problem: str) -> None:
        if problem:
            later = "The deployment will be removed as soon as Prefect answers."
            messages.warning(request, f"{problem} {later}")

    def tell(self, request: HttpRequest, connection: Connection, done: Done) -> None:
        messages.add_message(request, done.level, done.message)
        if done.level != messages.ERROR:
            self.log_change(request, connection, done.message)

    def _act(self, request: HttpRequest, found: QuerySet[Connection], name: str) -> None:
        api, now = prefect_api(is_patient=False), timezone.now()
        for connection in found:
            done = act_on(connection, ACTS[name], api=api, at=now)
            self.tell(request, connection, done)

    @admin.action(description="Run now", permissions=["change"])
    def run_now(self, request: HttpRequest, queryset: QuerySet[Connection]) -> None:
        self._act(request, queryset, "run")

    @admin.action(description="Pause", permissions=["change"])
    def pause(self, request: HttpRequest, queryset: QuerySet[Connection]) -> None:
        self._act(request, queryset, "pause")

    @admin.action(description="Resume", permissions=["change"])
    def resume(self, request: HttpRequest, queryset: QuerySet[Connection]) -> None:
        self._act(request, queryset, "resume")

    @admin.action(description="Redeploy", permissions=["change"])
    def redeploy(self, request: HttpRequest, queryset: QuerySet[Connection]) -> None:
        self._act(request, queryset, "redeploy")

    @display(description="connection", ordering="tenant__slug")
    def name_in_full(self, connection: Connection) -> str:
        return str(connection)

    @display(description="connector", ordering="connector")
    def source(self, connection: Connection) -> str:
        return connector_title(connection)

    @display(description="state", label={str(state): kind for state, kind in STATE_LABELS.items()})
    def state(self, connection: Connection) -> str:
        return str(state_of(connection))

    @display(description="last run", label=STATUS_LABELS)
    def last_run(self, connection: Model) -> tuple[str, str] | None:
        status = getattr(connection, "latest_run_status", None)
        return (status, str(Run.Status(status).label)) if status else None

    @display(description="requested (UTC)", ordering="latest_run_at")
    def last_run_at(self, connection: Model) -> str:
        return moment(getattr(connection, "latest_run_at", None))

    @display(description="tested (UTC)", ordering="tested_at")
    def tested(self, connection: Connection) -> str:
        return moment(connection.tested_at)


def _act_step(name: str) -> Step:
    def step(admin: ConnectionAdmin, request: HttpRequest, connection: Connection) -> HttpResponse:
        done = act_on(connection, ACTS[name], api=prefect_api(is_patient=False), at=timezone.now())
        admin.tell(request, connection, done)
        if done.run is not None:
            return HttpResponseRedirect(reverse("admin:runs_run_change", args=[done.run.pk]))
        return HttpResponseRedirect(address(connection, "change"))

    return step
