"""The rows of a published view, as JSON in pages or as one CSV file."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from decimal import Decimal
from math import isfinite
from tempfile import TemporaryFile
from typing import Any

from django.http import FileResponse, Http404
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.http import parse_etags
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, OpenApiTypes
from rest_framework import serializers
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api.describing import described
from portal.api.inputs import StrictSerializer, single_parameters, validated
from portal.api.paging import LARGEST_PAGE, LAST_PAGE, PAGE_SIZE
from portal.api.publications import PublicationView
from portal.costs.readings import note_reading
from portal.publications.export import as_csv
from portal.publications.filtered import Question, count, question, rows
from portal.publications.lake import lake
from portal.publications.manifest import Manifest
from portal.publications.reader import open_publication
from portal.publications.reading import Reading

# Kept by the caller alone, and asked for again each time: that costs next to nothing with an ETag.
CACHING = "private, no-cache"
PAGING = ("page", "page_size", "format")
NAMES = [
    OpenApiParameter("fields", str, description="The columns to show, with commas between."),
    OpenApiParameter(
        "order_by", str, description="Columns with commas between; `-` before one that descends."
    ),
    OpenApiParameter(
        "conditions",
        OpenApiTypes.OBJECT,
        style="form",
        explode=True,
        description="Any column as `column=value`, `column__gte=`, `column__lte=` or"
        ' `column__in=a,"b, c"`. All of them have to hold; none is true of an empty value.',
    ),
]


class CsvRenderer(BaseRenderer):
    """Only says that CSV can be had: it is written while it is read, not rendered."""

    media_type = "text/csv"
    format = "csv"


class PageOfRows(StrictSerializer):
    page = serializers.IntegerField(
        min_value=1, max_value=LAST_PAGE, required=False, help_text="Counted from 1."
    )
    page_size = serializers.IntegerField(
        min_value=1, max_value=LARGEST_PAGE, required=False, help_text="CSV without it: all rows."
    )
    format = serializers.ChoiceField(
        choices=["json", "csv"], required=False, help_text="Otherwise `Accept` decides."
    )


class RowsOutput(serializers.Serializer[Any]):
    publication = serializers.CharField()
    view = serializers.CharField()
    total = serializers.IntegerField()
    page = serializers.IntegerField()
    page_size = serializers.IntegerField()
    results = serializers.ListField(
        child=serializers.DictField(),
        help_text="Decimals are texts, so that they keep their digits.",
    )


class RowsApi(PublicationView):
    scopes = {"GET": "read"}
    renderer_classes = (JSONRenderer, CsvRenderer)

    @described(
        parameters=[PageOfRows, *NAMES],
        responses={
            (200, "application/json"): RowsOutput,
            (200, "text/csv"): OpenApiTypes.STR,
            304: OpenApiResponse(description="Nothing changed since the `If-None-Match` given."),
        },
    )
    def get(self, request: Request, tenant: str, publication: str, view: str) -> HttpResponseBase:
        """Give the rows of a published view, chosen and ordered as asked."""
        manifest = self.manifest(publication)
        if view not in manifest.views:
            raise Http404
        page, asked = _read(single_parameters(request), manifest, view)
        if self.key.tenant_id is not None:  # the platform's own keys are no readers
            note_reading(tenant=self.tenant, at=timezone.now())
        page.setdefault("format", request.accepted_renderer.format)
        headers = {"ETag": _etag(manifest, page, asked), "Cache-Control": CACHING}
        if _knows(request, headers["ETag"]):
            return Response(status=304, headers=headers)
        only = manifest.model_copy(update={"views": {view: manifest.views[view]}})
        with open_publication(lake=lake(), tenant=self.tenant.code, manifest=only) as reading:
            if page["format"] == "csv":
                return _csv(asked, page, reading=reading, headers=headers)
            return _json(asked, page, manifest, reading=reading, headers=headers)


def _read(
    parameters: dict[str, str], manifest: Manifest, view: str
) -> tuple[dict[str, Any], Question]:
    own = {name: parameters.pop(name) for name in PAGING if name in parameters}
    page = validated(PageOfRows, own)
    asked = question(
        name=view,
        view=manifest.views[view],
        fields=parameters.pop("fields", ""),
        order_by=parameters.pop("order_by", ""),
        conditions=parameters,
    )
    return page, asked


def _etag(manifest: Manifest, page: dict[str, Any], asked: Question) -> str:
    """The same rows in the same form have the same tag, however the question was written."""
    content = manifest.views[asked.view].sha256
    names = [column.name for column in asked.fields]
    values = [str(value) for value in asked.parameters.values()]
    said = [manifest.publication, content, page, names, asked.where, asked.order, values]
    return f'"{hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()}"'


def _knows(request: Request, etag: str) -> bool:
    known = parse_etags(request.headers.get("If-None-Match", ""))
    return "*" in known or etag in {each.removeprefix("W/") for each in known}


def _json(
    asked: Question,
    page: dict[str, Any],
    manifest: Manifest,
    *,
    reading: Reading,
    headers: dict[str, str],
) -> Response:
    limit, offset = _part(page)
    names = [column.name for column in asked.fields]
    found = rows(asked, reading=reading, limit=limit, offset=offset)
    body = {
        "publication": manifest.publication,
        "view": asked.view,
        "total": count(asked, reading=reading),
        "page": page.get("page", 1),
        "page_size": limit,
        "results": [dict(zip(names, map(_plain, row), strict=True)) for row in found],
    }
    return Response(body, headers=headers)


def _csv(
    asked: Question, page: dict[str, Any], *, reading: Reading, headers: dict[str, str]
) -> FileResponse:
    """Written to disk first: a slow reader then holds no query, and no error comes half-way."""
    limit, offset = _part(page) if "page" in page or "page_size" in page else (None, 0)
    found = rows(asked, reading=reading, limit=limit, offset=offset)
    file = TemporaryFile()  # noqa: SIM115 - the response closes it
    try:
        for text in as_csv([column.name for column in asked.fields], found):
            file.write(text.encode())
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return FileResponse(
        file,
        as_attachment=True,
        filename=f"{asked.view}.csv",
        content_type="text/csv; charset=utf-8",
        headers=headers,
    )


def _part(page: dict[str, Any]) -> tuple[int, int]:
    size = int(page.get("page_size", PAGE_SIZE))
    return size, (int(page.get("page", 1)) - 1) * size


def _plain(value: Any) -> Any:
    """In JSON's own kinds. A decimal is a text: readers would make a double of a number."""
    match value:
        case Decimal():
            return format(value, "f")
        case date():  # a datetime is one, too
            return value.isoformat()
        case float() if not isfinite(value):
            return None
        case _:
            return value
