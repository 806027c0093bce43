"""What should run. Prefect is made to agree with these rows, never the other way round."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django_scopes import ScopedManager

from portal.connections.models import Connection
from portal.tenants.models import Tenant


class Pipeline(models.Model):
    """The desired state of a connection's deployment, and what became of the last attempt."""

    class Wanted(models.TextChoices):
        ACTIVE = "ACTIVE", "Active"
        PAUSED = "PAUSED", "Paused"

    connection = models.OneToOneField(Connection, on_delete=models.CASCADE, related_name="pipeline")
    wanted = models.CharField(max_length=16, choices=Wanted, default=Wanted.ACTIVE)
    deployment_id = models.UUIDField(null=True, blank=True, editable=False)
    applied_at = models.DateTimeField(null=True, blank=True, editable=False)
    # A sentence for the operator while Prefect does not yet agree; empty when it does.
    problem = models.TextField(blank=True, editable=False)

    objects: ClassVar[models.Manager[Pipeline]] = ScopedManager(tenant="connection__tenant")

    def __str__(self) -> str:
        return f"pipeline of {self.connection}"


class Restraint(models.Model):
    """How much less than it is set up to, a tenant's pipelines may do; no row, no restraint.

    Its budget decides. It is here because deployments follow it.
    """

    class Level(models.TextChoices):
        WARNED = "WARNED", "Warned"
        SLOWED = "SLOWED", "Once a day at most"
        WITHOUT_ANALYTICS = "WITHOUT_ANALYTICS", "Lands only, once a day at most"
        PAUSED = "PAUSED", "Paused"

    tenant = models.OneToOneField(Tenant, on_delete=models.CASCADE, related_name="restraint")
    level = models.CharField(max_length=20, choices=Level)
    reason = models.TextField()
    since = models.DateTimeField()

    objects: ClassVar[models.Manager[Restraint]] = ScopedManager(tenant="tenant")

    # In their order: each does what those before it do, and more.
    SLOW = frozenset({Level.SLOWED, Level.WITHOUT_ANALYTICS, Level.PAUSED})
    LANDS_ONLY = frozenset({Level.WITHOUT_ANALYTICS, Level.PAUSED})

    def __str__(self) -> str:
        return f"{self.tenant.slug}: {self.get_level_display()}"
