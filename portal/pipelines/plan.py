"""The difference between what the portal wants and what Prefect holds. Nothing here acts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from enum import StrEnum

from portal.pipelines.desired import Deployment


class Act(StrEnum):
    CREATE = "create"
    CHANGE = "change"
    DELETE = "delete"


@dataclass(frozen=True)
class Held:
    """A deployment that Prefect holds, and its id there."""

    id: str
    deployment: Deployment


@dataclass(frozen=True)
class Change:
    act: Act
    name: str
    wanted: Deployment | None = None
    held: Held | None = None

    @property
    def differences(self) -> list[str]:
        """One `field: held -> wanted` for each field of a change."""
        if self.wanted is None or self.held is None:
            return []
        held = self.held.deployment
        return [
            f"{field.name}: {getattr(held, field.name)} -> {getattr(self.wanted, field.name)}"
            for field in fields(Deployment)
            if getattr(held, field.name) != getattr(self.wanted, field.name)
        ]


def plan(*, wanted: Iterable[Deployment], held: Iterable[Held]) -> list[Change]:
    """What has to be done, deletions last. Equal sides give an empty plan."""
    held_by_name = {each.deployment.name: each for each in held}
    changes = []
    for deployment in sorted(wanted, key=lambda each: each.name):
        existing = held_by_name.pop(deployment.name, None)
        if existing is None:
            changes.append(Change(Act.CREATE, deployment.name, wanted=deployment))
        elif existing.deployment != deployment:
            changes.append(Change(Act.CHANGE, deployment.name, wanted=deployment, held=existing))
    gone = sorted(held_by_name.values(), key=lambda each: each.deployment.name)
    return changes + [Change(Act.DELETE, each.deployment.name, held=each) for each in gone]
