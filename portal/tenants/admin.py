"""Tenants and their members in the admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Model, QuerySet
from django.forms import BaseFormSet, ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold.admin import TabularInline

from portal.connections.admin_shown import connections_table
from portal.lib.errors import Refused
from portal.pipelines.onboarding import converge_tenant
from portal.pipelines.prefect import prefect_api
from portal.tenants.door import ServiceAdmin, display, refusal
from portal.tenants.forms import TenantForm
from portal.tenants.models import Member, Tenant
from portal.tenants.services import (
    add_member,
    check_removable,
    create_tenant,
    remove_member,
    remove_tenant,
    update_tenant,
)


class MemberInline(TabularInline):  # type: ignore[misc]  # untyped library
    model = Member
    fields = ("user", "role")
    autocomplete_fields = ("user",)
    extra = 0
    verbose_name_plural = "Members: who may see this tenant's pages"


@admin.register(Tenant)
class TenantAdmin(ServiceAdmin):
    form = TenantForm
    inlines = (MemberInline,)
    list_display = ("name", "slug", "time_zone", "currency", "country", "connections", "pages")
    search_fields = ("slug", "name")
    ordering = ("name",)
    add_fieldsets = (
        (None, {"fields": ("slug", "name", "time_zone", "currency", "country", "engine")}),
    )
    fieldsets = (
        (None, {"fields": ("slug", "name", "time_zone", "currency", "country", "engine", "code")}),
    )
    change_form_outer_before_template = "admin/tenants/tenant/connections.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tenant]:
        found: QuerySet[Tenant] = super().get_queryset(request)
        return found.annotate(connection_count=Count("connections"))

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return ["slug", "engine", "code"] if obj else []

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """One at a time: each has connections to look at first."""
        actions: dict[str, Any] = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    @display(description="connections", ordering="connection_count")
    def connections(self, tenant: Tenant) -> str:
        address = reverse("admin:connections_connection_changelist")
        count = getattr(tenant, "connection_count", 0)
        return format_html('<a href="{}?tenant={}">{}</a>', address, tenant.pk, count)

    @display(description="pages")
    def pages(self, tenant: Tenant) -> str:
        return format_html('<a href="/t/{}/" class="text-link">Open</a>', tenant.slug)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        tenant = self.get_object(request, object_id)
        found = connections_table(tenant) if tenant else None
        context = {
            **(extra_context or {}),
            "tenant_connections": found,
            "tenant_pk": str(tenant and tenant.pk),
        }
        before = tenant and tenant.time_zone
        response: HttpResponse = super().change_view(request, object_id, form_url, context)
        if tenant and response.status_code == 302:
            tenant.refresh_from_db()
            if tenant.time_zone != before:
                _tell_prefect(request, tenant)
        return response

    def save_model(
        self, request: HttpRequest, obj: Tenant, form: ModelForm[Tenant], change: bool
    ) -> None:
        values = {name: getattr(obj, name) for name in ("name", "time_zone", "currency", "country")}
        if change:
            update_tenant(tenant=obj, **values)
        else:
            # The members' formset holds on to this very object, so it becomes the stored one.
            engine = form.cleaned_data["engine"]
            vars(obj).update(vars(create_tenant(slug=obj.slug, engine=engine, **values)))

    def save_formset(
        self, request: HttpRequest, form: Any, formset: BaseFormSet[Any], change: bool
    ) -> None:
        formset.save(commit=False)  # type: ignore[attr-defined]  # a model's formset has it
        for member in formset.deleted_objects:  # type: ignore[attr-defined]
            remove_member(member=member)
        for member, changed in formset.changed_objects:  # type: ignore[attr-defined]
            if "user" in changed:
                remove_member(member=Member.objects.get(pk=member.pk))
            add_member(tenant=member.tenant, user=member.user, role=member.role)
        for member in formset.new_objects:  # type: ignore[attr-defined]
            add_member(tenant=member.tenant, user=member.user, role=member.role)

    def response_add(
        self, request: HttpRequest, obj: Tenant, post_url_continue: str | None = None
    ) -> HttpResponse:
        if "_addanother" in request.POST or "_popup" in request.POST:
            response: HttpResponse = super().response_add(request, obj, post_url_continue)
            return response
        messages.success(request, f"{obj} is a tenant now. Add the connection to its tills next.")
        return HttpResponseRedirect(reverse("admin:tenants_tenant_change", args=[obj.pk]))

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        tenant = self.get_object(request, object_id)
        try:
            if tenant and self.has_delete_permission(request, tenant):
                check_removable(tenant)
            response: HttpResponse = super().delete_view(request, object_id, extra_context)
        except Refused as refused:
            page = reverse("admin:tenants_tenant_change", args=[object_id])
            return refusal(request, refused, to=page)
        return response

    def goes_with(self, obj: Model) -> list[str]:
        return ["its members' access", "its API keys"]

    def delete_model(self, request: HttpRequest, obj: Tenant) -> None:
        remove_tenant(tenant=obj)


def _tell_prefect(request: HttpRequest, tenant: Tenant) -> None:
    """The schedules of its deployments are in its time zone."""
    told = converge_tenant(tenant=tenant, api=prefect_api(is_patient=False), at=timezone.now())
    if problems := [pipeline.problem for pipeline in told if pipeline.problem]:
        messages.warning(
            request, f"{problems[0]} The new time zone will be applied as soon as it answers."
        )
