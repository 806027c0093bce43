"""What tenants and the platform cost, as the ledger has it. Money is a decimal text."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django_scopes import scopes_disabled
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api.budgets import money
from portal.api.day_range import DaysQuery
from portal.api.describing import described
from portal.api.inputs import StrictSerializer, from_query
from portal.api.paging import PageQuery, page_of, paged
from portal.api.views import ApiView, TenantView
from portal.costs.estimates import tenant_forecast
from portal.costs.figures import (
    NOTHING,
    Amounts,
    Period,
    correction_sums,
    line_sums,
    month_of,
    sums,
    total,
)
from portal.costs.models import Holder, Kind, Unit
from portal.costs.selectors import is_closed, journal
from portal.costs.standing import standing


class CostOfKind(serializers.Serializer[Any]):
    day = serializers.DateField(help_text="Of UTC. Corrections count on the day they are posted.")
    kind = serializers.ChoiceField(choices=Kind.choices)
    amount = serializers.CharField(help_text="Money, exact to a billionth.")
    estimated = serializers.CharField(help_text="How much of it is at a configured price.")


class TenantCostsApi(TenantView):
    scopes = {"GET": "read"}

    class OutputSerializer(serializers.Serializer[Any]):
        currency = serializers.CharField()
        total = serializers.CharField()
        costs = CostOfKind(many=True)

    @described(parameters=[DaysQuery], responses=OutputSerializer)
    def get(self, request: Request, tenant: str) -> Response:
        """List what the tenant cost, by day and kind."""
        period = _period(from_query(DaysQuery, request))
        found = sums(period, "on", "kind", only=Q(tenant=self.tenant))
        return Response(
            {
                "currency": settings.COST_CURRENCY,
                "total": money(total(found.values()).amount),
                "costs": [
                    {"day": day, "kind": kind, **_money(amounts)}
                    for (day, kind), amounts in sorted(found.items())
                ],
            }
        )


class TenantCostsSummaryApi(TenantView):
    scopes = {"GET": "read"}

    class QuerySerializer(StrictSerializer):
        month = serializers.RegexField(
            r"^[2][0-9]{3}-(0[1-9]|1[0-2])$", required=False, help_text="This one, if left out."
        )

    class OutputSerializer(serializers.Serializer[Any]):
        month = serializers.CharField()
        currency = serializers.CharField()
        is_closed = serializers.BooleanField(help_text="It changes by journal entries alone.")
        ledgered = serializers.CharField(help_text="What the ledger has of it.")
        unledgered = serializers.CharField(
            help_text="What ended runs are believed to cost that the ledger does not have yet."
        )
        forecast = serializers.CharField(
            allow_null=True, help_text="For the whole month; null if past or little is known."
        )
        budget = serializers.CharField(allow_null=True)
        per_cent = serializers.CharField(allow_null=True, help_text="Of the budget, now.")
        level = serializers.CharField(help_text="The step of the budget that is reached; or empty.")

    @described(parameters=[QuerySerializer], responses=OutputSerializer)
    def get(self, request: Request, tenant: str) -> Response:
        """Show a month's costs up to now, the forecast for all of it, and the budget."""
        now = timezone.now()
        asked = from_query(self.QuerySerializer, request).get("month")
        month = month_of(date.fromisoformat(f"{asked}-01") if asked else now.astimezone(UTC).date())
        shown = self._now(now) if month == month_of(now.astimezone(UTC).date()) else {}
        spent = sums(month, "tenant_id", only=Q(tenant=self.tenant))
        return Response(
            {
                "month": f"{month.first:%Y-%m}",
                "currency": settings.COST_CURRENCY,
                "is_closed": is_closed(month.first),
                "ledgered": money(total(spent.values()).amount),
                **{"unledgered": "0", "forecast": None, "budget": None, "per_cent": None},
                "level": "",
                **shown,
            }
        )

    def _now(self, now: datetime) -> dict[str, Any]:
        stands = standing(tenant=self.tenant, at=now)
        forecast = tenant_forecast(tenant=self.tenant, at=now).value
        per_cent = stands.per_cent
        return {
            "unledgered": money(stands.unledgered),
            "forecast": None if forecast is None else money(forecast),
            "budget": str(stands.budget.amount) if stands.budget else None,
            "per_cent": None if per_cent is None else f"{per_cent:.2f}",
            "level": stands.level,
        }


class CostOfHolder(serializers.Serializer[Any]):
    day = serializers.DateField()
    engine = serializers.CharField()
    warehouse = serializers.CharField()
    holder = serializers.ChoiceField(choices=Holder.choices)
    tenant = serializers.CharField(help_text="The slug; empty for others and for unknown codes.")
    tenant_code = serializers.UUIDField(allow_null=True)
    amount = serializers.CharField()
    estimated = serializers.CharField()


