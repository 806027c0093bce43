"""Who may operate Snowflake from the portal, and where there is anything to operate."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.http import HttpRequest

from portal.tenants.models import Tenant
from portal.warehouses.models import ON_REQUEST

PERMISSION = "warehouses.operate"


def is_offered() -> bool:
    """Whether tenants of this installation may be on Snowflake."""
    return Tenant.Engine.SNOWFLAKE in settings.ENGINES


def may_operate(user: AbstractBaseUser | AnonymousUser) -> bool:
    is_staff = bool(user.is_active and getattr(user, "is_staff", False))
    return is_staff and user.has_perm(PERMISSION)  # type: ignore[union-attr]  # staff has it


def is_shown_to(request: HttpRequest) -> bool:
    """For the navigation: see UNFOLD in the settings."""
    return is_offered() and may_operate(request.user)


def why_not(*, user: AbstractBaseUser | AnonymousUser, action: str) -> str:
    """A sentence for the audit if this person may not do this; empty if they may."""
    if not may_operate(user):
        return f"{user} may not operate Snowflake."
    if not is_offered():
        return "No tenant of this installation may be on Snowflake."
    if action not in ON_REQUEST:
        return "There is no such action."
    return ""
