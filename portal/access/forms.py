"""The form of a new API key."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelect2Widget,
    UnfoldAdminTextInputWidget,
)

from portal.access.services import PLATFORM_SCOPES, check_new_key
from portal.lib.errors import Refused
from portal.tenants.door import date_input, show_refusal
from portal.tenants.models import Tenant

SCOPES = {
    "read": "read: see tenants, connections, runs and published numbers",
    "write": "write: change connections and start runs",
    "platform": "platform: run the platform itself; not for a tenant",
    "flows": "flows: what the worker needs; not for a tenant",
}


class NewKeyForm(forms.Form):
    name = forms.CharField(
        max_length=80,
        widget=UnfoldAdminTextInputWidget,
        help_text="Who or what will use it, such as “month-end report”.",
    )
    tenant = forms.ModelChoiceField(
        queryset=Tenant.objects.order_by("name"),
        required=False,
        empty_label="The platform: every tenant",
        widget=UnfoldAdminSelect2Widget,
    )
    scopes = forms.MultipleChoiceField(
        choices=[(scope, SCOPES[scope]) for scope in PLATFORM_SCOPES],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        error_messages={"required": "Choose at least one scope."},
    )
    expires_at = forms.DateTimeField(
        required=False,
        label="Expires",
        help_text="The key stops working at the beginning of this day (UTC). Empty: never.",
        widget=date_input(),
    )

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        if not self.errors:
            try:
                check_new_key(**values, at=timezone.now())
            except Refused as refused:
                show_refusal(self, refused)
        return values
