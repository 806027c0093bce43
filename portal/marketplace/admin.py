"""The marketplace in the admin: upload a connector, try it, roll it out, roll it back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
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

from portal.connections.forms import CredentialsForm
from portal.connections.models import Connection
from portal.connections.rollouts import roll_back, roll_out
from portal.connections.trials import connections_to_try, try_connection, try_values
from portal.lib.errors import Refused
from portal.marketplace.admin_shown import connector_context, used_by, version_context
from portal.marketplace.forms import RolloutForm, TenantForm, TrialForm, UploadForm
from portal.marketplace.models import MANAGE, ConnectorVersion, UploadedConnector
from portal.marketplace.packages import LARGEST_UPLOAD
from portal.marketplace.selectors import has_succeeded, spec_of
from portal.marketplace.services import upload, withdraw
from portal.tenants.door import ReadOnlyAdmin, display, moment, refusal, show_refusal
from portal.tenants.models import Tenant

LIST = "admin:marketplace_uploadedconnector_changelist"
PAGES = "admin/marketplace/uploadedconnector"
Step = Callable[["UploadedConnectorAdmin", HttpRequest, ConnectorVersion], HttpResponse]


@admin.register(UploadedConnector)
class UploadedConnectorAdmin(ReadOnlyAdmin):
    list_display = ("titled", "name", "newest", "used_by")
    list_display_links = ("titled",)
    search_fields = ("name", "title")
    ordering = ("name",)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may_manage(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return may_manage(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may_manage(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[UploadedConnector]:
        found: QuerySet[UploadedConnector] = super().get_queryset(request)
        return found.prefetch_related("versions")

    def get_urls(self) -> list[URLPattern]:
        def step(name: str, view: Step, *methods: str) -> URLPattern:
            route: URLPattern = path(
                f"<int:pk>/versions/<int:number>/{name}",
                self.admin_site.admin_view(self._step(view, methods)),
                name=f"marketplace_version_{name.strip('/') or 'page'}",
            )
            return route

        return [
            step("", version_step, "GET"),
            step("try/", try_step, "GET", "POST"),
            step("roll-out/", roll_out_step, "POST"),
            *self._of_tenants(),
            *super().get_urls(),
        ]

    def _of_tenants(self) -> Iterable[URLPattern]:
        for name, view in {
            "roll-back": self.roll_back_view,
            "withdraw": self.withdraw_view,
        }.items():
            yield path(
                f"<int:pk>/tenants/<slug:tenant>/{name}/",
                self.admin_site.admin_view(view),
                name=f"marketplace_tenant_{name}",
            )

    def _step(self, view: Step, methods: tuple[str, ...]) -> Callable[..., HttpResponse]:
        def wrapper(request: HttpRequest, pk: int, number: int) -> HttpResponse:
            version = (
                ConnectorVersion.objects.select_related("connector")
                .filter(connector=self._found(request, pk), number=number)
                .first()  # one at most
            )
            if version is None:
                raise Http404
            if request.method not in methods:
                return HttpResponseNotAllowed(methods)
            try:
                return view(self, request, version)
            except Refused as refused:
                return refusal(request, refused, to=address(version))

        return wrapper

    def _found(self, request: HttpRequest, pk: int | str) -> UploadedConnector:
        if not may_manage(request):
            raise PermissionDenied
        found: UploadedConnector | None = self.get_object(request, str(pk))
        if found is None:
            raise Http404
        return found

    def page(self, request: HttpRequest, template: str, **context: Any) -> HttpResponse:
        request.current_app = self.admin_site.name
        shared = {**self.admin_site.each_context(request), "opts": self.opts}
        return TemplateResponse(request, f"{PAGES}/{template}", {**shared, **context})

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """An upload: of a new connector, or of the next version of one that is there."""
        if not may_manage(request):
            raise PermissionDenied
        is_sent = request.method == "POST"
        form = UploadForm(request.POST, request.FILES) if is_sent else UploadForm()
        if form.is_valid():
            try:
                version = upload(
                    content=form.cleaned_data["file"].read(LARGEST_UPLOAD + 1),
                    note=form.cleaned_data["note"],
                    by=person(request),
                    at=timezone.now(),
                )
            except Refused as refused:
                show_refusal(form, refused)
            else:
                self.log_addition(request, version.connector, f"Uploaded {version}.")
                messages.success(request, f"{version} is kept. Try it before anybody uses it.")
                return HttpResponseRedirect(address(version))
        return self.page(request, "upload.html", title="Upload a connector", form=form)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """A connector's page: its versions, and who uses which."""
        found = self._found(request, object_id)
        return self.page(request, "page.html", title="", **connector_context(found))

    def roll_back_view(self, request: HttpRequest, pk: int, tenant: str) -> HttpResponse:
        def act(connector: UploadedConnector, of: Tenant) -> str:
            waiting = roll_back(
                connector=connector, tenant=of, by=person(request), at=timezone.now()
            )
            return f"{of} uses {connector} again as before. {enter_again_sentence(waiting)}"

        return self._act_of_tenant(request, pk, tenant, act)

    def withdraw_view(self, request: HttpRequest, pk: int, tenant: str) -> HttpResponse:
        def act(connector: UploadedConnector, of: Tenant) -> str:
            who = person(request).get_username()
            withdraw(connector=connector, tenant=of, who=who, at=timezone.now())
            return f"{of} does not use {connector} any more."

        return self._act_of_tenant(request, pk, tenant, act)

    def _act_of_tenant(
        self,
        request: HttpRequest,
        pk: int,
        slug: str,
        act: Callable[[UploadedConnector, Tenant], str],
    ) -> HttpResponse:
        connector = self._found(request, pk)
        tenant = Tenant.objects.filter(slug=slug).first()  # the slug is unique
        if tenant is None:
            raise Http404
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        try:
            told = act(connector, tenant).strip()
        except Refused as refused:
            messages.error(request, refused.message)
        else:
            messages.success(request, told)
            self.log_change(request, connector, told)
        return HttpResponseRedirect(
            reverse("admin:marketplace_uploadedconnector_change", args=[connector.pk])
        )

    @display(description="connector", ordering="title")
    def titled(self, connector: UploadedConnector) -> str:
        return connector.title

    @display(description="newest version")
    def newest(self, connector: UploadedConnector) -> str:
        newest = max(connector.versions.all(), key=lambda each: each.number)
        return f"{newest.number}, of {moment(newest.uploaded_at)} UTC by {newest.who}"

    @display(description="used by")
    def used_by(self, connector: UploadedConnector) -> str:
        return used_by(connector)


