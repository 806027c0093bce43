"""What can be connected, and what a form has to ask for."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from flows.connectors.catalog import connectors
from flows.connectors.spec import Connector
from portal.api.describing import described
from portal.api.inputs import from_query
from portal.api.paging import PageQuery, page_of, paged
from portal.api.views import ApiView
from portal.marketplace.selectors import connectors_for, versions_in_use
from portal.marketplace.wording import preview_sentence

FIELD_KINDS = ["text", "url"]


class CredentialFieldSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    title = serializers.CharField()
    help = serializers.CharField()
    kind = serializers.ChoiceField(choices=FIELD_KINDS)
    pattern = serializers.CharField(allow_null=True, help_text="A value has to match it whole.")
    is_secret = serializers.BooleanField()
    is_optional = serializers.BooleanField()
    default = serializers.CharField(allow_null=True)


class StreamSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    title = serializers.CharField()
    is_required = serializers.BooleanField(help_text="The analytics cannot be built without it.")


class ConnectorsApi(ApiView):
    scopes = {"GET": "read"}

    class OutputSerializer(serializers.Serializer[Any]):
        name = serializers.CharField()
        title = serializers.CharField()
        is_preview = serializers.BooleanField(
            help_text="Not all of it could be checked against the vendor's documents or an account."
        )
        note = serializers.CharField(help_text="What to know before choosing it; may be empty.")
        uploaded_version = serializers.IntegerField(
            allow_null=True, help_text="Null for a connector that comes with Mercurios."
        )
        credentials = CredentialFieldSerializer(many=True)
        streams = StreamSerializer(many=True)

    @described(parameters=[PageQuery], responses=page_of(OutputSerializer, "Connector"))
    def get(self, request: Request) -> Response:
        """List the connectors with the credentials they ask for and the streams they can read.

        With a tenant's key also those that were uploaded and rolled out to this tenant.
        """
        query = from_query(PageQuery, request)
        tenant = self.key.tenant
        found = connectors() if tenant is None else connectors_for(tenant)
        versions = {} if tenant is None else versions_in_use(tenant)
        shown = [_as_form(each, versions.get(name)) for name, each in sorted(found.items())]
        return paged(shown, query=query, form=self.OutputSerializer)


def _as_form(connector: Connector, version: int | None) -> dict[str, Any]:
    return {
        "name": connector.name,
        "title": connector.title,
        "is_preview": connector.preview,
        "note": preview_sentence(connector),
        "uploaded_version": version,
        "credentials": [
            {
                "name": name,
                "title": field.title,
                "help": field.help,
                "kind": field.kind,
                "pattern": field.pattern,
                "is_secret": field.secret,
                "is_optional": field.optional,
                "default": field.default,
            }
            for name, field in connector.credentials.items()
        ],
        "streams": [
            {"name": name, "title": stream.title, "is_required": stream.required}
            for name, stream in connector.streams.items()
        ],
    }
