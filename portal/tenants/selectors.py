"""Reading tenants and members."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import QuerySet
from django_scopes import scopes_disabled

from portal.lib.errors import Refused
from portal.tenants.models import Member, Tenant


def tenants() -> QuerySet[Tenant]:
    return Tenant.objects.order_by("slug")


def tenant_by_slug(slug: str) -> Tenant:
    """:raises Refused: if there is none"""
    tenant = Tenant.objects.filter(slug=slug).first()  # the slug is unique
    if tenant is None:
        raise Refused(f"There is no tenant {slug}. `manage.py status` lists them.", field="tenant")
    return tenant


def tenants_of(user: AbstractBaseUser | AnonymousUser) -> QuerySet[Tenant]:
    """The tenants whose pages this person may see: all for staff, none for a stranger."""
    if not user.is_authenticated or not user.is_active:
        return Tenant.objects.none()
    if getattr(user, "is_staff", False):
        return tenants()
    return tenants().filter(members__user=user.pk)


def members_of(tenant: Tenant) -> QuerySet[Member]:
    with scopes_disabled():  # the tenant is named in the call
        return Member.objects.filter(tenant=tenant).select_related("user").order_by("pk")
