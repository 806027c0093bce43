"""What is different in the admin: it sees all tenants, and its scripts evaluate expressions."""

from __future__ import annotations

from collections.abc import Callable

from csp.constants import SELF, UNSAFE_EVAL
from csp.decorators import csp_replace
from django.http import HttpRequest, HttpResponseBase
from django_scopes import scopes_disabled


class AdminSeesAllTenants:
    """Staff work across tenants there; everywhere else a query needs a tenant's scope."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path.startswith("/admin/") and request.user.is_staff:
            with scopes_disabled():
                return self.get_response(request)
        return self.get_response(request)


class AdminMayEvaluate:
    """unfold's pages are driven by Alpine, which evaluates what stands in their attributes."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.of_admin = csp_replace({"script-src": [SELF, UNSAFE_EVAL]})(get_response)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        is_admin = request.path.startswith("/admin/")
        response: HttpResponseBase = (self.of_admin if is_admin else self.get_response)(request)
        return response
