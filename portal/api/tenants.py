"""The tenants a key reaches: all of them for the platform, its own for a tenant."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api.describing import described
from portal.api.inputs import StrictSerializer, from_body, from_query
from portal.api.paging import PageQuery, page_of, paged
from portal.api.views import ApiView, TenantView
from portal.pipelines.prefect import prefect_api
from portal.pipelines.wanted import change_tenant
from portal.tenants import selectors, services
from portal.tenants.models import Tenant


class TenantOutput(serializers.Serializer[Any]):
    slug = serializers.CharField()
    code = serializers.UUIDField(help_text="The `tenant_id` of all its data.")
    name = serializers.CharField()
    time_zone = serializers.CharField()
    currency = serializers.CharField()
    country = serializers.CharField()
    engine = serializers.CharField()
    created_at = serializers.DateTimeField()


class TenantsApi(ApiView):
    scopes = {"GET": "read", "POST": "write"}
    platform_methods = frozenset({"POST"})

    class InputSerializer(StrictSerializer):
        slug = serializers.CharField(max_length=40)
        name = serializers.CharField(max_length=120)
        time_zone = serializers.CharField(max_length=64, default="Europe/Berlin")
        currency = serializers.CharField(max_length=3, default="EUR")
        country = serializers.CharField(max_length=2, default="DE")
        engine = serializers.ChoiceField(
            choices=Tenant.Engine.choices,
            required=False,
            help_text="Where its warehouse is; the installation's first if left out.",
        )

    @described(parameters=[PageQuery], responses=page_of(TenantOutput, "Tenant"))
    def get(self, request: Request) -> Response:
        """List the tenants this key reaches, by slug."""
        query = from_query(PageQuery, request)
        found = selectors.tenants()
        if self.key.tenant_id is not None:
            found = found.filter(pk=self.key.tenant_id)
        return paged(found, query=query, form=TenantOutput)

    @described(request=InputSerializer, responses={201: TenantOutput})
    def post(self, request: Request) -> Response:
        """Create a tenant."""
        asked = from_body(self.InputSerializer, request)
        tenant = services.create_tenant(**asked)
        return Response(TenantOutput(tenant).data, status=201)


class TenantApi(TenantView):
    scopes = {"GET": "read", "PATCH": "write"}

    class InputSerializer(StrictSerializer):
        name = serializers.CharField(max_length=120, required=False)
        time_zone = serializers.CharField(max_length=64, required=False)
        currency = serializers.CharField(max_length=3, required=False)
        country = serializers.CharField(max_length=2, required=False)

    @described(responses=TenantOutput)
    def get(self, request: Request, tenant: str) -> Response:
        """Show a tenant."""
        return Response(TenantOutput(self.tenant).data)

    @described(request=InputSerializer, responses=TenantOutput)
    def patch(self, request: Request, tenant: str) -> Response:
        """Change a tenant's name, time zone, currency or country."""
        asked = from_body(self.InputSerializer, request)
        changed = change_tenant(
            tenant=self.tenant, changes=asked, api=prefect_api(), at=timezone.now()
        )
        return Response(TenantOutput(changed).data)
