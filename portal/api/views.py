"""What every door of the API is built on."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any, ClassVar

from csp.constants import HEADER
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django_scopes import scope
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.access.models import ApiKey
from portal.api import errors
from portal.tenants import selectors
from portal.tenants.models import Tenant


class ApiView(APIView):
    """One path of the API. `scopes` names what a key needs for each method."""

    scopes: ClassVar[Mapping[str, str]] = {}
    # Of these methods, what only a key without a tenant may do.
    platform_methods: ClassVar[frozenset[str]] = frozenset()
    http_method_names = ["get", "head", "post", "put", "patch", "delete"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with ExitStack() as self.opened:  # closed however the request ends
            return super().dispatch(request, *args, **kwargs)

    @property
    def key(self) -> ApiKey:
        """Whose request this is. Permissions have made sure that there is one."""
        key = self.request.auth
        assert isinstance(key, ApiKey), "HasScope lets nobody in without"  # noqa: S101 - for types
        return key

    def finalize_response(  # type: ignore[override]  # the stub forgets files
        self, request: Request, response: HttpResponseBase, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        if isinstance(response, Response) and response.content_type == errors.MEDIA_TYPE:
            # Whatever was asked for: a problem is JSON.
            request.accepted_renderer = JSONRenderer()
            request.accepted_media_type = errors.MEDIA_TYPE
        final: HttpResponseBase = super().finalize_response(
            request,
            response,  # type: ignore[arg-type]  # the stub forgets files
            *args,
            **kwargs,
        )
        if final.status_code != 405:
            # Elsewhere it says nothing, and would tell one 404 from another.
            del final.headers["Allow"]
        # One address gives different answers to different keys: nobody in between may keep one.
        final.headers.setdefault("Cache-Control", "no-store")
        final.headers.setdefault(HEADER, "default-src 'none'; frame-ancestors 'none'")
        patch_vary_headers(final, ["Authorization"])
        return final


class TenantView(ApiView):
    """A path below a tenant. A key of another tenant finds here what nobody finds: nothing."""

    tenant: Tenant

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.tenant = self._tenant(kwargs["tenant"])
        self.opened.enter_context(scope(tenant=self.tenant))

    def _tenant(self, slug: str) -> Tenant:
        own = self.key.tenant
        found = own if own is not None else selectors.tenants().filter(slug=slug).first()
        if found is None or found.slug != slug:
            raise Http404
        return found


class AnythingGoes(BaseContentNegotiation):
    """Where there is nothing, it does not matter in which form it was wanted."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> Any:
        return renderers[0], renderers[0].media_type


class NothingHereApi(ApiView):
    """Every address that no other door has, for everyone and with any method."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    content_negotiation_class = AnythingGoes
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise Http404
