"""What was done with Snowflake, by whom, and what was last seen there.

The portal holds no key to Snowflake: workers, and operators' own command lines, do.
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.db import models
from django.db.models import Q


class Action(models.TextChoices):
    """All that can be asked for. The words are those of `python -m flows.provision`."""

    PLAN = "plan", "Plan"
    APPLY = "apply", "Apply"
    REPAIR_PERMISSIONS = "repair-permissions", "Repair permissions"
    SET_UP_MONITORS = "set-up-monitors", "Set up monitors"
    SET_UP_COST_MONITORING = "set-up-cost-monitoring", "Set up cost monitoring"
    RESUME = "resume-warehouses", "Resume all warehouses"
    SUSPEND = "suspend-warehouses", "Suspend all warehouses"
    # These need what only a person at a command line has, or should have to type.
    ROTATE_KEY = "rotate-key", "Rotate a key"
    OFFBOARD = "offboard", "Offboard a tenant"


# What a flow run may be asked for, from the portal's pages. The flow has a list of its own.
ON_REQUEST = frozenset(Action) - {Action.ROTATE_KEY, Action.OFFBOARD}
# What tells how far the account is from what it should be.
COMPARING = frozenset({Action.PLAN, Action.APPLY})


class WarehouseAction(models.Model):
    """One line of the audit: somebody wanted something done with Snowflake, or tried to.

    It is written before anything is asked for, and it stays: it names its author in words.
    """

    class Outcome(models.TextChoices):
        REQUESTED = "REQUESTED", "Requested"
        COMPLETED = "COMPLETED", "Completed"
        FAILED = "FAILED", "Failed"
        NOT_STARTED = "NOT_STARTED", "Not started"
        REFUSED = "REFUSED", "Refused"

    code = models.UUIDField(default=uuid4, unique=True, editable=False)
    # Also what is no action at all, if that is what somebody tried.
    action = models.CharField(max_length=40)
    who = models.CharField(max_length=160)
    at = models.DateTimeField()
    flow_run_id = models.UUIDField(null=True, blank=True)
    outcome = models.CharField(max_length=16, choices=Outcome, default=Outcome.REQUESTED)
    report = models.TextField(blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ()
        permissions = [("operate", "Can operate Snowflake")]
        indexes = [models.Index(fields=["outcome"], name="action_by_outcome")]
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="REQUESTED", ended_at__isnull=True)
                | (~Q(outcome="REQUESTED") & Q(ended_at__isnull=False)),
                name="action_has_ended_or_waits",
            )
        ]

    def __str__(self) -> str:
        return f"{self.title} by {self.who}"

    @property
    def title(self) -> str:
        return Action(self.action).label if self.action in Action.values else self.action


THE_ONE = 1


class AccountState(models.Model):
    """What was last seen of the account: one row, which each report brings up to date.

    `warehouses` are objects with name, size, state, monitor, used, quota and suspend_seconds; used
    and quota are credits of this month, and nothing where whoever looked may not see monitors.
    """

    # How many steps a plan had, or were left after the last apply, and the sentences.
    differences = models.PositiveIntegerField(null=True, blank=True)
    compared_text = models.TextField(blank=True)
    compared_at = models.DateTimeField(null=True, blank=True)
    compared_in = models.UUIDField(null=True, blank=True)
    # A sentence for the operator while the account cannot be compared; empty when it can.
    problem = models.TextField(blank=True)
    warehouses: models.JSONField[Any, Any] = models.JSONField(default=list, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(pk=THE_ONE), name="one_account_state"),
        ]

    def __str__(self) -> str:
        return "the Snowflake account"
