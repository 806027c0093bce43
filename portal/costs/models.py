"""What each tenant uses, day by day, and what that costs."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django_scopes import ScopedManager

from portal.tenants.models import Tenant


class DailyUsage(models.Model):
    """The runs that ended on one day of the tenant's time zone, added up.

    `bytes_stored` is what the lake held in the night after it; nothing, if nobody measured then.
    `cost` is at the prices of when it was last added up.
    """

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="daily_usage")
    day = models.DateField()
    runs = models.PositiveIntegerField()
    cpu_seconds = models.DecimalField("CPU seconds", max_digits=18, decimal_places=3)
    bytes_read = models.PositiveBigIntegerField()
    bytes_stored = models.PositiveBigIntegerField(null=True, blank=True)
    cost = models.DecimalField(max_digits=18, decimal_places=6)
    currency = models.CharField(max_length=3)
    rolled_up_at = models.DateTimeField()

    objects: ClassVar[models.Manager[DailyUsage]] = ScopedManager(tenant="tenant")

    class Meta:
        verbose_name = "usage of a day"
        verbose_name_plural = "costs"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "day"], name="usage_once_per_day"),
            models.CheckConstraint(
                condition=models.Q(cpu_seconds__gte=0, cost__gte=0), name="usage_is_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tenant} on {self.day}"
