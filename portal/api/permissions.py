"""What a key may do: each view names the scope that each of its methods needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.exceptions import MethodNotAllowed, NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from portal.access.models import ApiKey

if TYPE_CHECKING:
    from rest_framework.views import APIView

# What no key of a tenant may do, whatever its row says.
OF_THE_PLATFORM = frozenset({"flows", "platform"})


class HasScope(BasePermission):
    """A view without `scopes` lets nobody in: forgetting to decide is a refusal.

    `platform_methods` of a view are for keys without a tenant alone.
    """

    message = "This key may not do that: it lacks the scope."

    def has_permission(self, request: Request, view: APIView) -> bool:
        key = request.auth
        if not isinstance(key, ApiKey):
            raise NotAuthenticated("Send an API key as bearer token.")
        method = request.method or ""
        if method not in view.allowed_methods:
            raise MethodNotAllowed(method)
        needed = needed_scope(view, method)
        if needed is None or needed not in key.scopes:
            return False
        return key.tenant_id is None or not is_for_platform(view, method)


def needed_scope(view: APIView | type[APIView], method: str) -> str | None:
    """Asking for the headers alone needs what asking for the whole needs."""
    scope: str | None = getattr(view, "scopes", {}).get("GET" if method == "HEAD" else method)
    return scope


def is_for_platform(view: APIView | type[APIView], method: str) -> bool:
    return needed_scope(view, method) in OF_THE_PLATFORM or method in getattr(
        view, "platform_methods", ()
    )
