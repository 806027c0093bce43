"""The keys of a tenant. What a key opens is shown once, when it is issued."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal.access import services
from portal.access.tenant_keys import keys_of
from portal.api.describing import described
from portal.api.inputs import StrictSerializer, from_body, from_query
from portal.api.paging import PageQuery, page_of, paged
from portal.api.views import TenantView
from portal.lib.errors import Refused


class KeyOutput(serializers.Serializer[Any]):
    code = serializers.UUIDField()
    name = serializers.CharField()
    hint = serializers.CharField(help_text="How the secret begins.")
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=services.TENANT_SCOPES))
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)
    last_used_at = serializers.DateTimeField(allow_null=True)


class IssuedKeyOutput(KeyOutput):
    secret = serializers.CharField(help_text="Shown here and never again.")


class KeysApi(TenantView):
    scopes = {"GET": "read", "POST": "write"}

    class InputSerializer(StrictSerializer):
        name = serializers.CharField(max_length=80)
        scopes = serializers.ListField(
            child=serializers.ChoiceField(choices=services.TENANT_SCOPES), min_length=1
        )
        expires_at = serializers.DateTimeField(allow_null=True, default=None)

    @described(parameters=[PageQuery], responses=page_of(KeyOutput, "Key"))
    def get(self, request: Request, tenant: str) -> Response:
        """List the tenant's keys, the newest first; expired and revoked ones stay listed."""
        query = from_query(PageQuery, request)
        return paged(keys_of(self.tenant), query=query, form=KeyOutput)

    @described(request=InputSerializer, responses={201: IssuedKeyOutput})
    def post(self, request: Request, tenant: str) -> Response:
        """Issue a key with scopes that the asking key has itself, and no longer life."""
        asked = from_body(self.InputSerializer, request)
        if not set(asked["scopes"]) <= set(self.key.scopes):
            raise Refused("A key can pass on only the scopes it has itself.", field="scopes")
        asked["expires_at"] = services.expiry_within(self.key, asked=asked["expires_at"])
        issued = services.issue_key(tenant=self.tenant, at=timezone.now(), **asked)
        shown = {**KeyOutput(issued.key).data, "secret": issued.secret}
        return Response(shown, status=201)


class KeyApi(TenantView):
    scopes = {"DELETE": "write"}

    @described(responses={204: None})
    def delete(self, request: Request, tenant: str, code: UUID) -> Response:
        """Revoke a key. It opens nothing from the next request on."""
        key = keys_of(self.tenant).filter(code=code).first()  # the code is unique
        if key is None:
            raise Http404
        services.revoke_key(key=key, at=timezone.now())
        return Response(status=204)
