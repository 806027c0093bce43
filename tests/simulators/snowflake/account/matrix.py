"""Role by object: what each role may do in the end, inheritance included."""

from __future__ import annotations

from collections import defaultdict

from tests.simulators.snowflake.account.access import inherited
from tests.simulators.snowflake.account.errors import dotted
from tests.simulators.snowflake.account.model import ACCOUNT, State
from tests.simulators.snowflake.account.privileges import OWNERSHIP

# Role and object, as in ("ANALYST", "SCHEMA SHOP.ANALYTICS").
Matrix = dict[tuple[str, str], frozenset[str]]


def matrix(state: State) -> Matrix:
    direct: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for grant in state.grants.values():
        direct[grant.role].append((_named(grant.kind, grant.path), grant.privilege))
    for thing in state.things.values():
        direct[thing.owner].append((_named(*thing.key), OWNERSHIP))
    return _effective(state, direct)


def future_matrix(state: State) -> Matrix:
    """The same of objects to come, as in ("ANALYST", "FUTURE VIEW SHOP.ANALYTICS")."""
    direct: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for grant in state.future.values():
        named = "FUTURE " + _named(grant.kind, grant.scope)
        direct[grant.role].append((named, grant.privilege))
    return _effective(state, direct)


def _effective(state: State, direct: dict[str, list[tuple[str, str]]]) -> Matrix:
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for role in state.of_kind("ROLE"):
        for inherited_role in inherited(state, [role.name]):
            for named, privilege in direct.get(inherited_role, ()):
                found[role.name, named].add(privilege)
    return {key: frozenset(privileges) for key, privileges in found.items()}


def _named(kind: str, path: tuple[str, ...]) -> str:
    return kind if kind == ACCOUNT else f"{kind} {dotted(path)}"
