"""What each tenant costs: a ledger of UTC days whose lines sum to the bill, and what bounds it.

Quantities and money are whole numbers of a billionth (`nanos`) of their unit: sums are exact.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Coalesce
from django_scopes import ScopedManager

from portal.pipelines.models import Restraint
from portal.tenants.models import Tenant

NANOS = 10**9


class Holder(models.TextChoices):
    """Who caused a cost."""

    TENANT = "TENANT", "A tenant"
    PLATFORM = "PLATFORM", "The platform itself"
    NOBODY = "NOBODY", "Unattributed"


class Kind(models.TextChoices):
    DIRECT = "DIRECT", "Direct"
    OVERLAP = "OVERLAP", "Overlap"
    IDLE = "IDLE", "Idle"
    CLOUD_SERVICES = "CLOUD_SERVICES", "Cloud services"
    SERVERLESS = "SERVERLESS", "Serverless"
    STORAGE = "STORAGE", "Storage"
    READING = "READING", "Reading from sources"
    UNATTRIBUTED = "UNATTRIBUTED", "Unattributed"


class Unit(models.TextChoices):
    CREDIT = "CREDIT", "credits"
    TB_MONTH = "TB_MONTH", "TB months"
    CPU_SECOND = "CPU_SECOND", "CPU seconds"
    GB = "GB", "GB"
    GB_MONTH = "GB_MONTH", "GB months"


class LedgerDay(models.Model):
    """One version of what an engine cost on one UTC day. An earlier version is never changed.

    The current one counts. What arrives for a day of a closed month becomes a version that does
    not, and a journal entry with the difference.
    """

    engine = models.CharField(max_length=16, choices=Tenant.Engine)
    day = models.DateField()
    version = models.PositiveIntegerField()
    is_current = models.BooleanField()
    # Whether the engine has sent its bill; before that it is the sum of what was metered.
    is_billed = models.BooleanField()
    currency = models.CharField(max_length=3)
    digest = models.CharField(max_length=64)
    # {"details": {"key", "sha256", "bytes"}, "queries": …}: files of the lake.
    files = models.JSONField(default=dict, blank=True)
    taken_at = models.DateTimeField()
    # When this was last known to be all there is to say of the day.
    seen_at = models.DateTimeField()

    class Meta:
        ordering = ("-day", "engine", "-version")
        constraints = [
            models.UniqueConstraint(
                fields=["engine", "day", "version"], name="ledger_version_once"
            ),
            models.UniqueConstraint(
                fields=["engine", "day"],
                condition=models.Q(is_current=True),
                name="one_current_ledger_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_engine_display()} on {self.day}, version {self.version}"


class Bill(models.Model):
    """What a service is billed at on a day: what the lines of the service sum to."""

    ledger = models.ForeignKey(LedgerDay, on_delete=models.CASCADE, related_name="bill")
    service_type = models.CharField(max_length=255)
    unit = models.CharField(max_length=16, choices=Unit)
    nanos = models.BigIntegerField()
    amount_nanos = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["ledger", "service_type", "unit"], name="bill_once_per_service"
            )
        ]

    def __str__(self) -> str:
        return self.service_type


class Part(models.Model):
    """A part of a cost, and who caused it. The name stays when the tenant goes."""

    holder = models.CharField(max_length=16, choices=Holder)
    tenant = models.ForeignKey(
        Tenant, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    tenant_code = models.UUIDField(null=True, blank=True)
    tenant_slug = models.CharField(max_length=40, blank=True)
    kind = models.CharField(max_length=16, choices=Kind)
    service_type = models.CharField(max_length=255)
    warehouse = models.CharField(max_length=255, blank=True)
    unit = models.CharField(max_length=16, choices=Unit)
    nanos = models.BigIntegerField()
    amount_nanos = models.BigIntegerField()
    # At the configured price, for want of a rate sheet.
    is_estimated = models.BooleanField(default=False)
    # Told by how long its queries ran, for want of Snowflake's own attribution.
    is_inferred = models.BooleanField(default=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.tenant_slug or self.get_holder_display()}: {self.get_kind_display()}"


class LedgerLine(Part):
    ledger = models.ForeignKey(LedgerDay, on_delete=models.CASCADE, related_name="lines")

    objects: ClassVar[models.Manager[LedgerLine]] = ScopedManager(tenant="tenant")

    class Meta:
        indexes = [models.Index(fields=["tenant", "ledger"], name="line_by_tenant")]


class LedgerMonth(models.Model):
    """A month of the ledger. Once it is closed, its days change by journal entries alone.

    Whoever writes about a day of it holds this row.
    """

    month = models.DateField(unique=True, help_text="Its first day.")
    closed_at = models.DateTimeField(null=True, blank=True)
    who = models.CharField(max_length=160, blank=True)

    class Meta:
        ordering = ("-month",)

    def __str__(self) -> str:
        return f"{self.month:%B %Y}"


class JournalEntry(models.Model):
    """A correction of a closed month; it counts in the month it is posted in."""

    ledger = models.OneToOneField(
        LedgerDay, on_delete=models.PROTECT, related_name="entry", help_text="What it comes from."
    )
    posted_on = models.DateField()
    reason = models.TextField()
    who = models.CharField(max_length=160)
    at = models.DateTimeField()

    class Meta:
        ordering = ("-pk",)
        verbose_name_plural = "journal entries"

    def __str__(self) -> str:
        return f"{self.ledger} posted on {self.posted_on}"


class JournalLine(Part):
    """The difference to what was said before, with its sign."""

    entry = models.ForeignKey(JournalEntry, on_delete=models.CASCADE, related_name="lines")

    objects: ClassVar[models.Manager[JournalLine]] = ScopedManager(tenant="tenant")


class TenantPrice(models.Model):
    """What a tenant pays us a month, from a month on."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="prices")
    from_month = models.DateField(help_text="The first day of a month.")
    amount = models.DecimalField(max_digits=18, decimal_places=2)

    objects: ClassVar[models.Manager[TenantPrice]] = ScopedManager(tenant="tenant")

    class Meta:
        ordering = ("tenant__slug", "-from_month")
        constraints = [
            models.UniqueConstraint(fields=["tenant", "from_month"], name="price_once_a_month"),
            models.CheckConstraint(condition=models.Q(amount__gte=0), name="price_is_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.tenant.slug} from {self.from_month:%Y-%m}"


class Budget(models.Model):
    """What a tenant, or the platform as a whole, may cost in a month, and what happens on the way.

    Each step is a share of the amount in per cent; an empty one is never taken.
    """

    tenant = models.OneToOneField(
        Tenant, null=True, blank=True, on_delete=models.CASCADE, related_name="budget"
    )
    amount = models.DecimalField(max_digits=18, decimal_places=2)
    warn_at = models.PositiveSmallIntegerField(null=True, blank=True, default=75)
    slow_at = models.PositiveSmallIntegerField(null=True, blank=True, default=90)
    skip_analytics_at = models.PositiveSmallIntegerField(null=True, blank=True, default=100)
    pause_at = models.PositiveSmallIntegerField(null=True, blank=True, default=120)
    # The step that was reached when somebody last looked; empty below the first.
    level = models.CharField(max_length=20, choices=Restraint.Level, blank=True)

    objects: ClassVar[models.Manager[Budget]] = ScopedManager(tenant="tenant")

    class Meta:
        constraints = [
            models.UniqueConstraint(Coalesce("tenant_id", 0), name="one_budget_each"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="budget_is_positive"),
        ]

    def __str__(self) -> str:
        return f"budget of {self.tenant.slug if self.tenant else 'the platform'}"


class BudgetOverride(models.Model):
    """Somebody lets runs go on for a while, whatever a budget says.

    That of a tenant lifts its own budget and the platform's, for this tenant alone; that of the
    platform lifts the platform's.
    """

    tenant = models.ForeignKey(
        Tenant, null=True, blank=True, on_delete=models.CASCADE, related_name="budget_overrides"
    )
    until = models.DateTimeField()
    reason = models.TextField()
    who = models.CharField(max_length=160)
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager[BudgetOverride]] = ScopedManager(tenant="tenant")

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"override of {self.tenant.slug if self.tenant else 'the platform'}"


class BudgetEvent(models.Model):
    """One line of the audit: what a budget did, and what people did with it."""

    class What(models.TextChoices):
        LEVEL = "LEVEL", "Reached a step"
        SET = "SET", "Set"
        REMOVED = "REMOVED", "Removed"
        OVERRIDDEN = "OVERRIDDEN", "Overridden"
        OVERRIDE_ENDED = "OVERRIDE_ENDED", "Override ended"

    tenant = models.ForeignKey(
        Tenant, null=True, blank=True, on_delete=models.SET_NULL, related_name="budget_events"
    )
    tenant_slug = models.CharField(max_length=40, blank=True)
    what = models.CharField(max_length=16, choices=What)
    level = models.CharField(max_length=20, blank=True)
    said = models.TextField()
    who = models.CharField(max_length=160)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager[BudgetEvent]] = ScopedManager(tenant="tenant")

    class Meta:
        ordering = ("-pk",)
        indexes = [models.Index(fields=["tenant", "-at"], name="budget_event_by_tenant")]

    def __str__(self) -> str:
        return self.said


class Reading(models.Model):
    """That somebody looked at a tenant's figures on a day: pages, API or exports."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="readings")
    day = models.DateField()
    times = models.PositiveIntegerField(default=0)

    objects: ClassVar[models.Manager[Reading]] = ScopedManager(tenant="tenant")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "day"], name="reading_once_a_day")]

    def __str__(self) -> str:
        return f"{self.tenant.slug} on {self.day}"


class MeasuredRun(models.Model):
    """An ended run whose connection was removed: what it used was used all the same."""

    code = models.UUIDField(unique=True)
    tenant = models.ForeignKey(
        Tenant, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    tenant_code = models.UUIDField()
    connection_code = models.UUIDField()
    engine = models.CharField(max_length=16, choices=Tenant.Engine)
    finished_at = models.DateTimeField()
    bytes_read = models.BigIntegerField(default=0)
    steps = models.JSONField(default=dict, blank=True)

    objects: ClassVar[models.Manager[MeasuredRun]] = ScopedManager(tenant="tenant")

    class Meta:
        indexes = [models.Index(fields=["engine", "finished_at"], name="measured_by_engine")]

    def __str__(self) -> str:
        return str(self.code)
