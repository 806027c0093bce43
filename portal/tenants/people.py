"""Finding the people who are, or are to become, members of a tenant."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Q

from portal.lib.errors import Refused
from portal.tenants.models import Member, Tenant
from portal.tenants.selectors import members_of


def person_named(name: str) -> AbstractBaseUser:
    """The active account with this user name or e-mail address.

    :raises Refused: if there is none, or if several share the address
    """
    wanted = Q(username=name) | (Q(email__iexact=name) & ~Q(email=""))
    found = list(get_user_model().objects.filter(wanted, is_active=True)[:2])
    if not found:
        raise Refused(
            "There is no account with this name or address. Ask the operator to create one.",
            field="user",
        )
    if len(found) > 1:
        raise Refused("Several accounts use this address. Give the user name.", field="user")
    return found[0]


def member_named(*, tenant: Tenant, username: str) -> Member | None:
    return members_of(tenant).filter(user__username=username).first()  # once per tenant
