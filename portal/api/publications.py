"""What was published, and what its numbers mean."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api.describing import described
from portal.api.inputs import from_query
from portal.api.paging import PageQuery, page_of, paged
from portal.api.views import TenantView
from portal.publications.lake import lake
from portal.publications.manifest import Manifest
from portal.publications.reader import (
    NoSuchPublication,
    NothingPublished,
    publications,
    read_manifest,
)

CURRENT = "current"


class ColumnOutput(serializers.Serializer[Any]):
    name = serializers.CharField()
    type = serializers.CharField(help_text="As DuckDB calls it, such as `DECIMAL(18,2)`.")
    description = serializers.CharField()


class ViewOutput(serializers.Serializer[Any]):
    name = serializers.CharField()
    description = serializers.CharField()
    rows = serializers.IntegerField()
    columns = ColumnOutput(many=True)


class PublicationOutput(serializers.Serializer[Any]):
    publication = serializers.CharField()
    published_at = serializers.DateTimeField()
    landed_through = serializers.DateTimeField(allow_null=True)
    run = serializers.UUIDField(allow_null=True)
    views = ViewOutput(many=True)


class PublicationView(TenantView):
    """A path below a publication; `current` stands for the newest."""

    def manifest(self, publication: str) -> Manifest:
        name = None if publication == CURRENT else publication
        try:
            return read_manifest(lake=lake(), tenant=self.tenant.code, publication=name)
        except (NothingPublished, NoSuchPublication) as error:
            raise Http404 from error


class PublicationsApi(PublicationView):
    scopes = {"GET": "read"}

    class OutputSerializer(serializers.Serializer[Any]):
        publication = serializers.CharField(help_text="It begins with the time, in UTC.")
        is_current = serializers.BooleanField()

    @described(parameters=[PageQuery], responses=page_of(OutputSerializer, "Publication"))
    def get(self, request: Request, tenant: str) -> Response:
        """List the publications, the newest first."""
        query = from_query(PageQuery, request)
        names = publications(lake=lake(), tenant=self.tenant.code)
        found = [
            {"publication": name, "is_current": number == 0} for number, name in enumerate(names)
        ]
        return paged(found, query=query, form=self.OutputSerializer)


class PublicationApi(PublicationView):
    scopes = {"GET": "read"}

    @described(responses=PublicationOutput)
    def get(self, request: Request, tenant: str, publication: str) -> Response:
        """Show a publication, or the `current` one, with its views and what their columns mean."""
        manifest = self.manifest(publication)
        shown = {
            "publication": manifest.publication,
            "published_at": manifest.published_at,
            "landed_through": manifest.landed_through,
            "run": manifest.run,
            "views": [
                {
                    "name": name,
                    "description": view.description,
                    "rows": view.rows,
                    "columns": [column.model_dump() for column in view.columns],
                }
                for name, view in sorted(manifest.views.items())
            ],
        }
        return Response(PublicationOutput(shown).data)
