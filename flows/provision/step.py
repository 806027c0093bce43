"""One step of a plan, and a plan."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum


class Part(StrEnum):
    """What a step is about; the management commands take some of them."""

    ACCOUNT = "account"
    MONITORS = "monitors"
    COMPUTE = "compute"
    STRUCTURE = "structure"
    POLICIES = "policies"
    PERMISSIONS = "permissions"
    MAPPING = "mapping"
    VIEWS = "views"
    COSTS = "costs"
    OFFBOARDING = "offboarding"


@dataclass(frozen=True)
class Step:
    """`wakes` says that it needs a running warehouse."""

    sentence: str
    sql: str
    role: str
    part: Part
    wakes: bool = False


@dataclass(frozen=True)
class Plan:
    """
    :param notes: what an operator should know, though no step follows from it
    :param blocked: what has to be done by somebody else before any step
    """

    steps: tuple[Step, ...]
    notes: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()

    def only(self, parts: Collection[Part]) -> Plan:
        return replace(self, steps=tuple(each for each in self.steps if each.part in parts))
