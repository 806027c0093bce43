"""The connectors that were uploaded, with all their versions. Scope `platform`."""

from __future__ import annotations

from typing import Any

from django_scopes import scopes_disabled
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api.describing import described
from portal.api.inputs import from_query
from portal.api.paging import PageQuery, page_of, paged
from portal.api.views import ApiView
from portal.marketplace.models import ConnectorVersion, UploadedConnector
from portal.marketplace.selectors import (
    has_succeeded,
    rollouts_of,
    uploaded_connectors,
    versions_of,
)


class UploadedVersionSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    digest = serializers.CharField(help_text="The SHA-256 of its texts.")
    note = serializers.CharField()
    who = serializers.CharField()
    uploaded_at = serializers.DateTimeField()
    has_been_tried = serializers.BooleanField(help_text="Whether a trial of it has succeeded.")
    tenants = serializers.ListField(
        child=serializers.CharField(), help_text="The slugs of the tenants that use it."
    )


class UploadedConnectorsApi(ApiView):
    scopes = {"GET": "platform"}

    class OutputSerializer(serializers.Serializer[Any]):
        name = serializers.CharField()
        title = serializers.CharField()
        versions = UploadedVersionSerializer(many=True)

    @described(parameters=[PageQuery], responses=page_of(OutputSerializer, "UploadedConnector"))
    def get(self, request: Request) -> Response:
        """List the uploaded connectors with their versions, the newest first."""
        query = from_query(PageQuery, request)
        with scopes_disabled():  # all tenants are asked for
            shown = [_shown(each) for each in uploaded_connectors()]
        return paged(shown, query=query, form=self.OutputSerializer)


def _shown(connector: UploadedConnector) -> dict[str, Any]:
    users: dict[int, list[str]] = {}
    for rollout in rollouts_of(connector):
        if rollout.version_id is not None:
            users.setdefault(rollout.version_id, []).append(rollout.tenant.slug)
    return {
        "name": connector.name,
        "title": connector.title,
        "versions": [_version(each, users.get(each.pk, [])) for each in versions_of(connector)],
    }


def _version(version: ConnectorVersion, tenants: list[str]) -> dict[str, Any]:
    return {
        "number": version.number,
        "digest": version.digest,
        "note": version.note,
        "who": version.who,
        "uploaded_at": version.uploaded_at,
        "has_been_tried": has_succeeded(version),
        "tenants": tenants,
    }
