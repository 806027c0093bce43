"""What a schedule would cost, and what could cost less. Money is a decimal text."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api.budgets import money
from portal.api.connections import ConnectionView, ScheduleInput
from portal.api.describing import described
from portal.api.inputs import from_query
from portal.api.views import ApiView
from portal.costs.advice import What
from portal.costs.estimates import advice, schedule_price
from portal.costs.price_words import basis_sentence, price_sentence
from portal.costs.schedule_price import Basis
from portal.warehouses.selectors import account_state

# What others cost is shown to a tenant's own keys only as quantiles of this many others.
OTHERS = 5


class ConnectionSchedulePriceApi(ConnectionView):
    scopes = {"GET": "read"}

    class OutputSerializer(serializers.Serializer[Any]):
        month = serializers.DateField(help_text="The next whole month, by its first day.")
        starts = serializers.IntegerField(help_text="In that month.")
        runs = serializers.IntegerField(help_text="Of the starts, since no two run at once.")
        currency = serializers.CharField()
        low = serializers.CharField(allow_null=True)
        likely = serializers.CharField(allow_null=True, help_text="Null: it cannot be told.")
        high = serializers.CharField(allow_null=True)
        basis = serializers.ChoiceField(
            choices=[each.value for each in Basis],
            help_text="Whether it is told from its `OWN` runs, from `PEERS` or from nothing.",
        )
        days = serializers.IntegerField(help_text="From how many days of runs it is told.")
        error = serializers.FloatField(
            allow_null=True, help_text="How far off this was in the past: 0.1 is 10 %."
        )
        sentences = serializers.ListField(child=serializers.CharField())

    @described(parameters=[ScheduleInput], responses=OutputSerializer)
    def get(self, request: Request, tenant: str, connection: str) -> Response:
        """Tell what the connection would cost a month with another schedule; none is set."""
        found = self.connection(connection)
        asked = from_query(ScheduleInput, request)
        least_others = OTHERS if self.key.tenant_id is not None else 1
        price = schedule_price(
            connection=found, at=timezone.now(), least_others=least_others, **asked
        )
        shown = {
            **vars(price),
            "currency": settings.COST_CURRENCY,
            "low": _money(price.low),
            "likely": _money(price.likely),
            "high": _money(price.high),
            "basis": price.basis.value,
            "sentences": [
                price_sentence(price, currency=settings.COST_CURRENCY),
                basis_sentence(price),
            ],
        }
        return Response(self.OutputSerializer(shown).data)


class Figure(serializers.Serializer[Any]):
    name = serializers.CharField()
    figure = serializers.CharField()


class AdviceApi(ApiView):
    scopes = {"GET": "platform"}

    class OutputSerializer(serializers.Serializer[Any]):
        what = serializers.ChoiceField(choices=[each.value for each in What])
        whom = serializers.CharField(help_text="A warehouse, or a connection as `tenant/name`.")
        sentence = serializers.CharField()
        saving = serializers.CharField(help_text="In 30 days.")
        currency = serializers.CharField()
        basis = Figure(many=True)

    @described(responses=OutputSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List what could cost less, the biggest saving first, with the figures behind it."""
        found = advice(at=timezone.now(), warehouses=account_state().warehouses)
        shown = [
            {
                "what": each.what.value,
                "whom": each.whom,
                "sentence": each.sentence,
                "saving": money(each.saving),
                "currency": settings.COST_CURRENCY,
                "basis": [{"name": name, "figure": figure} for name, figure in each.basis],
            }
            for each in found
        ]
        return Response(shown)


def _money(nanos: int | None) -> str | None:
    return None if nanos is None else money(nanos)
