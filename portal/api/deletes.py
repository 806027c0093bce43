"""Deletes of a connection that were too many to be believed, and letting them pass."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api.connections import ConnectionView
from portal.api.describing import described
from portal.api.inputs import StrictSerializer, from_body
from portal.runs.sweeps import let_deletes_pass, sweeps_of

# With double braces: it is the template of a message.
WHAT_TO_SEND = (
    "Say of each stream that is meant how many deletes you saw held back, as GET shows it:"
    ' {{"held_back": {{"products": 120}}}}.'
)


class SweepOutput(serializers.Serializer[Any]):
    stream = serializers.CharField()
    swept_at = serializers.DateTimeField(help_text="When a whole listing was compared last.")
    held_back = serializers.IntegerField(help_text="Deletes that were not marked then.")
    allowed = serializers.IntegerField(help_text="How many of them the next run may mark.")


class ConnectionDeletesApi(ConnectionView):
    scopes = {"GET": "read", "POST": "write"}

    class InputSerializer(StrictSerializer):
        held_back = serializers.DictField(
            child=serializers.IntegerField(min_value=0),
            allow_empty=False,
            error_messages=dict.fromkeys(("required", "null", "not_a_dict", "empty"), WHAT_TO_SEND),
            help_text="By stream, how many you saw. Of streams that are left out none pass.",
        )

    @described(responses=SweepOutput(many=True))
    def get(self, request: Request, tenant: str, connection: str) -> Response:
        """List the streams that are compared with their source, and what was held back."""
        found = self.connection(connection)
        return Response(SweepOutput(sweeps_of(found), many=True).data)

    @described(request=InputSerializer, responses=SweepOutput(many=True))
    def post(self, request: Request, tenant: str, connection: str) -> Response:
        """Let the next run mark the deletes that were held back, but no more than you saw."""
        found = self.connection(connection)
        asked = from_body(self.InputSerializer, request)
        let_deletes_pass(connection=found, seen=asked["held_back"], at=timezone.now())
        return Response(SweepOutput(sweeps_of(found), many=True).data)
