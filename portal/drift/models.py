"""The fields that a stream of a connection is known to have, and how it came to differ from them.

Names only: what a field holds is never here.
"""

from __future__ import annotations

from typing import ClassVar
from uuid import uuid4

from django.db import models
from django_scopes import ScopedManager

from portal.connections.models import Connection
from portal.runs.models import Run

NAME_LENGTH = 100
MOST_FIELDS = 500
# The largest number that the database holds.
MOST_RECORDS = 2**63 - 1


class StreamField(models.Model):
    """A field that records of a stream had, or that somebody took in."""

    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="stream_fields"
    )
    stream = models.CharField(max_length=60)
    name = models.CharField(max_length=NAME_LENGTH, blank=True)
    # Whether the last whole read of the stream had it.
    is_there = models.BooleanField(default=True)
    first_run = models.ForeignKey(Run, null=True, on_delete=models.SET_NULL, related_name="+")
    first_seen_at = models.DateTimeField()

    objects: ClassVar[models.Manager[StreamField]] = ScopedManager(tenant="connection__tenant")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "stream", "name"], name="field_once_per_stream"
            )
        ]

    def __str__(self) -> str:
        return f"{self.stream}.{self.name}"


class DriftEvent(models.Model):
    """One change of a stream's fields, however many runs see it."""

    class Kind(models.TextChoices):
        APPEARED = "APPEARED", "New field"
        VANISHED = "VANISHED", "Field is gone"
        FROZEN = "FROZEN", "New, kept out"
        QUARANTINED = "QUARANTINED", "New, rejected"
        FLOODED = "FLOODED", "Names without end"

    # What a policy keeps out until somebody takes it in.
    KEPT_OUT = frozenset({"FROZEN", "QUARANTINED"})

    code = models.UUIDField(default=uuid4, unique=True, editable=False)
    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="drift_events"
    )
    stream = models.CharField(max_length=60)
    field = models.CharField(max_length=NAME_LENGTH, blank=True)
    kind = models.CharField(max_length=16, choices=Kind)
    # In how many records it was seen at least: of a large batch some are looked at.
    records = models.PositiveBigIntegerField(default=0)
    run = models.ForeignKey(Run, null=True, on_delete=models.SET_NULL, related_name="+")
    last_run = models.ForeignKey(Run, null=True, on_delete=models.SET_NULL, related_name="+")
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    # A person's user name, or the name of an API key.
    acknowledged_by = models.CharField(max_length=160, blank=True)

    objects: ClassVar[models.Manager[DriftEvent]] = ScopedManager(tenant="connection__tenant")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "stream", "field", "kind"], name="drift_once_per_field"
            ),
            models.CheckConstraint(
                condition=models.Q(acknowledged_at__isnull=True, acknowledged_by="")
                | (models.Q(acknowledged_at__isnull=False) & ~models.Q(acknowledged_by="")),
                name="acknowledged_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.connection} {self.stream}.{self.field}: {self.get_kind_display().lower()}"
