"""What people are told, and whether it has been sent: runs that do not end well, costs, reports."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django_scopes import ScopedManager

from portal.connections.models import Connection
from portal.runs.models import Run
from portal.tenants.models import Tenant


class Incident(models.Model):
    """From a connection's first run that did not end well to its next one that completes."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="incidents")
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="incidents")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager[Incident]] = ScopedManager(tenant="connection__tenant")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection"],
                condition=models.Q(closed_at__isnull=True),
                name="one_open_incident",
            )
        ]

    def __str__(self) -> str:
        return f"{self.connection} since {self.opened_at:%Y-%m-%d %H:%M}"


class Alert(models.Model):
    """One message for one channel. It waits here until the channel has taken it.

    `about` names what it is about where that is no incident: nothing is told twice.
    """

    class Kind(models.TextChoices):
        RAISED = "RAISED", "Raised"
        RECOVERED = "RECOVERED", "Recovered"
        BUDGET = "BUDGET", "Budget"
        REPORT = "REPORT", "Report"
        DRIFT = "DRIFT", "Drift"

    # Nobody's, if it is about the platform as a whole.
    tenant = models.ForeignKey(
        Tenant, null=True, blank=True, on_delete=models.CASCADE, related_name="alerts"
    )
    incident = models.ForeignKey(
        Incident, null=True, blank=True, on_delete=models.CASCADE, related_name="alerts"
    )
    about = models.CharField(max_length=120, blank=True)
    kind = models.CharField(max_length=16, choices=Kind)
    channel = models.CharField(max_length=300)
    subject = models.CharField(max_length=100)
    text = models.TextField()
    raised_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField()
    # A sentence for the operator while the channel does not take it.
    problem = models.TextField(blank=True)

    objects: ClassVar[models.Manager[Alert]] = ScopedManager(tenant="tenant")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "kind", "channel"], name="alert_once_per_channel"
            ),
            models.UniqueConstraint(
                fields=["about", "channel"],
                condition=models.Q(incident__isnull=True),
                name="notice_once_per_channel",
            ),
        ]
        indexes = [models.Index(fields=["sent_at", "due_at"], name="alert_by_due")]

    def __str__(self) -> str:
        return self.subject
