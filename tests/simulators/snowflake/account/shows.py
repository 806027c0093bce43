"""SHOW: what a role may see of each kind, narrowed by LIKE, IN, STARTS WITH and LIMIT."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.simulators.snowflake.account import (
    answers,
    integrations,
    monitors,
    network,
    policies,
    roles,
    settings,
    show_containers,
    show_warehouses,
    tags,
    users,
)
from tests.simulators.snowflake.account.answers import Answer
from tests.simulators.snowflake.account.call import Call
from tests.simulators.snowflake.account.errors import Path
from tests.simulators.snowflake.account.model import ACCOUNT_KINDS, Thing

Shower = Callable[[Call, list[Thing]], Answer]

_SHOWN: dict[str, tuple[str, Shower]] = {
    "WAREHOUSES": ("WAREHOUSE", show_warehouses.show),
    "RESOURCE MONITORS": ("RESOURCE MONITOR", monitors.show),
    "ROLES": ("ROLE", roles.show),
    "USERS": ("USER", users.show),
    "DATABASES": ("DATABASE", show_containers.show_databases),
    "SCHEMAS": ("SCHEMA", show_containers.show_schemas),
    "TABLES": ("TABLE", show_containers.show_tables),
    "VIEWS": ("VIEW", show_containers.show_views),
    "STAGES": ("STAGE", show_containers.show_stages),
    "ROW ACCESS POLICIES": ("ROW ACCESS POLICY", policies.show),
    "MASKING POLICIES": ("MASKING POLICY", policies.show),
    "NETWORK POLICIES": ("NETWORK POLICY", network.show),
    "TAGS": ("TAG", tags.show),
    "INTEGRATIONS": ("INTEGRATION", integrations.show),
    "STORAGE INTEGRATIONS": ("INTEGRATION", integrations.show),
}


@dataclass(frozen=True)
class Narrowed:
    pattern: str | None
    within: Path
    prefix: str
    limit: int | None


def show(call: Call) -> Answer | None:
    """None for what the engine shows: columns, objects, and whatever the model has not."""
    words = call.words
    words.take("TERSE")
    if words.take("PARAMETERS"):
        return _parameters(call)
    for plural, (kind, shower) in _SHOWN.items():
        if words.take(*plural.split()):
            words.take("HISTORY")
            narrowed = _narrowed(call, kind)
            return shower(call, _visible(call, kind, narrowed))
    return None


def _visible(call: Call, kind: str, narrowed: Narrowed) -> list[Thing]:
    everything = call.access.holds_global("MANAGE GRANTS")
    found = [
        thing
        for thing in call.state.of_kind(kind, within=narrowed.within)
        if (everything or call.access.sees(thing))
        and (narrowed.pattern is None or answers.like(narrowed.pattern, thing.name))
        and thing.name.startswith(narrowed.prefix)
    ]
    return found[: narrowed.limit]


def _narrowed(call: Call, kind: str) -> Narrowed:
    words = call.words
    pattern = words.text() if words.take("LIKE") else None
    within = _within(call, kind)
    prefix = words.text() if words.take("STARTS", "WITH") else ""
    limit = int(words.number()) if words.take("LIMIT") else None
    if limit is not None and words.take("FROM"):
        words.text()
    words.finish()
    return Narrowed(pattern, within, prefix, limit)


def _within(call: Call, kind: str) -> Path:
    words = call.words
    if kind in ACCOUNT_KINDS:
        return ()
    if not words.take("IN"):
        return _current(call, kind)
    if words.take("ACCOUNT"):
        return ()
    around = next((kind for kind in ("DATABASE", "SCHEMA") if words.take(kind)), "")
    if words.done or any(words.at(word) for word in ("LIMIT", "STARTS", ";")):
        return _current(call, kind)[: 1 if around == "DATABASE" else 2]
    path = words.path()
    around = around or _meant(call, kind, path)
    full = call.full(around, path)
    call.access.reach("SCHEMA", full)
    thing = call.state.find(around, full)
    if not call.access.sees(thing) and not call.access.holds_global("MANAGE GRANTS"):
        call.access.require(thing, "USAGE")
    return full


def _meant(call: Call, kind: str, path: Path) -> str:
    """What ``IN name`` names: schemas lie in a database, the rest in either."""
    if kind == "SCHEMA":
        return "DATABASE"
    in_current = call.session.database and call.state.has("SCHEMA", (call.session.database, *path))
    return "SCHEMA" if len(path) == 2 or in_current else "DATABASE"


def _current(call: Call, kind: str) -> Path:
    """Without IN a session sees its database or schema, or everything where it has none."""
    session = call.session
    if not session.database:
        return ()
    if kind == "SCHEMA" or not session.schema:
        return (session.database,)
    return (session.database, session.schema)


def _parameters(call: Call) -> Answer | None:
    words = call.words
    pattern = words.text() if words.take("LIKE") else None
    if not (words.take("IN") or words.take("FOR")):
        return None
    if words.take("ACCOUNT"):
        records = settings.parameters(call)
    elif words.take("WAREHOUSE"):
        thing, _ = call.existing("WAREHOUSE", "USAGE", "MONITOR", "MODIFY", "OPERATE")
        records = show_warehouses.parameters(thing) if thing else []
    else:
        return None
    words.finish()
    chosen = [r for r in records if pattern is None or answers.like(pattern, r["key"])]
    return answers.listing("key value default level description type", chosen)
