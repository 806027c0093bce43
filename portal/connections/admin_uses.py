"""The audit of credentials in the admin: who used them, and when. Nobody can change a line."""

from __future__ import annotations

from django.contrib import admin

from portal.connections.models import CredentialUse
from portal.tenants.door import ReadOnlyAdmin, display, moment


@admin.register(CredentialUse)
class CredentialUseAdmin(ReadOnlyAdmin):
    list_display = ("used", "connection_name", "act", "who", "place")
    list_filter = ("act",)
    search_fields = ("connection_name", "who")
    list_per_page = 50
    ordering = ("-pk",)
    fields = ("connection_name", "act", "who", "place", "used")
    readonly_fields = ("place", "used")

    @display(description="at (UTC)", ordering="at")
    def used(self, use: CredentialUse) -> str:
        return moment(use.at)

    @display(description="store", ordering="store")
    def place(self, use: CredentialUse) -> str:
        return use.store.rpartition(".")[2]
