"""A tenant's accounts at sources. Credentials go in and never come out."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api.describing import described
from portal.api.inputs import NoInput, StrictSerializer, from_body, from_query
from portal.api.paging import PageQuery, page_of, paged
from portal.api.views import TenantView
from portal.connections import services
from portal.connections.models import Connection, Schedule
from portal.connections.opening import change_streams, open_connection
from portal.connections.outcome import as_json
from portal.connections.overview import connections_in_full
from portal.connections.setup import want_alerts_of_drift
from portal.pipelines.onboarding import retire
from portal.pipelines.prefect import prefect_api


class CredentialsField(serializers.DictField):
    """What the connector asks for. Nothing is trimmed here: the connector knows what may be."""

    child = serializers.CharField(max_length=4096, allow_blank=True, trim_whitespace=False)


class ScheduleInput(StrictSerializer):
    kind = serializers.ChoiceField(choices=Schedule.Kind.choices)
    cron = serializers.CharField(
        max_length=100, default="", allow_blank=True, help_text="For `CRON`, in five fields."
    )
    interval_minutes = serializers.IntegerField(
        min_value=1, max_value=10_080, default=None, allow_null=True, help_text="For `INTERVAL`."
    )


class ScheduleOutput(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=Schedule.Kind.choices)
    cron = serializers.CharField()
    interval_minutes = serializers.IntegerField(allow_null=True)
    time_zone = serializers.CharField(source="connection.tenant.time_zone")


class StreamTestOutput(serializers.Serializer[Any]):
    name = serializers.CharField()
    outcome = serializers.CharField()
    message = serializers.CharField()
    incremental = serializers.BooleanField(help_text="Whether it can say what changed.")


class ConnectionTestOutput(serializers.Serializer[Any]):
    ok = serializers.BooleanField()
    message = serializers.CharField()
    streams = StreamTestOutput(many=True)


class ConnectionOutput(serializers.Serializer[Any]):
    name = serializers.CharField()
    code = serializers.UUIDField(help_text="The `connection_id` of its data.")
    connector = serializers.CharField()
    streams = serializers.ListField(child=serializers.CharField())
    full_read_streams = serializers.ListField(child=serializers.CharField())
    history_from = serializers.DateField(allow_null=True)
    alerts_of_drift = serializers.BooleanField()
    schedule = ScheduleOutput()
    wanted = serializers.CharField(
        source="pipeline.wanted", default=None, allow_null=True, help_text="Null: not deployed."
    )
    credentials_set_at = serializers.DateTimeField(
        source="credentials.set_at", default=None, allow_null=True
    )
    tested_at = serializers.DateTimeField(allow_null=True)
    test_result = ConnectionTestOutput(allow_null=True)
    created_at = serializers.DateTimeField()


class ConnectionView(TenantView):
    """A path below a connection."""

    def connection(self, name: str) -> Connection:
        found = connections_in_full().filter(name=name).first()  # once per tenant
        if found is None:
            raise Http404
        return found


class ConnectionsApi(TenantView):
    scopes = {"GET": "read", "POST": "write"}

    class InputSerializer(StrictSerializer):
        name = serializers.CharField(max_length=40)
        connector = serializers.CharField(max_length=60)
        credentials = CredentialsField(required=False, write_only=True)
        streams = serializers.ListField(
            child=serializers.CharField(max_length=60), required=False, max_length=200
        )
        history_from = serializers.DateField(required=False, allow_null=True)
        schedule = ScheduleInput(required=False)

    @described(parameters=[PageQuery], responses=page_of(ConnectionOutput, "Connection"))
    def get(self, request: Request, tenant: str) -> Response:
        """List the connections, by name."""
        query = from_query(PageQuery, request)
        return paged(connections_in_full(), query=query, form=ConnectionOutput)

    @described(request=InputSerializer, responses={201: ConnectionOutput})
    def post(self, request: Request, tenant: str) -> Response:
        """Create a connection with all that is given, or nothing if a part is malformed."""
        asked = from_body(self.InputSerializer, request)
        made = open_connection(tenant=self.tenant, at=timezone.now(), **asked)
        return Response(ConnectionOutput(made).data, status=201)


class ConnectionApi(ConnectionView):
    scopes = {"GET": "read", "PATCH": "write", "DELETE": "write"}

    class InputSerializer(StrictSerializer):
        streams = serializers.ListField(
            child=serializers.CharField(max_length=60), required=False, max_length=200
        )
        history_from = serializers.DateField(
            required=False, allow_null=True, help_text="Null: everything."
        )
        alerts_of_drift = serializers.BooleanField(
            required=False, help_text="Whether a change of a stream's fields raises an alert."
        )

    @described(responses=ConnectionOutput)
    def get(self, request: Request, tenant: str, connection: str) -> Response:
        """Show a connection; of its credentials only when they were set."""
        return Response(ConnectionOutput(self.connection(connection)).data)

    @described(request=InputSerializer, responses=ConnectionOutput)
    def patch(self, request: Request, tenant: str, connection: str) -> Response:
        """Choose the streams that are read, from which day on, and whether drift raises alerts."""
        found = self.connection(connection)
        asked = from_body(self.InputSerializer, request)
        wants_alerts = asked.pop("alerts_of_drift", None)
        if asked:  # first of all, since it may be refused
            change_streams(connection=found, changes=asked)
        if wants_alerts is not None:
            want_alerts_of_drift(connection=found, wants=wants_alerts)
        return Response(ConnectionOutput(found).data)

    @described(responses={204: None})
    def delete(self, request: Request, tenant: str, connection: str) -> Response:
        """Forget a connection, its credentials and its runs; what was published stays."""
        retire(connection=self.connection(connection), api=prefect_api())
        return Response(status=204)


class ConnectionCredentialsApi(ConnectionView):
    scopes = {"PUT": "write"}

    @described(
        request={
            "application/json": {
                "type": "object",
                "additionalProperties": {"type": "string", "maxLength": 4096},
                "description": "The fields that the connector asks for, with their values.",
            }
        },
        responses={204: None},
    )
    def put(self, request: Request, tenant: str, connection: str) -> Response:
        """Replace the credentials; the connection has to be tested again then."""
        found = self.connection(connection)
        values = CredentialsField().run_validation(request.data)
        services.set_credentials(connection=found, values=values, at=timezone.now())
        return Response(status=204)


class ConnectionTestApi(ConnectionView):
    scopes = {"POST": "write"}

    @described(request=None, responses=ConnectionTestOutput)
    def post(self, request: Request, tenant: str, connection: str) -> Response:
        """Log in to the source and look at every stream; this may take half a minute."""
        found = self.connection(connection)
        from_body(NoInput, request)
        result = services.test_connection(connection=found, at=timezone.now())
        return Response(ConnectionTestOutput(as_json(result)).data)
