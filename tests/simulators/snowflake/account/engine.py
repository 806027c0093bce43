"""Statements that the engine runs: checked first, and what they make and drop recorded."""

from __future__ import annotations

from sqlglot import exp

from tests.simulators.snowflake.account import containers, queries, relations, warehouses
from tests.simulators.snowflake.account.call import Call
from tests.simulators.snowflake.account.errors import compilation, missing
from tests.simulators.snowflake.account.words import Words

_RELATIONS = ("TABLE", "VIEW")
_CONTAINERS = ("DATABASE", "SCHEMA")
CREATED = (*_CONTAINERS, *_RELATIONS, "STAGE", *relations.SIMPLE)
ALTERED = {
    "TABLE": (
        "ADD COLUMN", "ADD CONSTRAINT", "ADD PRIMARY", "ADD FOREIGN", "ADD UNIQUE", "ADD",
        "ALTER", "MODIFY", "CLUSTER BY", "DROP CLUSTERING KEY", "DROP COLUMN", "DROP CONSTRAINT",
        "DROP PRIMARY", "DROP", "RENAME", "SWAP WITH", "RESUME RECLUSTER", "SUSPEND RECLUSTER",
    ),
    "VIEW": ("RENAME TO", "ALTER", "MODIFY"),
}  # fmt: skip
SHOWN = (
    "COLUMNS", "EXTERNAL TABLES", "FILE FORMATS", "FUNCTIONS", "IMPORTED KEYS", "LOCKS",
    "OBJECTS", "PARAMETERS", "PIPES", "PRIMARY KEYS", "PROCEDURES", "SEQUENCES", "STREAMS",
    "TASKS", "TRANSACTIONS", "UNIQUE KEYS", "USER FUNCTIONS", "USER PROCEDURES", "VARIABLES",
)  # fmt: skip
_TEMPORARY = ("TEMPORARY", "TEMP", "VOLATILE")
_MODIFIERS = ("LOCAL", "GLOBAL", "TRANSIENT", "SECURE", "RECURSIVE", *_TEMPORARY)


def modifiers(words: Words) -> set[str]:
    """What stands between CREATE and the kind of object."""
    found: set[str] = set()
    while any(words.at(modifier) for modifier in _MODIFIERS):
        found.add(words.any_word())
    return found


def check(call: Call) -> bool:
    """Whether the statement needs a warehouse.

    :raises AccountError: where Snowflake would refuse it
    """
    words = call.words
    first = words.token.text
    if first == "CREATE":
        words.need("CREATE")
        return _create(call)
    if first in ("SELECT", "WITH", "(", "INSERT", "UPDATE", "DELETE", "MERGE"):
        return _on_data(call)
    if first == "COPY":
        queries.copy(call)
        return True
    for verbs, privilege in (
        (("PUT", "REMOVE", "RM"), "WRITE"),
        (("LIST", "LS", "GET"), "READ"),
    ):
        if first in verbs:
            queries.files(call, privilege)
    if first in ("DROP", "ALTER", "USE", "TRUNCATE", "CALL", "DESCRIBE", "DESC"):
        words.any_word()
        _other(call, first)
    return False


def _on_data(call: Call) -> bool:
    if queries.insert_of_values(call):
        return True
    tree = queries.parsed(call.words.sql)
    if isinstance(tree, exp.Insert | exp.Update | exp.Delete | exp.Merge):
        queries.change(call, tree)
        return True
    return tree is not None and queries.select(call, tree)


def _create(call: Call) -> bool:
    words = call.words
    call.replace = words.take("OR", "REPLACE")
    found = modifiers(words)
    temporary = bool(found & set(_TEMPORARY))
    kind = words.one_of(*CREATED)
    if kind in _CONTAINERS:
        containers.create(call, kind, transient="TRANSIENT" in found)
    elif kind in _RELATIONS:
        return relations.create(
            call,
            kind,
            temporary=temporary,
            transient="TRANSIENT" in found,
            secure="SECURE" in found,
        )
    else:
        relations.create_other(call, kind, temporary=temporary)
    return False


def _other(call: Call, verb: str) -> None:
    words = call.words
    if verb == "TRUNCATE":
        queries.truncate(call)
    elif verb == "DROP":
        kind = words.one_of(*CREATED)
        if kind in _CONTAINERS:
            containers.drop(call, kind)
        else:
            relations.drop(call, kind)
    elif verb == "ALTER":
        for kind in _RELATIONS:
            if words.take(kind):
                relations.alter(call, kind)
    elif verb == "USE":
        containers.use(call)
    elif verb == "CALL":
        _call(call)
    else:
        _describe(call)


def _call(call: Call) -> None:
    """:raises AccountError: 002141, for procedures that nobody wrote"""
    path = call.words.path()
    if path[-1].startswith("SYSTEM$"):
        return
    full = call.full("PROCEDURE", path)
    if not call.state.has("PROCEDURE", full):
        raise compilation(2141, "42601", f"Unknown user-defined function {'.'.join(path)}")
    call.access.require(call.state.find("PROCEDURE", full), "USAGE")


def _describe(call: Call) -> None:
    for kind in _RELATIONS:
        if call.words.take(kind):
            path = call.full(kind, call.words.path())
            if path in call.state.temporary:
                return
            call.access.reach(kind, path)
            thing = call.state.relation(path)
            if path[1] != "INFORMATION_SCHEMA" and (thing is None or not call.access.sees(thing)):
                raise missing(kind, path)


def wake(call: Call) -> str | None:
    """The warehouse that this statement woke."""
    woken = warehouses.wake(call)
    return None if woken is None else woken.name
