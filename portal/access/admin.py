"""API keys and users in the admin. A key's secret is in one answer and nowhere else."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from portal.access.forms import NewKeyForm
from portal.access.models import ApiKey
from portal.access.services import issue_key, revoke_key
from portal.lib.errors import Refused
from portal.tenants.door import display, moment, show_refusal

admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):  # type: ignore[misc,type-arg]  # untyped library
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    filter_horizontal = ()  # two lists side by side are wider than the page


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):  # type: ignore[misc]  # untyped library
    pass


@admin.register(ApiKey)
class ApiKeyAdmin(ModelAdmin):  # type: ignore[misc]  # untyped library
    list_display = (
        "name",
        "owner",
        "hint",
        "scopes_shown",
        "state",
        "created",
        "expires",
        "last_used",
    )
    list_select_related = ("tenant",)
    list_filter = (("tenant", admin.RelatedOnlyFieldListFilter),)
    search_fields = ("name", "hint", "tenant__slug")
    ordering = ("-pk",)
    actions = ("revoke",)
    fields = (
        ("name", "owner"),
        ("hint", "state"),
        "scopes_shown",
        ("created", "expires"),
        ("revoked", "last_used"),
    )

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """A key is issued and revoked; what it may do never changes in between."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """A revoked key stays, so that one can see that there was one."""
        return False

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("access.change_apikey")

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        times = ["created", "expires", "revoked", "last_used"]
        return ["owner", "state", "scopes_shown", "hint", *times]

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = NewKeyForm(request.POST if request.method == "POST" else None)
        context = {**self.admin_site.each_context(request), "opts": self.opts, "form": form}
        if form.is_valid():
            try:
                issued = issue_key(**form.cleaned_data, at=timezone.now())
            except Refused as refused:
                show_refusal(form, refused)
            else:
                self.log_addition(request, issued.key, "Issued the key.")
                # The secret is in this answer alone: no redirect, so nothing has to remember it.
                context |= {"title": "New key", "key": issued.key, "secret": issued.secret}
                return _unstored(request, "admin/access/apikey/issued.html", context)
        context |= {"title": "Issue an API key"}
        return TemplateResponse(request, "admin/access/apikey/issue.html", context)

    @admin.action(description="Revoke", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        for key in queryset:
            revoke_key(key=key, at=timezone.now())
            self.log_change(request, key, "Revoked the key.")
            messages.success(request, f"{key} is revoked and no longer works.")

    @display(description="for", ordering="tenant__slug")
    def owner(self, key: ApiKey) -> str:
        return str(key.tenant) if key.tenant else "The platform"

    @display(description="created (UTC)", ordering="created_at")
    def created(self, key: ApiKey) -> str:
        return moment(key.created_at)

    @display(description="expires (UTC)", ordering="expires_at")
    def expires(self, key: ApiKey) -> str:
        return moment(key.expires_at) or "never"

    @display(description="revoked (UTC)")
    def revoked(self, key: ApiKey) -> str:
        return moment(key.revoked_at)

    @display(description="last used (UTC)", ordering="last_used_at")
    def last_used(self, key: ApiKey) -> str:
        return moment(key.last_used_at)

    @display(description="scopes")
    def scopes_shown(self, key: ApiKey) -> str:
        return ", ".join(key.scopes)

    @display(description="state", label={"Usable": "success", "Expired": "warning"})
    def state(self, key: ApiKey) -> str:
        if key.revoked_at:
            return "Revoked"
        is_expired = key.expires_at is not None and key.expires_at <= timezone.now()
        return "Expired" if is_expired else "Usable"


def _unstored(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    return TemplateResponse(request, template, context, headers={"Cache-Control": "no-store"})
