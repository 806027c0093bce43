"""What ran and what became of it; starting a run and stopping one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api.connections import ConnectionView
from portal.api.describing import described
from portal.api.inputs import NoInput, StrictSerializer, from_body, from_query
from portal.api.paging import PageQuery, page_of, paged
from portal.api.views import TenantView
from portal.pipelines.prefect import prefect_api
from portal.runs import selectors, services
from portal.runs.models import Run, StreamResult

REPEATABLE = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="Up to 200 visible characters. Asking again with the same ones gives the same run.",
)


class RunOutput(serializers.Serializer[Any]):
    code = serializers.UUIDField()
    connection = serializers.CharField(source="connection.name")
    status = serializers.ChoiceField(choices=Run.Status.choices)
    requested_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    message = serializers.CharField()
    actor = serializers.ChoiceField(
        choices=Run.Actor.choices, help_text="Who has to act, should someone have to."
    )
    publication = serializers.CharField(help_text="What it published; empty for nothing.")


RUN_PAGE = page_of(RunOutput, "Run")


class StreamResultOutput(serializers.Serializer[Any]):
    """Every extracted record is in exactly one of the four counts that follow."""

    stream = serializers.CharField()
    status = serializers.ChoiceField(choices=StreamResult.Status.choices)
    extracted = serializers.IntegerField()
    new = serializers.IntegerField()
    changed = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    rejected = serializers.IntegerField()
    deleted = serializers.IntegerField(help_text="Marked because the source has them no longer.")
    held_back = serializers.IntegerField(help_text="Deletes that were too many to be marked.")
    bytes_read = serializers.IntegerField()
    seconds = serializers.FloatField()
    is_incremental = serializers.BooleanField()
    bookmark = serializers.CharField()
    message = serializers.CharField()


class RunInFullOutput(RunOutput):
    steps = serializers.DictField(help_text="Seconds by step.")
    streams = StreamResultOutput(many=True)


class RunsQuery(PageQuery):
    status = serializers.ChoiceField(choices=Run.Status.choices, required=False)
    connection = serializers.CharField(max_length=40, required=False)
    since = serializers.DateTimeField(required=False, help_text="Requested at or after.")


class RunsApi(TenantView):
    scopes = {"GET": "read"}

    @described(parameters=[RunsQuery], responses=RUN_PAGE)
    def get(self, request: Request, tenant: str) -> Response:
        """List the tenant's runs, the newest first."""
        query = from_query(RunsQuery, request)
        return paged(_chosen(query), query=query, form=RunOutput)


class ConnectionRunsApi(ConnectionView):
    scopes = {"GET": "read", "POST": "write"}
    prefect_methods = frozenset({"POST"})

    class HeaderSerializer(StrictSerializer):
        key = serializers.RegexField(
            r"^[\x21-\x7e]+$", max_length=200, required=False, label="Idempotency-Key"
        )

    @described(parameters=[PageQuery], responses=RUN_PAGE)
    def get(self, request: Request, tenant: str, connection: str) -> Response:
        """List the runs of a connection, the newest first."""
        found = self.connection(connection)
        query = from_query(PageQuery, request)
        return paged(_chosen({"connection": found.name}), query=query, form=RunOutput)

    @described(request=None, parameters=[REPEATABLE], responses={202: RunOutput})
    def post(self, request: Request, tenant: str, connection: str) -> Response:
        """Start a run of a deployed connection; the answer does not wait for its end."""
        found = self.connection(connection)
        from_body(NoInput, request)
        key = self._request_key(request)
        run = services.run_now(
            connection=found, api=prefect_api(), at=timezone.now(), request_key=key
        )
        return Response(RunOutput(run).data, status=202)

    def _request_key(self, request: Request) -> str | None:
        given = request.headers.get("Idempotency-Key")
        if given is None:
            return None
        checked = self.HeaderSerializer(data={"key": given})
        if not checked.is_valid():
            raise serializers.ValidationError({"Idempotency-Key": checked.errors["key"]})
        return str(checked.validated_data["key"])


class RunView(TenantView):
    """A path below a run."""

    def run(self, code: UUID) -> Run:
        found = selectors.runs().filter(code=code).first()  # the code is unique
        if found is None:
            raise Http404
        return found


class RunApi(RunView):
    scopes = {"GET": "read"}

    @described(responses=RunInFullOutput)
    def get(self, request: Request, tenant: str, code: UUID) -> Response:
        """Show a run with the account of each of its streams."""
        found = self.run(code)
        shown = RunInFullOutput(found).data
        return Response(shown)


class RunCancelApi(RunView):
    scopes = {"POST": "write"}
    prefect_methods = frozenset({"POST"})

    @described(request=None, responses={202: RunOutput})
    def post(self, request: Request, tenant: str, code: UUID) -> Response:
        """Ask for a run to be stopped; it is `CANCELLED` once it has stopped."""
        found = self.run(code)
        from_body(NoInput, request)
        services.cancel_run(run=found, api=prefect_api())
        return Response(RunOutput(found).data, status=202)


def _chosen(query: dict[str, Any]) -> QuerySet[Run]:
    found = selectors.runs().prefetch_related(None)
    if status := query.get("status"):
        found = found.filter(status=status)
    if connection := query.get("connection"):
        found = found.filter(connection__name=connection)
    if since := query.get("since"):
        found = found.filter(requested_at__gte=since)
    return found
