"""Writing tenants and their members."""

from __future__ import annotations

import re
from zoneinfo import available_timezones

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django_scopes import scopes_disabled

from portal.lib.errors import Refused
from portal.tenants.models import SLUG_PATTERN, Member, Tenant

# Words that are, or look like, addresses of the portal itself.
RESERVED_SLUGS = {"admin", "api", "health", "login", "logout", "public", "static", "system"}


def create_tenant(
    *,
    slug: str,
    name: str,
    time_zone: str = "Europe/Berlin",
    currency: str = "EUR",
    country: str = "DE",
    engine: str = "",
) -> Tenant:
    """
    :param engine: where its warehouse is; the installation's first if left out
    :raises Refused: if a value is malformed or the slug is taken
    """
    tenant = Tenant(
        slug=slug,
        name=name.strip(),
        time_zone=time_zone,
        currency=currency,
        country=country,
        engine=engine or settings.ENGINES[0],
    )
    check_tenant(tenant)
    check_engine(tenant.engine)
    try:
        with transaction.atomic():
            tenant.save(force_insert=True)
    except IntegrityError as error:
        raise slug_taken(slug) from error
    return tenant


def update_tenant(*, tenant: Tenant, **changes: str) -> Tenant:
    """Change name, time zone, currency or country. The slug and the engine stay.

    :raises Refused: if a value is malformed
    """
    for field, value in changes.items():
        if field not in {"name", "time_zone", "currency", "country"}:
            raise Refused(f"{field} of a tenant cannot be changed.", field=field)
        setattr(tenant, field, value.strip())
    check_tenant(tenant)
    tenant.save(update_fields=list(changes))
    return tenant


def check_tenant(tenant: Tenant) -> None:
    """:raises Refused: with the first thing to correct"""
    if not re.fullmatch(SLUG_PATTERN, tenant.slug) or not 2 <= len(tenant.slug) <= 40:
        raise Refused(
            "Choose a slug of 2 to 40 small letters, digits and single hyphens that starts with a"
            " letter, such as alster-mode.",
            field="slug",
        )
    if tenant.slug in RESERVED_SLUGS:
        raise Refused(f"{tenant.slug} is reserved. Choose another slug.", field="slug")
    if Tenant.objects.filter(slug=tenant.slug).exclude(pk=tenant.pk).exists():
        raise slug_taken(tenant.slug)
    if not 1 <= len(tenant.name) <= 120 or "\0" in tenant.name:
        raise Refused("Give the tenant a name of at most 120 characters.", field="name")
    if tenant.time_zone not in available_timezones():
        raise Refused(
            f"There is no time zone {tenant.time_zone!r}. Use a name such as Europe/Berlin.",
            field="time_zone",
        )
    if not re.fullmatch(r"[A-Z]{3}", tenant.currency):
        raise Refused("Give the currency as three capital letters, such as EUR.", field="currency")
    if not re.fullmatch(r"[A-Z]{2}", tenant.country):
        raise Refused("Give the country as two capital letters, such as DE.", field="country")


def check_engine(engine: str) -> None:
    """:raises Refused: if this installation has no such engine"""
    if engine not in settings.ENGINES:
        raise Refused(
            f"This installation has no engine {engine}. Choose one of"
            f" {', '.join(settings.ENGINES)}, or add it to MERCURIOS_ENGINES.",
            field="engine",
        )


def change_engine(*, tenant: Tenant, engine: str) -> None:
    """Let the next runs use another engine. Its data has to be there already: see `manage.py move`.

    :raises Refused: if this installation has no such engine
    """
    check_engine(engine)
    tenant.engine = engine
    tenant.save(update_fields=["engine"])


def slug_taken(slug: str) -> Refused:
    return Refused(f"The slug {slug} is taken. Choose another.", field="slug")


def add_member(*, tenant: Tenant, user: AbstractBaseUser, role: str = Member.Role.VIEWER) -> Member:
    """Give a person access to a tenant's pages, or change the role they have there."""
    if role not in Member.Role.values:
        raise Refused(f"A role is one of {', '.join(Member.Role.values)}.", field="role")
    with scopes_disabled():  # the tenant is named in the call
        member, _ = Member.objects.update_or_create(
            tenant=tenant, user_id=user.pk, defaults={"role": role}
        )
    return member


def remove_member(*, member: Member) -> None:
    member.delete()


def check_removable(tenant: Tenant) -> None:
    """:raises Refused: while there are connections; their data would be left without an owner"""
    # The reverse relation keeps this module from knowing the one above it.
    with scopes_disabled():  # the tenant is named in the call
        names = list(tenant.connections.order_by("name").values_list("name", flat=True))
    if names:
        raise Refused(
            f"{tenant} still has {_listed(names)}. Remove them before you remove the tenant."
        )


def remove_tenant(*, tenant: Tenant) -> None:
    """Forget a tenant that has no connections, its members and its API keys.

    :raises Refused: while there are connections
    """
    with transaction.atomic(), scopes_disabled():  # the tenant is named in the call
        hold_tenant(tenant)  # a connection that is being added is waited for, and counts
        check_removable(tenant)
        tenant.delete()


def hold_tenant(tenant: Tenant) -> None:
    """Let others who add to the tenant, or remove it, wait for the end of the transaction.

    :raises Refused: if it was removed meanwhile
    """
    # `no_key`: what refers to it, such as a run that begins meanwhile, does not have to wait.
    if not Tenant.objects.select_for_update(no_key=True).filter(pk=tenant.pk).exists():
        raise Refused(f"{tenant} was removed meanwhile. Add it anew.")


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
    return f"the connection {shown}" if len(names) == 1 else f"{len(names)} connections ({shown})"
