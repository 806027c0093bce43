"""Connectors that people uploaded: their versions, what trials of them found, and who uses which.

Nothing here is ever changed: a correction is another version, a decision is another line.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django_scopes import ScopedManager

from portal.tenants.models import Tenant

MANAGE = "marketplace.manage"


class UploadedConnector(models.Model):
    """A name that connections can have, beside those of the connectors we bring."""

    name = models.CharField(max_length=40, unique=True)
    title = models.CharField(max_length=200)
    created_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        permissions = [("manage", "Can upload connectors and choose who uses them")]

    def __str__(self) -> str:
        return self.title


class ConnectorVersion(models.Model):
    """One upload. The digest is that of its connector.yaml, `document`, and its `questions`."""

    connector = models.ForeignKey(
        UploadedConnector, on_delete=models.PROTECT, related_name="versions"
    )
    number = models.PositiveIntegerField()
    document = models.TextField()
    docs = models.TextField(blank=True)
    # The text of each file of GraphQL, by its name.
    questions: models.JSONField[Any, Any] = models.JSONField(default=dict, blank=True)
    # The text of each file of samples, by stream.
    samples: models.JSONField[Any, Any] = models.JSONField(default=dict, blank=True)
    digest = models.CharField(max_length=64)
    note = models.CharField(max_length=400)
    # In words as well: the line stays when the person goes.
    who = models.CharField(max_length=160)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL
    )
    uploaded_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["connector", "number"], name="version_number_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="version_numbers_begin_at_1"),
        ]

    def __str__(self) -> str:
        return f"{self.connector} version {self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise TypeError("A version is never changed. Upload another one.")
        super().save(*args, **kwargs)


class Trial(models.Model):
    """What a version could read with one account, before anybody used it.

    `result` is as a connection keeps it: {"ok", "message", "streams": [{"name", "outcome", …}]}.
    """

    version = models.ForeignKey(ConnectorVersion, on_delete=models.CASCADE, related_name="trials")
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    # The connection whose credentials were used; empty if they were typed in for the trial.
    connection_name = models.CharField(max_length=120, blank=True)
    ok = models.BooleanField()
    result: models.JSONField[Any, Any] = models.JSONField()
    who = models.CharField(max_length=160)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[Trial]] = ScopedManager(tenant="tenant")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.version} with {self.connection_name or self.tenant}"


class Rollout(models.Model):
    """From `at` on a tenant uses this version, or none. The current line is the newest one.

    `previous` is what was used before in the sense of a way back: rolling back goes there, and
    takes over the way back from there.
    """

    class Act(models.TextChoices):
        ROLLED_OUT = "ROLLED_OUT", "Rolled out"
        ROLLED_BACK = "ROLLED_BACK", "Rolled back"
        WITHDRAWN = "WITHDRAWN", "Withdrawn"

    connector = models.ForeignKey(UploadedConnector, on_delete=models.PROTECT, related_name="+")
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    version = models.ForeignKey(
        ConnectorVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="rollouts"
    )
    previous = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    act = models.CharField(max_length=16, choices=Act)
    is_current = models.BooleanField(default=True)
    who = models.CharField(max_length=160)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[Rollout]] = ScopedManager(tenant="tenant")

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["connector", "tenant"],
                condition=Q(is_current=True),
                name="one_version_for_a_tenant",
            ),
            models.CheckConstraint(
                condition=Q(act="WITHDRAWN", version__isnull=True)
                | (~Q(act="WITHDRAWN") & Q(version__isnull=False)),
                name="rollout_has_a_version_or_is_none",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version or self.connector} for {self.tenant}: {self.get_act_display()}"