class PlatformCostsApi(ApiView):
    scopes = {"GET": "platform"}

    class OutputSerializer(serializers.Serializer[Any]):
        currency = serializers.CharField()
        total = serializers.CharField()
        costs = CostOfHolder(many=True)

    @described(parameters=[DaysQuery], responses=OutputSerializer)
    def get(self, request: Request) -> Response:
        """List what everything cost, by day, engine, warehouse and holder."""
        period = _period(from_query(DaysQuery, request))
        names = ("warehouse", "holder", "tenant_slug", "tenant_code")
        found = _by_engine(period, *names)
        rows = [
            dict(zip(("day", "engine", *names), key, strict=True)) | _money(amounts)
            for key, amounts in sorted(found.items(), key=lambda each: str(each[0]))
        ]
        return Response(
            {
                "currency": settings.COST_CURRENCY,
                "total": money(total(found.values()).amount),
                "costs": [{**row, "tenant": row.pop("tenant_slug")} for row in rows],
            }
        )


class UnattributedCost(serializers.Serializer[Any]):
    day = serializers.DateField()
    service_type = serializers.CharField()
    warehouse = serializers.CharField()
    kind = serializers.ChoiceField(choices=Kind.choices)
    amount = serializers.CharField()
    estimated = serializers.CharField()


class UnattributedCostsApi(ApiView):
    scopes = {"GET": "platform"}

    @described(parameters=[DaysQuery], responses=UnattributedCost(many=True))
    def get(self, request: Request) -> Response:
        """List what nobody of ours caused, by day, service, warehouse and kind."""
        period = _period(from_query(DaysQuery, request))
        names = ("on", "service_type", "warehouse", "kind")
        found = sums(period, *names, only=Q(holder=Holder.NOBODY))
        return Response(
            [
                dict(zip(("day", *names[1:]), key, strict=True)) | _money(amounts)
                for key, amounts in sorted(found.items())
            ]
        )


class JournalLineOutput(serializers.Serializer[Any]):
    holder = serializers.ChoiceField(choices=Holder.choices)
    tenant = serializers.CharField(source="tenant_slug")
    tenant_code = serializers.UUIDField(allow_null=True)
    kind = serializers.ChoiceField(choices=Kind.choices)
    service_type = serializers.CharField()
    warehouse = serializers.CharField()
    unit = serializers.ChoiceField(choices=Unit.choices)
    nanos = serializers.IntegerField(help_text="Billionths of the unit, with their sign.")
    amount_nanos = serializers.IntegerField(help_text="Billionths of money, with their sign.")


class JournalEntryOutput(serializers.Serializer[Any]):
    posted_on = serializers.DateField()
    engine = serializers.CharField(source="ledger.engine")
    day = serializers.DateField(source="ledger.day", help_text="The day that was restated.")
    version = serializers.IntegerField(source="ledger.version")
    reason = serializers.CharField()
    who = serializers.CharField()
    at = serializers.DateTimeField()
    lines = JournalLineOutput(many=True)


class JournalApi(ApiView):
    scopes = {"GET": "platform"}

    @described(parameters=[PageQuery], responses=page_of(JournalEntryOutput, "JournalEntry"))
    def get(self, request: Request) -> Response:
        """List the corrections of closed months, the newest first."""
        query = from_query(PageQuery, request)
        with scopes_disabled():  # the platform's books are about all tenants
            return paged(journal(), query=query, form=JournalEntryOutput)


def _by_engine(period: Period, *names: str) -> dict[tuple[Any, ...], Amounts]:
    found: dict[tuple[Any, ...], Amounts] = {}
    for engine, key, amounts in _of_engines(period, *names):
        place = (key[0], engine, *key[1:])
        found[place] = found.get(place, NOTHING) + amounts
    return found


def _of_engines(period: Period, *names: str) -> Iterator[tuple[str, tuple[Any, ...], Amounts]]:
    """Lines know their engine by their day, those of the journal by what they correct."""
    for (engine, *key), amounts in line_sums(period, "ledger__engine", "on", *names).items():
        yield engine, tuple(key), amounts
    corrected = correction_sums(period, "entry__ledger__engine", "on", *names)
    for (engine, *key), amounts in corrected.items():
        yield engine, tuple(key), amounts


def _period(query: dict[str, Any]) -> Period:
    return Period(query["from"], query["to"] + timedelta(days=1))


def _money(amounts: Amounts) -> dict[str, str]:
    return {"amount": money(amounts.amount), "estimated": money(amounts.estimated)}
