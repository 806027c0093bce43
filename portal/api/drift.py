"""How the fields of a tenant's streams have changed, and saying that somebody has seen it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api.describing import described
from portal.api.inputs import StrictSerializer, from_body, from_query
from portal.api.paging import PageQuery, page_of, paged
from portal.api.views import TenantView
from portal.drift.models import MOST_FIELDS, MOST_RECORDS, NAME_LENGTH, DriftEvent
from portal.drift.selectors import drift_events
from portal.drift.services import POLICIES, acknowledge, take_in


class FieldNames(serializers.ListField):
    child = serializers.CharField(max_length=NAME_LENGTH, allow_blank=True, trim_whitespace=False)


class DriftInput(StrictSerializer):
    """What a run saw of the fields of a stream. Names only: no value belongs here."""

    policy = serializers.ChoiceField(choices=sorted(POLICIES))
    appeared = serializers.DictField(
        child=serializers.IntegerField(min_value=1, max_value=MOST_RECORDS),
        default=dict,
        help_text="Fields that are new, and in how many records they are at least.",
    )
    learned = FieldNames(
        default=list,
        max_length=MOST_FIELDS,
        help_text="The fields of a stream of which nothing was known.",
    )
    vanished = FieldNames(
        default=list, max_length=2 * MOST_FIELDS, help_text="Known, and in no record of all."
    )
    returned = FieldNames(
        default=list, max_length=2 * MOST_FIELDS, help_text="In no record of all before, and back."
    )
    is_flooded = serializers.BooleanField(
        default=False, help_text="There are more names than are noted."
    )

    def validate_appeared(self, appeared: dict[str, int]) -> dict[str, int]:
        if len(appeared) > MOST_FIELDS or any(len(name) > NAME_LENGTH for name in appeared):
            raise serializers.ValidationError(
                f"At most {MOST_FIELDS} names of {NAME_LENGTH} characters."
            )
        return appeared


class DriftOutput(serializers.Serializer[Any]):
    code = serializers.UUIDField()
    connection = serializers.CharField(source="connection.name")
    stream = serializers.CharField()
    field = serializers.CharField()
    kind = serializers.ChoiceField(choices=DriftEvent.Kind.choices)
    records = serializers.IntegerField(help_text="That had the field, at least.")
    run = serializers.UUIDField(
        source="run.code", default=None, allow_null=True, help_text="That saw it first."
    )
    last_run = serializers.UUIDField(source="last_run.code", default=None, allow_null=True)
    first_seen_at = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField()
    acknowledged_at = serializers.DateTimeField(allow_null=True)
    acknowledged_by = serializers.CharField()


class DriftQuery(PageQuery):
    kind = serializers.ChoiceField(choices=DriftEvent.Kind.choices, required=False)
    connection = serializers.CharField(max_length=40, required=False)
    stream = serializers.CharField(max_length=60, required=False)
    run = serializers.UUIDField(required=False, help_text="That saw it first.")
    acknowledged = serializers.BooleanField(required=False, allow_null=True, default=None)


class DriftEventsApi(TenantView):
    scopes = {"GET": "read"}

    @described(parameters=[DriftQuery], responses=page_of(DriftOutput, "DriftEvent"))
    def get(self, request: Request, tenant: str) -> Response:
        """List how the fields of streams have changed, what was seen last first."""
        query = from_query(DriftQuery, request)
        found = drift_events()
        if (acknowledged := query["acknowledged"]) is not None:
            found = found.filter(acknowledged_at__isnull=not acknowledged)
        paths = {"connection": "connection__name", "run": "run__code"}
        chosen = {
            paths.get(name, name): query[name]
            for name in ("kind", "connection", "stream", "run")
            if name in query
        }
        return paged(found.filter(**chosen), query=query, form=DriftOutput)


class DriftAcknowledgeApi(TenantView):
    scopes = {"POST": "write"}

    class InputSerializer(StrictSerializer):
        take_in = serializers.BooleanField(
            default=False,
            help_text="Whether a field that is kept out is known from the next run on.",
        )

    @described(request=InputSerializer, responses=DriftOutput)
    def post(self, request: Request, tenant: str, code: UUID) -> Response:
        """Say that somebody has seen it."""
        asked = from_body(self.InputSerializer, request)
        event = self._event(code)
        who, now = f"key {self.key.name}", timezone.now()
        if asked["take_in"]:
            take_in(event=event, who=who, at=now)
        else:
            acknowledge(events=[event], who=who, at=now)
        return Response(DriftOutput(self._event(code)).data)

    def _event(self, code: UUID) -> DriftEvent:
        found = drift_events().filter(code=code).first()  # the code is unique
        if found is None:
            raise Http404
        return found
