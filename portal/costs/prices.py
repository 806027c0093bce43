"""What tenants pay us, from one month to the next: the other side of the margin."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django_scopes import scopes_disabled

from portal.costs.models import TenantPrice
from portal.lib.errors import Refused
from portal.tenants.models import Tenant

MOST = Decimal(10) ** 12


def set_price(*, tenant: Tenant, month: date, amount: Decimal) -> TenantPrice:
    """From this month on the tenant pays this much a month, in the currency of costs.

    :param month: any day of it
    :raises Refused: if it is no amount of zero or more
    """
    if not amount.is_finite() or not 0 <= amount < MOST or amount != round(amount, 2):
        raise Refused("Write the price as an amount with two decimals at most.", field="amount")
    with scopes_disabled():  # the tenant is named in the call
        price: TenantPrice
        price, _ = TenantPrice.objects.update_or_create(
            tenant=tenant, from_month=month.replace(day=1), defaults={"amount": amount}
        )
    return price


def price_of(*, tenant: Tenant, month: date) -> Decimal | None:
    """What the tenant pays for a month; nothing, if nobody has said it.

    :param month: any day of it
    """
    with scopes_disabled():  # the tenant is named in the call
        known = TenantPrice.objects.filter(tenant=tenant, from_month__lte=month)
        return known.order_by("-from_month").values_list("amount", flat=True).first()


def prices_of(*, month: date) -> dict[int, Decimal]:
    """The same of all tenants that have a price, by tenant."""
    with scopes_disabled():  # the platform's margin is about all tenants
        known = TenantPrice.objects.filter(from_month__lte=month).order_by("from_month")
        return dict(known.values_list("tenant_id", "amount"))
