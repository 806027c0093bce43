"""ALTER TABLE and VIEW: properties the account keeps, and forms that only the engine changes."""

from __future__ import annotations

from tests.simulators.snowflake.account import answers, containers
from tests.simulators.snowflake.account.answers import Answer
from tests.simulators.snowflake.account.call import Call
from tests.simulators.snowflake.account.engine import ALTERED
from tests.simulators.snowflake.account.privileges import OWNERSHIP


def alter(call: Call, kind: str) -> Answer | None:
    """What is set on a table or view; None for what changes its form, which the engine does."""
    words = call.words
    thing, _ = call.existing(kind, OWNERSHIP)
    if words.take("SET"):
        secure = words.take("SECURE")
        given = {"secure": True} if secure else call.options(kind, containers.OF_TABLES)
        if thing is not None:
            transient = bool(thing.options.get("transient"))
            containers.check_retention(given, transient=transient)
            thing.options.update(given)
        return answers.status()
    if words.take("UNSET"):
        name = words.one_of("SECURE", *containers.OF_TABLES)
        words.finish()
        if thing is not None:
            thing.options.pop("secure" if name == "SECURE" else name, None)
        return answers.status()
    if not any(words.at(*action.split()) for action in ALTERED[kind]):
        raise words.unexpected()
    return None
