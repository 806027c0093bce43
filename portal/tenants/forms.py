"""The forms of a tenant and its members."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from unfold.widgets import UnfoldAdminSelect2Widget, UnfoldAdminSelectWidget

from portal.tenants.door import ServiceForm
from portal.tenants.models import Tenant
from portal.tenants.services import check_tenant


def time_zones() -> list[tuple[str, str]]:
    return [(name, name) for name in sorted(available_timezones())]


def engines() -> list[tuple[str, str]]:
    return [(name, Tenant.Engine[name].label) for name in settings.ENGINES]


class TenantForm(ServiceForm):
    time_zone = forms.ChoiceField(
        choices=time_zones,
        initial="Europe/Berlin",
        widget=UnfoldAdminSelect2Widget,
        help_text="Schedules and business days follow it.",
    )

    engine = forms.ChoiceField(
        choices=engines,
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text="Where its warehouse is. `manage.py move` changes it later.",
    )

    class Meta:
        model = Tenant
        fields = ("slug", "name", "time_zone", "currency", "country", "engine")

    def clean_currency(self) -> Any:
        return self.cleaned_data["currency"].upper()

    def clean_country(self) -> Any:
        return self.cleaned_data["country"].upper()

    def check_values(self) -> None:
        check_tenant(self.instance)
