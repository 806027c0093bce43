"""What happened: each execution of a connection's flow, and what it did with every stream."""

from __future__ import annotations

from typing import ClassVar
from uuid import uuid4

from django.db import models
from django.db.models import F
from django_scopes import ScopedManager

from portal.connections.models import Connection
from portal.marketplace.models import ConnectorVersion
from portal.tenants.models import Tenant


class Run(models.Model):
    class Status(models.TextChoices):
        SCHEDULED = "SCHEDULED", "Scheduled"
        RUNNING = "RUNNING", "Running"
        COMPLETED = "COMPLETED", "Completed"
        PARTIAL = "PARTIAL", "Completed in part"
        FAILED = "FAILED", "Failed"
        CRASHED = "CRASHED", "Crashed"
        CANCELLED = "CANCELLED", "Cancelled"

    class Actor(models.TextChoices):
        """Who has to act on a run that did not complete."""

        NOBODY = "", "Nobody"
        TENANT = "TENANT", "The tenant"
        OPERATOR = "OPERATOR", "The operator"

    ENDED = frozenset({"COMPLETED", "PARTIAL", "FAILED", "CRASHED", "CANCELLED"})
    COMMITTED = frozenset({"COMPLETED", "PARTIAL"})

    code = models.UUIDField(default=uuid4, unique=True, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="runs")
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="runs")
    flow_run_id = models.UUIDField(unique=True)
    # That of its tenant when it was claimed: a tenant may move later.
    engine = models.CharField(
        max_length=16, choices=Tenant.Engine, default=Tenant.Engine.DUCKDB, editable=False
    )
    # Of an uploaded connector: the version the run began with. It keeps it to its end.
    connector_version = models.ForeignKey(
        ConnectorVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    status = models.CharField(max_length=16, choices=Status, default=Status.SCHEDULED)
    requested_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    message = models.TextField(blank=True)
    actor = models.CharField(max_length=16, choices=Actor, default=Actor.NOBODY, blank=True)
    publication = models.CharField(max_length=40, blank=True)
    # {"extract": {"seconds": 1.2, "cpu_seconds": 0.4}, "transform": …, "publish": …}
    steps = models.JSONField(default=dict, blank=True)

    objects: ClassVar[models.Manager[Run]] = ScopedManager(tenant="tenant")

    class Meta:
        indexes = [
            models.Index(fields=["connection", "-requested_at"], name="run_by_connection"),
            models.Index(fields=["status"], name="run_by_status"),
            models.Index(fields=["tenant", "finished_at"], name="run_by_end"),
            models.Index(fields=["engine", "finished_at"], name="run_by_engine"),
        ]

    def __str__(self) -> str:
        return f"{self.connection} at {self.requested_at:%Y-%m-%d %H:%M}"


class StreamResult(models.Model):
    """The account of one stream in one run: every extracted record is in exactly one count."""

    class Status(models.TextChoices):
        LANDED = "LANDED", "Landed"
        FAILED = "FAILED", "Failed"

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="streams")
    stream = models.CharField(max_length=60)
    status = models.CharField(max_length=16, choices=Status)
    extracted = models.PositiveBigIntegerField(default=0)
    new = models.PositiveBigIntegerField(default=0)
    changed = models.PositiveBigIntegerField(default=0)
    unchanged = models.PositiveBigIntegerField(default=0)
    rejected = models.PositiveBigIntegerField(default=0)
    # Records held that the source no longer has: those marked, and those that were too many.
    deleted = models.PositiveBigIntegerField(default=0)
    held_back = models.PositiveBigIntegerField(default=0)
    bytes_read = models.PositiveBigIntegerField(default=0)
    seconds = models.FloatField(default=0)
    is_incremental = models.BooleanField(default=False)
    bookmark = models.CharField(max_length=64, blank=True)
    message = models.TextField(blank=True)

    objects: ClassVar[models.Manager[StreamResult]] = ScopedManager(tenant="run__tenant")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "stream"], name="stream_once_per_run"),
            models.CheckConstraint(
                condition=models.Q(
                    extracted=F("new") + F("changed") + F("unchanged") + F("rejected")
                ),
                name="every_record_is_accounted_for",
            ),
        ]

    def __str__(self) -> str:
        return self.stream


class StreamSweep(models.Model):
    """The last time that a whole listing of a stream was compared with what is held of it.

    Of the deletes that were `held_back` then, as many are `allowed` as somebody has let pass since.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="sweeps")
    stream = models.CharField(max_length=60)
    swept_at = models.DateTimeField()
    held_back = models.PositiveBigIntegerField(default=0)
    allowed = models.PositiveBigIntegerField(default=0)
    allowed_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[StreamSweep]] = ScopedManager(tenant="connection__tenant")

    class Meta:
        verbose_name = "sweep"
        constraints = [
            models.UniqueConstraint(fields=["connection", "stream"], name="sweep_once_per_stream"),
            models.CheckConstraint(
                condition=models.Q(allowed__lte=F("held_back")),
                name="only_what_is_held_back_passes",
            ),
        ]

    def __str__(self) -> str:
        return self.stream
