"""Snowflake in the admin: what was last seen of the account, what to do about it, and the audit."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
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
from django.utils.html import format_html

from portal.lib.errors import Refused
from portal.pipelines.prefect import prefect_api, ui_link
from portal.runs.shown import one_line
from portal.tenants.door import ReadOnlyAdmin, display, moment, show_refusal
from portal.warehouses.allowed import is_shown_to, why_not
from portal.warehouses.forms import ConfirmForm
from portal.warehouses.models import ON_REQUEST, Action, WarehouseAction
from portal.warehouses.selectors import account_state, actions, affected, is_waiting
from portal.warehouses.services import Wish, ask, refuse
from portal.warehouses.shown import buttons, outcome_label, state_context
from portal.warehouses.wording import WORDINGS, does

Outcome = WarehouseAction.Outcome
LIST = "admin:warehouses_warehouseaction_changelist"


@admin.register(WarehouseAction)
class WarehouseActionAdmin(ReadOnlyAdmin):
    list_display = ("requested", "what", "who", "ended_as", "said", "prefect")
    list_filter = ("outcome",)
    list_per_page = 25
    list_fullwidth = True
    ordering = ("-pk",)
    list_before_template = "admin/warehouses/warehouseaction/state.html"
    fields = (("what", "ended_as"), "who", ("requested", "ended"), "report", "prefect")

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return is_shown_to(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_shown_to(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[WarehouseAction]:
        return actions()

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return ["what", "ended_as", "requested", "ended", "prefect"]

    def get_urls(self) -> list[URLPattern]:
        route = path("do/<slug:action>/", self.act_view, name="warehouses_warehouseaction_do")
        urls: list[URLPattern] = super().get_urls()
        return [route, *urls]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {
            **(extra_context or {}),
            "title": "Snowflake",
            "watches": is_waiting(),
            **buttons(),
            **state_context(account_state()),
        }
        response: HttpResponse = super().changelist_view(request, context)
        return response

    def act_view(self, request: HttpRequest, action: str) -> HttpResponse:
        """Ask whether it is meant, and do it. What a person tries and may not do is written down.

        A form that another website sends fails before this, for want of its token.
        """
        user = request.user
        has_tried = request.method == "POST" and user.is_authenticated
        if has_tried and (why := why_not(user=user, action=action)):
            refuse(Wish(action=action, who=user.get_username()), why=why, at=timezone.now())
        response: HttpResponse = self.admin_site.admin_view(self._confirm_view)(request, action)
        return response

    def _confirm_view(self, request: HttpRequest, action: str) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        if action not in ON_REQUEST:
            raise Http404
        if request.method not in {"GET", "POST"}:
            return HttpResponseNotAllowed(["GET", "POST"])
        wanted = Action(action)
        form = ConfirmForm(
            WORDINGS[wanted].typed, request.POST if request.method == "POST" else None
        )
        if form.is_valid():
            wish = Wish(action, request.user.get_username(), form.cleaned_data["code"])
            try:
                row = ask(wish, api=prefect_api(is_patient=False), at=timezone.now())
            except Refused as refused:
                show_refusal(form, refused)
            else:
                _tell(request, row)
                return HttpResponseRedirect(reverse(LIST))
        return self._page(request, wanted, form)

    def _page(self, request: HttpRequest, action: Action, form: ConfirmForm) -> HttpResponse:
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": action.label,
            "form": form,
            "does": does(action, affected()),
            "wording": WORDINGS[action],
            "list_url": reverse(LIST),
        }
        template = "admin/warehouses/warehouseaction/confirm.html"
        return TemplateResponse(request, template, context)

    @display(description="asked (UTC)", ordering="at")
    def requested(self, row: WarehouseAction) -> str:
        return one_line(moment(row.at))

    @display(description="ended (UTC)")
    def ended(self, row: WarehouseAction) -> str:
        return moment(row.ended_at)

    @display(description="action", ordering="action")
    def what(self, row: WarehouseAction) -> str:
        return row.title

    @display(description="outcome", ordering="outcome")
    def ended_as(self, row: WarehouseAction) -> str:
        return outcome_label(row)

    @display(description="report")
    def said(self, row: WarehouseAction) -> str:
        first, *others = row.report.splitlines() or [""]
        more = f" (and {len(others)} more)" if others else ""
        return format_html(
            '<span class="block truncate" style="max-width: 20rem" title="{0}">{0}{1}</span>',
            first,
            more,
        )

    @display(description="Prefect")
    def prefect(self, row: WarehouseAction) -> str:
        if row.flow_run_id is None:
            return ""
        link = ui_link("runs/flow-run", row.flow_run_id)
        return format_html('<a href="{}" class="text-link" target="_blank">Logs</a>', link)


def _tell(request: HttpRequest, row: WarehouseAction) -> None:
    match row.outcome:
        case Outcome.REQUESTED:
            messages.success(request, f"{row.title}: it starts as soon as a worker is free.")
        case Outcome.NOT_STARTED:
            messages.error(request, f"{row.title} was not started. {row.report}")
        case _:
            messages.info(request, f"{row.title} has ended: {row.get_outcome_display().lower()}.")
