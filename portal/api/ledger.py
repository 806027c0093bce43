"""Where the ledger comes from: what runs used, and what each day cost. Scope `platform`."""

from __future__ import annotations

from datetime import UTC, date
from typing import Any

from django.conf import settings
from django.http import Http404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api.day_range import DaysQuery
from portal.api.describing import described
from portal.api.inputs import StrictSerializer, from_body, from_query
from portal.api.views import ApiView
from portal.costs.budgets import apply_budgets
from portal.costs.ledger import MOST_NANOS, Billed, Ledger, Line, confirm_days, take_ledger
from portal.costs.measured import measured_runs, prices
from portal.costs.models import Holder, Kind, Unit
from portal.costs.selectors import newest_versions
from portal.pipelines.prefect import prefect_api
from portal.tenants.models import Tenant
from portal.tenants.selectors import tenants

MOST_DAYS = 62
MOST_LINES = 100_000
MOST_FILES = 10


class PricesOutput(serializers.Serializer[Any]):
    credit = serializers.CharField()
    snowflake_tb_month = serializers.CharField()
    cpu_hour = serializers.CharField()
    gb_read = serializers.CharField()
    gb_month = serializers.CharField()


class UsedTenant(serializers.Serializer[Any]):
    code = serializers.UUIDField()
    slug = serializers.CharField()
    engine = serializers.ChoiceField(choices=Tenant.Engine.choices)


class MeasuredRun(serializers.Serializer[Any]):
    run = serializers.UUIDField(source="code")
    tenant = serializers.UUIDField(source="tenant_code")
    connection = serializers.UUIDField(source="connection_code")
    finished_at = serializers.DateTimeField(default_timezone=UTC)
    steps = serializers.DictField(help_text="What each step used, as the run told it.")
    bytes_read = serializers.IntegerField()


class UsageApi(ApiView):
    scopes = {"GET": "platform"}

    class QuerySerializer(StrictSerializer):
        days = serializers.IntegerField(
            min_value=0, max_value=MOST_DAYS, default=3, help_text="Whole days of UTC before today."
        )

    class OutputSerializer(serializers.Serializer[Any]):
        currency = serializers.CharField()
        prices = PricesOutput(help_text="What a unit costs where no rate sheet says it.")
        tenants = UsedTenant(many=True)
        runs = MeasuredRun(many=True)

    @described(parameters=[QuerySerializer], responses=OutputSerializer)
    def get(self, request: Request) -> Response:
        """Tell prices, tenants, and what ended runs used that no account sends a bill for."""
        query = from_query(self.QuerySerializer, request)
        runs = measured_runs(days=query["days"], at=timezone.now())
        return Response(
            {
                "currency": settings.COST_CURRENCY,
                "prices": {name: str(price) for name, price in prices().items()},
                "tenants": UsedTenant(tenants(), many=True).data,
                "runs": MeasuredRun(runs, many=True).data,
            }
        )


class BilledInput(StrictSerializer):
    service_type = serializers.CharField(max_length=255)
    unit = serializers.ChoiceField(choices=Unit.choices)
    nanos = serializers.IntegerField(min_value=-MOST_NANOS, max_value=MOST_NANOS)
    amount_nanos = serializers.IntegerField(min_value=-MOST_NANOS, max_value=MOST_NANOS)


class LineInput(BilledInput):
    holder = serializers.ChoiceField(choices=Holder.choices)
    tenant_code = serializers.UUIDField(
        allow_null=True, help_text="Empty for the platform's own and nobody's."
    )
    kind = serializers.ChoiceField(choices=Kind.choices)
    warehouse = serializers.CharField(max_length=255, allow_blank=True)
    is_estimated = serializers.BooleanField()
    is_inferred = serializers.BooleanField()

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and data.get("tenant_code") == "":
            data = {**data, "tenant_code": None}
        return super().to_internal_value(data)


class FileInput(StrictSerializer):
    key = serializers.CharField(max_length=300, help_text="In the platform's folder of the lake.")
    sha256 = serializers.RegexField(r"^[0-9a-f]{64}$")
    bytes = serializers.IntegerField(min_value=0, max_value=2**63 - 1)


class LedgerVersion(serializers.Serializer[Any]):
    day = serializers.DateField()
    version = serializers.IntegerField()
    digest = serializers.CharField()


class LedgerApi(ApiView):
    scopes = {"GET": "platform"}

    @described(parameters=[DaysQuery], responses=LedgerVersion(many=True))
    def get(self, request: Request, engine: str) -> Response:
        """List the days that there is a ledger of, each with its newest version."""
        query = from_query(DaysQuery, request)
        found = newest_versions(engine=_engine(engine), first=query["from"], last=query["to"])
        return Response(LedgerVersion(found.values(), many=True).data)


class LedgerSeenApi(ApiView):
    scopes = {"POST": "platform"}

    class InputSerializer(StrictSerializer):
        days = serializers.ListField(
            child=serializers.DateField(), max_length=MOST_DAYS, help_text="Of UTC."
        )

    class OutputSerializer(serializers.Serializer[Any]):
        days = serializers.ListField(
            child=serializers.DateField(), help_text="Those of them that there is a ledger of."
        )

    @described(request=InputSerializer, responses=OutputSerializer)
    def post(self, request: Request, engine: str) -> Response:
        """Confirm that nothing has changed on these days; their ledgers are as new as this."""
        known, at = _engine(engine), timezone.now()
        asked = from_body(self.InputSerializer, request)
        seen = confirm_days(engine=known, days=asked["days"], at=at)
        return Response(self.OutputSerializer({"days": seen}).data)


class LedgerDayApi(ApiView):
    scopes = {"PUT": "platform"}

    class InputSerializer(StrictSerializer):
        currency = serializers.RegexField(r"^[A-Z]{3}$")
        is_billed = serializers.BooleanField()
        digest = serializers.RegexField(
            r"^[0-9a-f]{16,64}$", help_text="The same one means the same content."
        )
        bill = serializers.ListField(child=BilledInput(), max_length=MOST_LINES)
        lines = serializers.ListField(child=LineInput(), max_length=MOST_LINES)
        files = serializers.DictField(child=FileInput(), default=dict)

        def validate_files(self, said: dict[str, Any]) -> dict[str, Any]:
            if len(said) > MOST_FILES or any(len(name) > 40 for name in said):
                raise serializers.ValidationError(f"Name up to {MOST_FILES} files, with few words.")
            return {name: dict(each) for name, each in said.items()}

    class OutputSerializer(serializers.Serializer[Any]):
        version = serializers.IntegerField()
        is_new = serializers.BooleanField(help_text="False: it was known already.")

    @described(request=InputSerializer, responses=OutputSerializer)
    def put(self, request: Request, engine: str, day: str) -> Response:
        """Take in what an engine cost on a UTC day; the lines sum to the bill, or it is refused."""
        known, at = _engine(engine), timezone.now()
        asked_day = _day(day)
        said = from_body(self.InputSerializer, request)
        taken = take_ledger(engine=known, day=asked_day, said=_ledger(said), at=at)
        if taken.is_new:
            apply_budgets(at=at, api=prefect_api(is_patient=False))
        return Response({"version": taken.version, "is_new": taken.is_new})


def _ledger(said: dict[str, Any]) -> Ledger:
    bill = [Billed(**each) for each in said.pop("bill")]
    lines = [Line(**each) for each in said.pop("lines")]
    return Ledger(bill=bill, lines=lines, **said)


def _engine(name: str) -> str:
    if name not in Tenant.Engine.values:
        raise Http404
    return name


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Http404 from None
