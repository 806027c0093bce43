"""Which module answers a statement; None where the engine does, a syntax error where nobody can."""

from __future__ import annotations

from collections.abc import Callable

from tests.simulators.snowflake.account import (
    answers,
    attachments,
    containers,
    grants,
    integrations,
    monitors,
    network,
    ownership,
    policies,
    properties,
    references,
    roles,
    settings,
    show_grants,
    shows,
    tags,
    users,
    warehouses,
)
from tests.simulators.snowflake.account.answers import Answer
from tests.simulators.snowflake.account.call import Call
from tests.simulators.snowflake.account.engine import CREATED, SHOWN, modifiers
from tests.simulators.snowflake.account.privileges import OWNERSHIP
from tests.simulators.snowflake.account.session_parameters import check_parameters
from tests.simulators.snowflake.account.words import Words

Handler = Callable[[Call], Answer | None]
_ROW_ACCESS, _MASKING = policies.ROW_ACCESS, policies.MASKING

_CREATE: dict[str, Handler] = {
    "WAREHOUSE": warehouses.create,
    "RESOURCE MONITOR": monitors.create,
    "ROLE": roles.create,
    "USER": users.create,
    "NETWORK POLICY": network.create,
    "STORAGE INTEGRATION": integrations.create,
    "TAG": tags.create,
    _ROW_ACCESS: lambda call: policies.create(call, _ROW_ACCESS),
    _MASKING: lambda call: policies.create(call, _MASKING),
}
_ALTER: dict[str, Handler] = {
    "WAREHOUSE": warehouses.alter,
    "RESOURCE MONITOR": monitors.alter,
    "ROLE": roles.alter,
    "USER": users.alter,
    "NETWORK POLICY": network.alter,
    "STORAGE INTEGRATION": integrations.alter,
    "INTEGRATION": integrations.alter,
    "ACCOUNT": settings.alter,
    _ROW_ACCESS: lambda call: policies.alter(call, _ROW_ACCESS),
    _MASKING: lambda call: policies.alter(call, _MASKING),
    "DATABASE": lambda call: containers.alter(call, "DATABASE"),
    "SCHEMA": lambda call: containers.alter(call, "SCHEMA"),
}
_DROP: dict[str, Handler] = {
    "WAREHOUSE": warehouses.drop,
    "RESOURCE MONITOR": monitors.drop,
    "ROLE": roles.drop,
    "USER": users.drop,
    "NETWORK POLICY": network.drop,
    "STORAGE INTEGRATION": integrations.drop,
    "INTEGRATION": integrations.drop,
    "TAG": tags.drop,
    _ROW_ACCESS: lambda call: policies.drop(call, _ROW_ACCESS),
    _MASKING: lambda call: policies.drop(call, _MASKING),
}
_DESCRIBE: dict[str, Handler] = {
    "USER": users.describe,
    "NETWORK POLICY": network.describe,
    "STORAGE INTEGRATION": integrations.describe,
    "INTEGRATION": integrations.describe,
    _ROW_ACCESS: lambda call: policies.describe(call, _ROW_ACCESS),
    _MASKING: lambda call: policies.describe(call, _MASKING),
}
# The engine's own verbs: the account has nothing to say to them but check().
_ENGINE = frozenset({
    "SELECT", "WITH", "(", "INSERT", "UPDATE", "DELETE", "MERGE", "COPY", "PUT", "GET", "LIST",
    "LS", "REMOVE", "RM", "TRUNCATE", "BEGIN", "START", "COMMIT", "ROLLBACK", "SET", "UNSET",
    "EXPLAIN", "CALL", "EXECUTE", "UNDROP", "DECLARE", "VALUES",
})  # fmt: skip


def answer(call: Call) -> Answer | None:
    words = call.words
    for verb, handler in _VERBS.items():
        if words.take(verb):
            return handler(call)
    if words.at("SELECT"):
        return references.answer(call)
    if not words.done and words.token.text not in _ENGINE:
        raise words.unexpected()
    return None


def _create(call: Call) -> Answer | None:
    call.replace = call.words.take("OR", "REPLACE")
    handler = _handler(call.words, _CREATE)
    if handler is not None:
        return handler(call)
    modifiers(call.words)
    call.words.one_of(*CREATED)
    return None


def _alter(call: Call) -> Answer | None:
    words = call.words
    if words.take("SESSION"):
        check_parameters(words)
        return None
    for kind in ("TABLE", "VIEW", "WAREHOUSE", "DATABASE", "SCHEMA", "USER", "ROLE", "STAGE"):
        if words.at(kind):
            again = _again(call, "ALTER", kind)
            if (found := tags.alter_object(again, kind)) is not None:
                return found
    if handler := _handler(words, _ALTER):
        return handler(call)
    for kind in ("TABLE", "VIEW"):
        if words.at(kind):
            if (found := attachments.alter(_again(call, "ALTER", kind), kind)) is not None:
                return found
            return properties.alter(_again(call, "ALTER", kind), kind)
    words.one_of(*CREATED)
    return None


def _drop(call: Call) -> Answer | None:
    handler = _handler(call.words, _DROP)
    if handler is not None:
        return handler(call)
    call.words.one_of(*CREATED)
    return None


def _describe(call: Call) -> Answer | None:
    handler = _handler(call.words, _DESCRIBE)
    return None if handler is None else handler(call)


def _show(call: Call) -> Answer | None:
    words = call.words
    if words.take("GRANTS"):
        return show_grants.show(call)
    if words.take("FUTURE", "GRANTS"):
        return show_grants.show_future(call)
    shown = shows.show(call)
    if shown is None and not any(words.at(*kind.split()) for kind in SHOWN):
        raise words.unexpected()
    return shown


def _use(call: Call) -> Answer | None:
    words = call.words
    if words.take("ROLE"):
        return roles.use(call)
    if words.take("WAREHOUSE"):
        return roles.use_warehouse(call)
    return roles.use_secondary(call) if words.take("SECONDARY") else None


def _grant(call: Call) -> Answer:
    if call.words.take("ROLE"):
        return roles.grant(call)
    if call.words.take("OWNERSHIP", "ON"):
        return ownership.grant(call)
    return grants.grant(call)


def _revoke(call: Call) -> Answer:
    return roles.revoke(call) if call.words.take("ROLE") else grants.revoke(call)


def _comment(call: Call) -> Answer:
    words = call.words
    words.need("ON")
    kind = words.one_of("WAREHOUSE", "ROLE", "USER", "DATABASE", "SCHEMA", "TABLE", "VIEW", "STAGE")
    thing, _ = call.existing(kind, OWNERSHIP)
    words.need("IS")
    comment = words.text()
    words.finish()
    if thing is not None:
        thing.options["COMMENT"] = comment
    return answers.status()


_VERBS: dict[str, Handler] = {
    "CREATE": _create,
    "ALTER": _alter,
    "DROP": _drop,
    "DESCRIBE": _describe,
    "DESC": _describe,
    "SHOW": _show,
    "USE": _use,
    "GRANT": _grant,
    "REVOKE": _revoke,
    "COMMENT": _comment,
}


def _handler(words: Words, table: dict[str, Handler]) -> Handler | None:
    for kind, handler in table.items():
        if words.take(*kind.split()):
            return handler
    return None


def _again(call: Call, *words: str) -> Call:
    """The same statement from its beginning, for a second reading."""
    again = Call(call.state, call.session, Words(call.words.sql))
    again.words.need(*words)
    return again
