"""The forms of the marketplace: an upload, and whose account a version is tried with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import QuerySet
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from portal.marketplace.services import LONGEST_NOTE
from portal.tenants.models import Tenant


class UploadForm(forms.Form):
    file = forms.FileField(
        label="Connector",
        help_text="A connector.yaml, or a zip of its folder with files of GraphQL, docs.md and"
        " samples. Up to 2 MB.",
        widget=UnfoldAdminFileFieldWidget,
    )
    note = forms.CharField(
        max_length=LONGEST_NOTE,
        label="What is new",
        help_text="For those who choose between versions.",
        widget=UnfoldAdminTextInputWidget,
    )


class TrialForm(forms.Form):
    """With the credentials of a connection."""

    connection: forms.ModelChoiceField[Any] = forms.ModelChoiceField(
        queryset=None,
        label="Connection",
        help_text="Its credentials were entered for this connector, and go to the same place.",
        widget=UnfoldAdminSelectWidget,
    )

    def __init__(self, connections: QuerySet[Any], data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data)
        self.fields["connection"].queryset = connections  # type: ignore[attr-defined]


class TenantForm(forms.Form):
    """Whose account it is that credentials are typed in for."""

    tenant = forms.ModelChoiceField(
        queryset=Tenant.objects.order_by("name"),
        help_text="Whose account it is. Times are read in its time zone.",
        widget=UnfoldAdminSelectWidget,
    )


class RolloutForm(forms.Form):
    tenants = forms.ModelMultipleChoiceField(
        queryset=Tenant.objects.order_by("name"),
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        error_messages={"required": "Choose at least one tenant."},
    )
