"""How often one key may ask. Flow runs may as often as they need: they report as they go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from portal.access.models import ApiKey
from portal.api.permissions import needed_scope

if TYPE_CHECKING:
    from rest_framework.views import APIView


class KeyThrottle(SimpleRateThrottle):
    """Each key has its own count, so that one busy program does not slow another."""

    scope = "key"

    def get_rate(self) -> str:
        return str(settings.API_RATE)

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        key = request.auth
        if not isinstance(key, ApiKey) or needed_scope(view, request.method or "") == "flows":
            return None
        return f"api-key-{key.code}"
