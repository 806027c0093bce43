"""Who uses the platform: retailers, and the people who look after them."""

from __future__ import annotations

from typing import ClassVar
from uuid import uuid4

from django.conf import settings
from django.db import models
from django_scopes import ScopedManager

SLUG_PATTERN = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"


class Tenant(models.Model):
    """A retailer. Its `code` is the `tenant_id` of all its data; its slug is for people."""

    class Engine(models.TextChoices):
        DUCKDB = "DUCKDB", "DuckDB, on the worker's own disk"
        SNOWFLAKE = "SNOWFLAKE", "Snowflake"

    code = models.UUIDField(default=uuid4, unique=True, editable=False)
    slug = models.CharField(
        max_length=40,
        unique=True,
        help_text="Short name in addresses: small letters, digits and single hyphens.",
    )
    name = models.CharField(max_length=120)
    time_zone = models.CharField(
        max_length=64,
        default="Europe/Berlin",
        help_text="Name from the IANA list, such as Europe/Berlin. Schedules and sales use it.",
    )
    currency = models.CharField(max_length=3, default="EUR", help_text="ISO 4217, such as EUR.")
    country = models.CharField(
        max_length=2, default="DE", help_text="ISO 3166, such as DE. Decides the tax rates."
    )
    engine = models.CharField(max_length=16, choices=Engine, default=Engine.DUCKDB)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(slug__regex=SLUG_PATTERN), name="tenant_slug_is_plain"
            ),
            models.CheckConstraint(
                condition=models.Q(currency__regex=r"^[A-Z]{3}$"), name="tenant_currency_is_iso"
            ),
            models.CheckConstraint(
                condition=models.Q(country__regex=r"^[A-Z]{2}$"), name="tenant_country_is_iso"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Member(models.Model):
    """A person with access to a tenant's pages."""

    class Role(models.TextChoices):
        VIEWER = "VIEWER", "Viewer"
        ADMIN = "ADMIN", "Administrator"

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(max_length=16, choices=Role, default=Role.VIEWER)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[models.Manager[Member]] = ScopedManager(tenant="tenant")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "user"], name="member_once_per_tenant")
        ]

    def __str__(self) -> str:
        return f"{self.user} at {self.tenant}"
