"""When a connection runs by itself, and whether it does."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api.connections import ConnectionView, ScheduleInput, ScheduleOutput
from portal.api.describing import described
from portal.api.inputs import StrictSerializer, from_body
from portal.pipelines.models import Pipeline
from portal.pipelines.prefect import prefect_api
from portal.pipelines.wanted import reschedule, want


class ConnectionScheduleApi(ConnectionView):
    scopes = {"GET": "read", "PUT": "write"}

    @described(responses=ScheduleOutput)
    def get(self, request: Request, tenant: str, connection: str) -> Response:
        """Show when the connection runs by itself, in the tenant's time zone."""
        return Response(ScheduleOutput(self.connection(connection).schedule).data)

    @described(request=ScheduleInput, responses=ScheduleOutput)
    def put(self, request: Request, tenant: str, connection: str) -> Response:
        """Set when the connection runs by itself; if it is deployed, from now on."""
        found = self.connection(connection)
        asked = from_body(ScheduleInput, request)
        schedule = reschedule(connection=found, timing=asked, api=prefect_api(), at=timezone.now())
        return Response(ScheduleOutput(schedule).data)


class DeploymentOutput(serializers.Serializer[Any]):
    wanted = serializers.ChoiceField(
        choices=Pipeline.Wanted.choices, allow_null=True, help_text="Null: not deployed."
    )
    is_applied = serializers.BooleanField(help_text="Whether Prefect agrees already.")
    applied_at = serializers.DateTimeField(allow_null=True)
    problem = serializers.CharField(help_text="What is in the way; for keys of the platform.")


class ConnectionDeploymentApi(ConnectionView):
    scopes = {"GET": "read", "PUT": "write"}

    class InputSerializer(StrictSerializer):
        wanted = serializers.ChoiceField(choices=Pipeline.Wanted.choices)

    @described(responses=DeploymentOutput)
    def get(self, request: Request, tenant: str, connection: str) -> Response:
        """Show whether the connection is deployed, and whether Prefect agrees."""
        pipeline = getattr(self.connection(connection), "pipeline", None)
        return Response(DeploymentOutput(self._shown(pipeline)).data)

    @described(request=InputSerializer, responses=DeploymentOutput)
    def put(self, request: Request, tenant: str, connection: str) -> Response:
        """Deploy a tested connection, pause it or resume it; asking twice changes nothing."""
        found = self.connection(connection)
        asked = from_body(self.InputSerializer, request)
        pipeline = want(
            connection=found, wanted=asked["wanted"], api=prefect_api(), at=timezone.now()
        )
        return Response(DeploymentOutput(self._shown(pipeline)).data)

    def _shown(self, pipeline: Pipeline | None) -> dict[str, Any]:
        if pipeline is None:
            return {"wanted": None, "is_applied": False, "applied_at": None, "problem": ""}
        return {
            "wanted": pipeline.wanted,
            "is_applied": pipeline.deployment_id is not None and not pipeline.problem,
            "applied_at": pipeline.applied_at,
            # It names addresses of the platform.
            "problem": pipeline.problem if self.key.tenant_id is None else "",
        }
