"""Who may do what: the roles of a session, and what is granted to any of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from tests.simulators.snowflake.account.errors import AccountError, Path, denied, missing
from tests.simulators.snowflake.account.model import ACCOUNT, ACCOUNT_KINDS, State, Thing
from tests.simulators.snowflake.account.privileges import OWNERSHIP

# Every role may see that these exist.
_ALWAYS_SEEN = frozenset({"ACCOUNT", "ROLE", "USER"})
_WAREHOUSE_WIDE = frozenset({"MODIFY", "MONITOR", "OPERATE"})


class Session(Protocol):
    """What the account must know of a session; ``secondary_roles`` is read where there is one.

    Names are in upper case; ``USE`` writes them.
    """

    user: str
    role: str | None
    warehouse: str | None
    database: str | None
    schema: str | None


class Access:
    """What a set of roles may do. A role has what the roles granted to it have, and PUBLIC's."""

    def __init__(self, state: State, *, primary: str, secondary: Iterable[str] = ()) -> None:
        self.state = state
        self.primary = primary
        self.creators = inherited(state, [primary])
        self.roles = inherited(state, [primary, *secondary])

    def holds(self, privilege: str, thing: Thing) -> bool:
        if thing.owner in self.roles:
            return True
        if thing.kind == "WAREHOUSE" and privilege in _WAREHOUSE_WIDE:
            account = self.state.find(ACCOUNT, ())
            if self._granted("MANAGE WAREHOUSES", account, self.roles):
                return True
        return privilege != OWNERSHIP and self._granted(privilege, thing, self.roles)

    def holds_global(self, privilege: str) -> bool:
        return self.holds(privilege, self.state.find(ACCOUNT, ()))

    def sees(self, thing: Thing) -> bool:
        if thing.kind in _ALWAYS_SEEN or thing.owner in self.roles:
            return True
        return any(grant.role in self.roles for grant in self.state.grants_on(thing))

    def require(self, thing: Thing, *privileges: str) -> None:
        """One of the privileges on this object, and USAGE of what it lies in.

        :raises AccountError: 003001 where the role sees the object, 002003 where it does not
        """
        self.reach(thing.kind, thing.path)
        if not any(self.holds(privilege, thing) for privilege in privileges):
            raise self._refusal(thing)

    def require_to_create(self, kind: str, parent: Thing) -> None:
        """Secondary roles do not count: the primary role will own what is created."""
        self.reach(parent.kind, parent.path)
        if parent.owner in self.creators:
            return
        if not self._granted(f"CREATE {kind}", parent, self.creators):
            raise self._refusal(parent)

    def require_global(self, privilege: str) -> None:
        account = self.state.find(ACCOUNT, ())
        if not self.holds(privilege, account):
            raise denied(ACCOUNT, (self.state.name,))

    def require_role(self, role: str) -> None:
        """For what no privilege can give, only a system role."""
        if role not in self.roles:
            raise denied(ACCOUNT, (self.state.name,))

    def reach(self, kind: str, path: Path) -> None:
        """:raises AccountError: 002003, if a database or schema around it is out of reach"""
        if kind in ACCOUNT_KINDS or len(path) < 2:
            return
        database = self.state.find("DATABASE", path[:1])
        if not self._enters(database, whole=len(path) == 3):
            raise missing("DATABASE", path[:1])
        if len(path) == 3:
            schema = self.state.find("SCHEMA", path[:2])
            if not self.holds("USAGE", schema):
                raise missing("SCHEMA", path[:2])

    def _enters(self, database: Thing, *, whole: bool) -> bool:
        return self.holds("USAGE", database) or (not whole and self.sees(database))

    def _granted(self, privilege: str, thing: Thing, roles: frozenset[str]) -> bool:
        return any(
            grant.privilege == privilege and grant.role in roles
            for grant in self.state.grants_on(thing)
        )

    def _refusal(self, thing: Thing) -> AccountError:
        if thing.kind == ACCOUNT:
            return denied(ACCOUNT, (self.state.name,))
        return denied(*thing.key) if self.sees(thing) else missing(*thing.key)


def access_of(state: State, session: Session) -> Access:
    secondary = getattr(session, "secondary_roles", None) or ()
    if isinstance(secondary, str):
        secondary = granted_to_user(state, session.user) if secondary.upper() == "ALL" else ()
    return Access(state, primary=_role_of(state, session), secondary=secondary)


def _role_of(state: State, session: Session) -> str:
    """A session that chose none has its user's default role, or else PUBLIC."""
    user = state.things.get(("USER", (session.user.upper(),)))
    default = user.options.get("DEFAULT_ROLE") if user is not None else None
    return session.role or default or "PUBLIC"


def granted_to_user(state: State, user: str) -> list[str]:
    return [
        m.role
        for m in state.members.values()
        if (m.grantee_kind, m.grantee) == ("USER", user.upper())
    ]


def inherited(state: State, roles: Iterable[str]) -> frozenset[str]:
    """These roles, every role granted to them, and PUBLIC, which every role has."""
    found: set[str] = {"PUBLIC"}
    waiting = list(roles)
    while waiting:
        role = waiting.pop()
        if role not in found or role == "PUBLIC":
            found.add(role)
            waiting += [
                m.role
                for m in state.members.values()
                if (m.grantee_kind, m.grantee) == ("ROLE", role) and m.role not in found
            ]
    return frozenset(found)