def may_manage(request: HttpRequest) -> bool:
    user = request.user
    return bool(user.is_active and user.is_staff and user.has_perm(MANAGE))


def person(request: HttpRequest) -> AbstractBaseUser:
    if not request.user.is_authenticated:
        raise PermissionDenied
    return request.user


def address(version: ConnectorVersion) -> str:
    return reverse("admin:marketplace_version_page", args=[version.connector_id, version.number])


def enter_again_sentence(waiting: list[Connection]) -> str:
    if not waiting:
        return ""
    names = ", ".join(str(each) for each in waiting)
    return (
        f"Enter the credentials again of {names}: the connector asks for others now, or sends them"
        " elsewhere."
    )


def version_step(
    door: UploadedConnectorAdmin, request: HttpRequest, version: ConnectorVersion
) -> HttpResponse:
    return door.page(
        request,
        "version.html",
        title="",
        form=RolloutForm(),
        is_tried=has_succeeded(version),
        **version_context(version),
    )


def try_step(
    door: UploadedConnectorAdmin, request: HttpRequest, version: ConnectorVersion
) -> HttpResponse:
    """With the credentials of a connection, or with some that are typed in and not kept."""
    offered = connections_to_try(version)
    with_connection = TrialForm(offered, request.POST if "_connection" in request.POST else None)
    sent = request.POST if "_values" in request.POST else None
    tenant, credentials = TenantForm(sent), CredentialsForm(spec_of(version), sent)
    by, now = person(request), timezone.now()
    try:
        trial = None
        if with_connection.is_valid():
            chosen = with_connection.cleaned_data["connection"]
            trial = try_connection(version=version, connection=chosen, by=by, at=now)
        elif tenant.is_valid() and credentials.is_valid():
            trial = try_values(
                version=version,
                tenant=tenant.cleaned_data["tenant"],
                values=credentials.cleaned_data,
                by=by,
                at=now,
            )
    except Refused as refused:
        show_refusal(credentials if sent else with_connection, refused)
    if trial is not None:
        door.log_change(request, version.connector, f"Tried {trial}.")
        level = messages.SUCCESS if trial.ok else messages.ERROR
        messages.add_message(request, level, str(trial.result["message"]))
        return HttpResponseRedirect(address(version))
    return door.page(
        request,
        "try.html",
        title=f"Try {version}",
        with_connection=with_connection if offered else None,
        tenant_form=tenant,
        form=credentials,
        **version_context(version),
    )


def roll_out_step(
    door: UploadedConnectorAdmin, request: HttpRequest, version: ConnectorVersion
) -> HttpResponse:
    form = RolloutForm(request.POST)
    if not form.is_valid():
        raise Refused("Choose at least one tenant.")
    tenants = list(form.cleaned_data["tenants"])
    waiting = roll_out(version=version, tenants=tenants, by=person(request), at=timezone.now())
    told = f"{version} is used by {', '.join(each.name for each in tenants)} from now on."
    told = f"{told} {enter_again_sentence(waiting)}".strip()
    door.log_change(request, version.connector, told)
    messages.add_message(request, messages.WARNING if waiting else messages.SUCCESS, told)
    return HttpResponseRedirect(address(version))
