"""Budgets of tenants and of the platform. A tenant reads its own; only the platform sets them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils import timezone
from django_scopes import scopes_disabled
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal.access.models import ApiKey
from portal.api.describing import described
from portal.api.inputs import StrictSerializer, from_body
from portal.api.views import ApiView, TenantView
from portal.costs import budgets
from portal.costs.standing import Standing, events, standing
from portal.pipelines.prefect import prefect_api
from portal.tenants.models import Tenant

LATEST = 20
STEP: dict[str, Any] = {"min_value": 1, "max_value": budgets.LARGEST_STEP, "allow_null": True}
OF_THE_PLATFORM = frozenset({"PUT", "DELETE", "POST"})


class BudgetInput(StrictSerializer):
    """Steps are per cent of the amount; null is never."""

    amount = serializers.DecimalField(max_digits=14, decimal_places=2, min_value=Decimal("0.01"))
    warn_at = serializers.IntegerField(**STEP, default=75)
    slow_at = serializers.IntegerField(
        **STEP, default=90, help_text="Runs start once a day at most."
    )
    skip_analytics_at = serializers.IntegerField(
        **STEP, default=100, help_text="Data is landed, figures are not renewed."
    )
    pause_at = serializers.IntegerField(**STEP, default=120, help_text="No run starts.")


BUDGET_FIELDS = tuple(BudgetInput().fields)


class OverrideInput(StrictSerializer):
    until = serializers.DateTimeField()
    reason = serializers.CharField(max_length=500)


class OverrideOutput(serializers.Serializer[Any]):
    until = serializers.DateTimeField()
    reason = serializers.CharField()
    at = serializers.DateTimeField()


class BudgetEventOutput(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    what = serializers.CharField()
    level = serializers.CharField()
    said = serializers.CharField()


class BudgetOutput(serializers.Serializer[Any]):
    amount = serializers.CharField(allow_null=True, help_text="A month; null: there is no budget.")
    currency = serializers.CharField()
    warn_at = serializers.IntegerField(allow_null=True)
    slow_at = serializers.IntegerField(allow_null=True)
    skip_analytics_at = serializers.IntegerField(allow_null=True)
    pause_at = serializers.IntegerField(allow_null=True)
    spent = serializers.CharField(help_text="This month, with what is not ledgered yet.")
    per_cent = serializers.CharField(allow_null=True)
    level = serializers.CharField(help_text="The step that is reached; or empty.")
    override = OverrideOutput(allow_null=True)
    events = BudgetEventOutput(many=True, help_text=f"The last {LATEST}, the newest first.")


class TenantBudgetApi(TenantView):
    scopes = {"GET": "read", "PUT": "write", "DELETE": "write"}
    platform_methods = OF_THE_PLATFORM

    @described(responses=BudgetOutput)
    def get(self, request: Request, tenant: str) -> Response:
        """Show the tenant's budget, if it has one, and what is spent of it."""
        return Response(_shown(self.tenant))

    @described(request=BudgetInput, responses=BudgetOutput)
    def put(self, request: Request, tenant: str) -> Response:
        """Set what the tenant may cost in a month; it acts at once."""
        _set(self.tenant, request, self.key)
        return Response(_shown(self.tenant))

    @described(responses={204: None})
    def delete(self, request: Request, tenant: str) -> Response:
        """Remove the tenant's budget."""
        _remove(self.tenant, self.key)
        return Response(status=204)


class TenantBudgetOverrideApi(TenantView):
    scopes = {"POST": "write", "DELETE": "write"}
    platform_methods = OF_THE_PLATFORM

    @described(request=OverrideInput, responses={201: OverrideOutput})
    def post(self, request: Request, tenant: str) -> Response:
        """Let the tenant's runs go on for a while, also if the whole platform is held back."""
        return _override(self.tenant, request, self.key)

    @described(responses={204: None})
    def delete(self, request: Request, tenant: str) -> Response:
        """End the override: the budgets hold again."""
        return _end(self.tenant, self.key)


class PlatformBudgetApi(ApiView):
    scopes = {"GET": "platform", "PUT": "platform", "DELETE": "platform"}

    @described(responses=BudgetOutput)
    def get(self, request: Request) -> Response:
        """Show the budget of the whole platform, if there is one, and what is spent of it."""
        with scopes_disabled():  # the platform's own
            return Response(_shown(None))

    @described(request=BudgetInput, responses=BudgetOutput)
    def put(self, request: Request) -> Response:
        """Set what the platform as a whole may cost in a month; it acts on every tenant at once."""
        with scopes_disabled():  # the platform's own
            _set(None, request, self.key)
            return Response(_shown(None))

    @described(responses={204: None})
    def delete(self, request: Request) -> Response:
        """Remove the budget of the platform."""
        _remove(None, self.key)
        return Response(status=204)


class PlatformBudgetOverrideApi(ApiView):
    scopes = {"POST": "platform", "DELETE": "platform"}

    @described(request=OverrideInput, responses={201: OverrideOutput})
    def post(self, request: Request) -> Response:
        """Lift the platform's budget for a while; those of tenants hold."""
        return _override(None, request, self.key)

    @described(responses={204: None})
    def delete(self, request: Request) -> Response:
        """End the override of the platform's budget."""
        return _end(None, self.key)


def money(nanos: int) -> str:
    """Exact, and without an exponent."""
    return f"{Decimal(nanos).scaleb(-9):f}"


def _shown(tenant: Tenant | None) -> dict[str, Any]:
    stands: Standing = standing(tenant=tenant, at=timezone.now())
    budget, per_cent = stands.budget, stands.per_cent
    audit = events(tenant) if tenant else events().filter(tenant=None, tenant_slug="")
    return {
        **(dict.fromkeys(BUDGET_FIELDS) if budget is None else BudgetInput(budget).data),
        "currency": settings.COST_CURRENCY,
        "spent": money(stands.spent),
        "per_cent": None if per_cent is None else f"{per_cent:.2f}",
        "level": stands.level,
        "override": OverrideOutput(stands.override).data if stands.override else None,
        "events": BudgetEventOutput(audit[:LATEST], many=True).data,
    }


def _set(tenant: Tenant | None, request: Request, key: ApiKey) -> None:
    asked = from_body(BudgetInput, request)
    budgets.set_budget(tenant=tenant, limits=budgets.Limits(**asked), **_done(key))


def _remove(tenant: Tenant | None, key: ApiKey) -> None:
    budgets.remove_budget(tenant=tenant, **_done(key))


def _override(tenant: Tenant | None, request: Request, key: ApiKey) -> Response:
    asked = from_body(OverrideInput, request)
    made = budgets.override_budget(tenant=tenant, **asked, **_done(key))
    return Response(OverrideOutput(made).data, status=201)


def _end(tenant: Tenant | None, key: ApiKey) -> Response:
    budgets.end_override(tenant=tenant, **_done(key))
    return Response(status=204)


def _done(key: ApiKey) -> dict[str, Any]:
    """By whom, when, and whom to tell."""
    at: datetime = timezone.now()
    return {"who": f"API key {key.name}", "at": at, "api": prefect_api(is_patient=False)}
