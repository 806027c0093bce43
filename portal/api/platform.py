"""What the platform's own flows and operators' programs ask for. Scope `platform`."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.utils import timezone
from django_scopes import scopes_disabled
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal.alerts.services import catch_up, send_due
from portal.api.describing import described
from portal.api.flow import JobConnection, JobTenant
from portal.api.going_on import going_on
from portal.api.views import ApiView
from portal.connections.models import Connection, Schedule
from portal.connections.selectors import connections
from portal.costs.budgets import apply_budgets
from portal.costs.daily_report import raise_due_report
from portal.costs.ledger import close_months
from portal.pipelines.prefect import prefect_api
from portal.pipelines.services import reconcile
from portal.runs.settle import settle_runs
from portal.tenants.selectors import tenants
from portal.warehouses.selectors import account_state
from portal.warehouses.settle import settle_actions


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

        with going_on("Months of the ledger were not closed"):
            close_months(at=now)
        with going_on("Budgets were not looked at"):
            apply_budgets(at=now)  # before Prefect is made to agree with what they hold back
        done = reconcile(api=api, at=now)
        settled = settle_runs(api=api, at=now)
        settle_actions(api=api, at=now)
        catch_up(at=now)
        with going_on("Nobody was sent the daily report of costs"):
            raise_due_report(at=now, warehouses=account_state().warehouses)
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
