"""What a tenant's data is read from: the account, its credentials, its streams, its schedule."""

from __future__ import annotations

from typing import ClassVar
from uuid import uuid4

from django.conf import settings
from django.db import models
from django_scopes import ScopedManager

from portal.tenants.models import SLUG_PATTERN, Tenant


class Connection(models.Model):
    """One tenant's account at one source."""

    code = models.UUIDField(default=uuid4, unique=True, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="connections")
    name = models.CharField(
        max_length=40,
        help_text="Short name within the tenant: small letters, digits and single hyphens.",
    )
    connector = models.CharField(max_length=60)
    # The chosen streams, and those of them that have to be read in full each time.
    streams = models.JSONField(default=list, blank=True)
    full_read_streams = models.JSONField(default=list, blank=True)
    history_from = models.DateField(
        null=True,
        blank=True,
        help_text="Read records changed since this day on the first run. Empty: everything.",
    )
    # Personal fields this tenant chose to keep: {"customer": ["city"]}.
    kept_personal_fields = models.JSONField(default=dict, blank=True)
    alerts_of_drift = models.BooleanField(
        default=False, help_text="Whether a change of a stream's fields raises an alert."
    )
    # The outcome of the last test: {"ok", "message", "streams": [{"name", "outcome", …}]}.
    test_result = models.JSONField(null=True, blank=True, editable=False)
    tested_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Rises with every run that starts, so that a run which was replaced can no longer commit.
    fence = models.PositiveBigIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[models.Manager[Connection]] = ScopedManager(tenant="tenant")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "name"], name="connection_name_once"),
            models.CheckConstraint(
                condition=models.Q(name__regex=SLUG_PATTERN), name="connection_name_is_plain"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tenant.slug}/{self.name}"


IN_THE_DATABASE = "portal.connections.secrets.EncryptedColumn"


class Credentials(models.Model):
    """That a connection has credentials, since when, and in which store. Only `secrets` reads it.

    What the store needs to find or open them is beside it: the ciphertext itself, or a reference.
    """

    connection = models.OneToOneField(
        Connection, on_delete=models.CASCADE, related_name="credentials"
    )
    store = models.CharField(max_length=200, default=IN_THE_DATABASE)
    # A store that may still have a copy: the move to the other one has not been finished.
    left_in = models.CharField(max_length=200, blank=True, default="")
    # What an uploaded connector asked for and where it sent it when they were entered; empty for
    # one that we bring. See portal.marketplace.binding.
    bound_to = models.CharField(max_length=64, blank=True, default="")
    key_version = models.PositiveIntegerField()
    ciphertext = models.BinaryField()
    set_at = models.DateTimeField()
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL
    )

    objects: ClassVar[models.Manager[Credentials]] = ScopedManager(tenant="connection__tenant")

    def __repr__(self) -> str:
        return f"<Credentials of connection {self.connection_id}>"


class CredentialUse(models.Model):
    """One line for each time that credentials were set, read, moved or removed; it has none in it.

    It stays when the connection goes, so it names it instead of belonging to it.
    """

    class Act(models.TextChoices):
        SET = "SET", "Set"
        READ = "READ", "Read"
        MOVED = "MOVED", "Moved to another store"
        REMOVED = "REMOVED", "Removed"

    connection_code = models.UUIDField()
    connection_name = models.CharField(max_length=120)
    act = models.CharField(max_length=16, choices=Act)
    # A person's user name, or what a program was doing: "run 0a1b…".
    who = models.CharField(max_length=160)
    store = models.CharField(max_length=200)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["connection_code", "at"], name="use_by_connection")]

    def __str__(self) -> str:
        return f"{self.connection_name}: {self.get_act_display().lower()} by {self.who}"


class Schedule(models.Model):
    """When a connection runs by itself, in its tenant's time zone."""

    class Kind(models.TextChoices):
        MANUAL = "MANUAL", "Only when asked"
        INTERVAL = "INTERVAL", "Every so many minutes"
        CRON = "CRON", "At set times (cron)"

    connection = models.OneToOneField(Connection, on_delete=models.CASCADE, related_name="schedule")
    kind = models.CharField(max_length=16, choices=Kind, default=Kind.MANUAL)
    cron = models.CharField(max_length=100, blank=True, help_text="Such as 15 2 * * * for 02:15.")
    interval_minutes = models.PositiveIntegerField(null=True, blank=True)

    objects: ClassVar[models.Manager[Schedule]] = ScopedManager(tenant="connection__tenant")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(
                    models.Q(kind="MANUAL", cron="", interval_minutes__isnull=True)
                    | models.Q(kind="INTERVAL", cron="", interval_minutes__gte=1)
                    | (models.Q(kind="CRON", interval_minutes__isnull=True) & ~models.Q(cron=""))
                ),
                name="schedule_has_what_its_kind_needs",
            )
        ]

    def __str__(self) -> str:
        match self.kind:
            case Schedule.Kind.CRON:
                return f"cron {self.cron}"
            case Schedule.Kind.INTERVAL:
                return f"every {self.interval_minutes} minutes"
            case _:
                return "only when asked"
