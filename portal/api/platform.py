"""What the platform's own flows and operators' programs ask for. Scope `platform`."""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from uuid import UUID

from django.utils import timezone
from django_scopes import scopes_disabled
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal.alerts.services import catch_up, send_due
from portal.api.describing import described
from portal.api.flow import JobConnection, JobTenant
from portal.api.inputs import StrictSerializer, from_body
from portal.api.views import ApiView
from portal.connections.models import Connection, Schedule
from portal.connections.selectors import connections
from portal.costs.services import roll_up_recent
from portal.pipelines.prefect import prefect_api
from portal.pipelines.services import reconcile
from portal.runs.settle import settle_runs
from portal.tenants.selectors import tenants
from portal.warehouses.settle import settle_actions

# The largest number that the database holds.
MOST = 2**63 - 1


class ReconcileApi(ApiView):
    """Make Prefect agree with the portal, and find there what dead runs could not report."""

    scopes = {"POST": "platform"}
    prefect_methods = frozenset({"POST"})

    class OutputSerializer(serializers.Serializer[Any]):
        foundations = serializers.ListField(child=serializers.CharField())
        changes = serializers.ListField(child=serializers.CharField())
        refused = serializers.ListField(
            child=serializers.CharField(),
            help_text="What Prefect refused, one sentence each; the others were applied.",
        )
        settled_runs = serializers.ListField(child=serializers.UUIDField())

    @described(request=None, responses=OutputSerializer)
    def post(self, request: Request) -> Response:
        api, now = prefect_api(), timezone.now()

        done = reconcile(api=api, at=now)
        settled = settle_runs(api=api, at=now)
        settle_actions(api=api, at=now)
        catch_up(at=now)
        send_due(at=now)

        return Response(
            {
                "foundations": done.foundations,
                "changes": [f"{change.act} {change.name}" for change in done.changes],
                "refused": done.refused,
                "settled_runs": [str(run.code) for run in settled],
            }
        )


class PlatformTenantsApi(ApiView):
    scopes = {"GET": "platform"}

    class OutputSerializer(serializers.Serializer[Any]):
        code = serializers.UUIDField()
        slug = serializers.CharField()
        engine = serializers.CharField()

    @described(responses=OutputSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List all tenants with the place of their data."""
        return Response(self.OutputSerializer(tenants(), many=True).data)


class ConfiguredSchedule(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=Schedule.Kind.choices)
    cron = serializers.CharField()
    interval_minutes = serializers.IntegerField(allow_null=True)


class ConfiguredConnection(JobConnection):
    schedule = ConfiguredSchedule(allow_null=True, default=None)


class ConfigurationsApi(ApiView):
    scopes = {"GET": "platform"}

    class OutputSerializer(JobTenant):
        connections = ConfiguredConnection(many=True)

    @described(responses=OutputSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List all tenants with what was set up for each of them. Credentials are no part of it."""
        configured: dict[int, list[Connection]] = defaultdict(list)
        with scopes_disabled():  # all tenants are asked for
            for connection in connections():
                configured[connection.tenant_id].append(connection)
        return Response(
            [
                {
                    **JobTenant(tenant).data,
                    "connections": ConfiguredConnection(configured[tenant.pk], many=True).data,
                }
                for tenant in tenants()
            ]
        )


class CostsApi(ApiView):
    scopes = {"POST": "platform"}

    class InputSerializer(StrictSerializer):
        bytes_stored = serializers.DictField(
            child=serializers.IntegerField(min_value=0, max_value=MOST),
            default=dict,
            help_text="What each tenant holds in the lake, by its code.",
        )

        def validate_bytes_stored(self, said: dict[str, int]) -> dict[UUID, int]:
            try:
                return {UUID(code): size for code, size in said.items()}
            except ValueError:
                raise serializers.ValidationError("Name each tenant by its code.") from None

    class OutputSerializer(serializers.Serializer[Any]):
        days = serializers.IntegerField()

    @described(request=InputSerializer, responses=OutputSerializer)
    def post(self, request: Request) -> Response:
        """Add up what each tenant used in the last days, each in its own time zone."""
        said = from_body(self.InputSerializer, request)
        days = roll_up_recent(at=timezone.now(), bytes_stored=said["bytes_stored"])
        return Response({"days": len(days)})
