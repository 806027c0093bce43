"""Staff work across tenants in the admin; everywhere else a query needs a tenant's scope."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django_scopes import scopes_disabled


class AdminSeesAllTenants:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path.startswith("/admin/") and request.user.is_staff:
            with scopes_disabled():
                return self.get_response(request)
        return self.get_response(request)
