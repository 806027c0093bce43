"""What the platform's flow did with Snowflake. Scope `platform`."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api.describing import described
from portal.api.inputs import StrictSerializer, from_body
from portal.api.views import ApiView
from portal.warehouses.models import ON_REQUEST, Action, WarehouseAction
from portal.warehouses.services import MOST_CHARACTERS, Report, take_report

# More than anybody would look at on a page.
MOST_WAREHOUSES = 100
MOST_DIFFERENCES = 2**31 - 1
ACTIONS = [action.value for action in Action if action in ON_REQUEST]


class SeenWarehouse(StrictSerializer):
    name = serializers.CharField(max_length=255)
    state = serializers.CharField(max_length=40)
    size = serializers.CharField(max_length=40)
    monitor = serializers.CharField(max_length=255, allow_null=True)
    used = serializers.FloatField(allow_null=True, help_text="Credits of this month.")
    quota = serializers.FloatField(allow_null=True, help_text="Credits a month.")
    suspend_seconds = serializers.FloatField(
        allow_null=True, default=None, help_text="It sleeps after so long without a query."
    )


class SnowflakeApi(ApiView):
    scopes = {"POST": "platform"}

    class InputSerializer(StrictSerializer):
        action = serializers.ChoiceField(choices=ACTIONS)
        request = serializers.UUIDField(
            allow_null=True, default=None, help_text="The portal's row that asked for it, if one."
        )
        flow_run_id = serializers.UUIDField(allow_null=True, default=None)
        has_failed = serializers.BooleanField()
        text = serializers.CharField(max_length=MOST_CHARACTERS, allow_blank=True)
        differences = serializers.IntegerField(
            min_value=0, max_value=MOST_DIFFERENCES, allow_null=True, default=None
        )
        warehouses = serializers.ListField(
            child=SeenWarehouse(), max_length=MOST_WAREHOUSES, allow_null=True, default=None
        )

    @described(request=InputSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        """Write down what was done with Snowflake, and what was seen there."""
        said = from_body(self.InputSerializer, request)
        row = _asked(said.pop("request"), said["action"])
        take_report(Report(**said), row=row, at=timezone.now())
        return Response(status=204)


def _asked(code: Any, action: str) -> WarehouseAction | None:
    if code is None:
        return None
    row = WarehouseAction.objects.filter(code=code, action=action).first()  # the code is unique
    if row is None:
        raise Http404
    return row
