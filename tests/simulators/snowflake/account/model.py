"""What an account holds: objects with an owner, grants, memberships and uses of policies."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from tests.simulators.snowflake.account.errors import Path, missing

ACCOUNT = "ACCOUNT"
SYSTEM_ROLES = ("ACCOUNTADMIN", "SECURITYADMIN", "USERADMIN", "SYSADMIN", "PUBLIC")
ACCOUNT_KINDS = frozenset({
    "WAREHOUSE", "ROLE", "USER", "RESOURCE MONITOR", "DATABASE", "INTEGRATION", "NETWORK POLICY",
})  # fmt: skip
# Tables and views share their names: there is no view beside a table of the same name.
RELATIONS = ("TABLE", "VIEW")

Key = tuple[str, Path]


@dataclass
class Thing:
    """One object: a warehouse, a role, a schema, a table…"""

    kind: str
    path: Path
    owner: str
    options: dict[str, Any] = field(default_factory=dict)
    created: str = field(default_factory=lambda: datetime.now(UTC).isoformat())

    @property
    def name(self) -> str:
        return self.path[-1] if self.path else ""

    @property
    def key(self) -> Key:
        return self.kind, self.path


@dataclass(frozen=True)
class Grant:
    """A privilege on one object, for one role."""

    privilege: str
    kind: str
    path: Path
    role: str
    by: str
    option: bool = False  # may the role pass it on?


@dataclass(frozen=True)
class FutureGrant:
    """A privilege on each object of a kind that will be created in a database or schema."""

    privilege: str
    kind: str
    scope: Path
    role: str
    option: bool = False


@dataclass(frozen=True)
class Member:
    """A role granted to a role or to a user."""

    role: str
    grantee_kind: str
    grantee: str
    by: str = ""


@dataclass(frozen=True)
class PolicyUse:
    """A policy on a table or view; ``column`` is empty for a row access policy."""

    policy_kind: str
    policy: Path
    kind: str
    path: Path
    column: str
    arguments: tuple[str, ...]


@dataclass
class State:
    name: str
    things: dict[Key, Thing] = field(default_factory=dict)
    grants: dict[tuple[str, str, Path, str], Grant] = field(default_factory=dict)
    future: dict[tuple[str, str, Path, str], FutureGrant] = field(default_factory=dict)
    members: dict[tuple[str, str, str], Member] = field(default_factory=dict)
    uses: list[PolicyUse] = field(default_factory=list)
    # Session objects: nobody but their session sees them, so they are neither listed nor kept.
    temporary: dict[Path, Thing] = field(default_factory=dict)

    def find(self, kind: str, path: Path) -> Thing:
        """:raises AccountError: 002003, if there is none"""
        thing = self.things.get((kind, path))
        if thing is None:
            raise missing(kind, path)
        return thing

    def has(self, kind: str, path: Path) -> bool:
        return (kind, path) in self.things

    def relation(self, path: Path) -> Thing | None:
        for kind in RELATIONS:
            if thing := self.things.get((kind, path)):
                return thing
        return None

    def of_kind(self, kind: str, within: Path = ()) -> list[Thing]:
        found = [
            thing
            for (its_kind, path), thing in self.things.items()
            if its_kind == kind and path[: len(within)] == within
        ]
        return sorted(found, key=lambda thing: thing.path)

    def grants_on(self, thing: Thing) -> list[Grant]:
        return [g for g in self.grants.values() if (g.kind, g.path) == thing.key]

    def give(self, grant: Grant) -> None:
        key = (grant.privilege, grant.kind, grant.path, grant.role)
        if key not in self.grants or grant.option:
            self.grants[key] = grant

    def add(self, thing: Thing) -> Thing:
        """A new object, or a replaced one: grants on the old one are gone."""
        self.remove(thing)
        self.things[thing.key] = thing
        return thing

    def move(self, thing: Thing, path: Path) -> None:
        """Rename it: grants and uses of policies go with it."""
        old = thing.key
        del self.things[old]
        thing.path = path
        self.things[thing.key] = thing
        for key, grant in list(self.grants.items()):
            if (grant.kind, grant.path) == old:
                del self.grants[key]
                self.give(replace(grant, path=path))
        self.uses = [
            replace(use, path=path) if (use.kind, use.path) == old else use for use in self.uses
        ]

    def remove(self, thing: Thing) -> None:
        self.things.pop(thing.key, None)
        for grant in self.grants_on(thing):
            del self.grants[grant.privilege, grant.kind, grant.path, grant.role]
        self.uses = [use for use in self.uses if (use.kind, use.path) != thing.key]
