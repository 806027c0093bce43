"""Long lists in pages. Every list has an order of its own that does not change between pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import inline_serializer
from rest_framework import serializers
from rest_framework.response import Response

from portal.api.inputs import StrictSerializer

PAGE_SIZE = 100
LARGEST_PAGE = 1000
LAST_PAGE = 1_000_000


class PageQuery(StrictSerializer):
    page = serializers.IntegerField(
        min_value=1, max_value=LAST_PAGE, default=1, help_text="Counted from 1."
    )
    page_size = serializers.IntegerField(
        min_value=1, max_value=LARGEST_PAGE, default=PAGE_SIZE, help_text="Entries on a page."
    )


def paged(
    items: QuerySet[Any] | Sequence[Any],
    *,
    query: dict[str, Any],
    form: type[serializers.BaseSerializer[Any]],
) -> Response:
    """The asked page of `items`; beyond the last page there is an empty one."""
    start = (query["page"] - 1) * query["page_size"]
    total = items.count() if isinstance(items, QuerySet) else len(items)
    part = items[start : start + query["page_size"]]
    return Response(
        {
            "total": total,
            "page": query["page"],
            "page_size": query["page_size"],
            "results": form(part, many=True).data,
        }
    )


def page_of(form: type[serializers.BaseSerializer[Any]], name: str) -> serializers.Serializer[Any]:
    """The form of such an answer, for the schema."""
    page: serializers.Serializer[Any] = inline_serializer(
        name=f"{name}Page",
        fields={
            "total": serializers.IntegerField(),
            "page": serializers.IntegerField(),
            "page_size": serializers.IntegerField(),
            "results": form(many=True),
        },
    )
    return page
