"""Row access and masking policies: written, read, altered and dropped."""

from __future__ import annotations

from typing import Any

from tests.simulators.snowflake.account import answers
from tests.simulators.snowflake.account.answers import Answer
from tests.simulators.snowflake.account.bodies import check_body
from tests.simulators.snowflake.account.call import Call, switch, text
from tests.simulators.snowflake.account.errors import compilation, exists, refused
from tests.simulators.snowflake.account.model import PolicyUse, State, Thing
from tests.simulators.snowflake.account.privileges import OWNERSHIP
from tests.simulators.snowflake.account.words import Words

MASKING, ROW_ACCESS = "MASKING POLICY", "ROW ACCESS POLICY"
_OPTIONS = {"COMMENT": text, "EXEMPT_OTHER_POLICIES": switch}


def create(call: Call, kind: str) -> Answer:
    words = call.words
    path, nothing_to_do = call.begin(kind)
    words.need("AS")
    arguments = _arguments(words)
    words.need("RETURNS")
    returns = _type(words)
    _check_signature(kind, arguments, returns)
    words.need("->")
    body, options = _body(call, kind)
    check_body(call, body, [name for name, _ in arguments], schema=path[:2])
    if nothing_to_do:
        return answers.already(path[2])
    if old := call.state.things.get((kind, path)):
        _not_in_use(call.state, old)
    given = {"arguments": arguments, "returns": returns, "body": body, **options}
    call.state.add(Thing(kind, path, call.role, given))
    return answers.status(f"{_titled(kind)} {path[2]} successfully created.")


def alter(call: Call, kind: str) -> Answer:
    """The body of a policy in use can be altered, while the policy cannot be replaced."""
    words = call.words
    thing, _ = call.existing(kind, OWNERSHIP)
    if words.take("SET", "BODY", "->"):
        body, options = _body(call, kind)
        if options:
            raise words.unexpected()
        if thing is not None:
            names = [name for name, _ in thing.options["arguments"]]
            check_body(call, body, names, schema=thing.path[:2])
            thing.options["body"] = body
    elif words.take("RENAME", "TO"):
        path = call.full(kind, words.path())
        words.finish()
        if call.state.has(kind, path):
            raise exists(path)
        if thing is not None:
            old = thing.path
            call.state.move(thing, path)
            call.state.uses = [_renamed(use, kind, old, path) for use in call.state.uses]
    elif words.take("UNSET", "COMMENT"):
        words.finish()
    else:
        words.need("SET")
        given = call.options(kind, {"COMMENT": text})
        if thing is not None:
            thing.options.update(given)
    return answers.status()


def _renamed(use: PolicyUse, kind: str, old: tuple[str, ...], new: tuple[str, ...]) -> PolicyUse:
    if (use.policy_kind, use.policy) != (kind, old):
        return use
    return PolicyUse(kind, new, use.kind, use.path, use.column, use.arguments)


def drop(call: Call, kind: str) -> Answer:
    words = call.words
    lenient = words.take("IF", "EXISTS")
    path = call.full(kind, words.path())
    words.finish()
    if lenient and not call.state.has(kind, path):
        return answers.already_dropped(path[2])
    call.access.reach(kind, path)
    thing = call.state.find(kind, path)
    if not call.access.holds(OWNERSHIP, call.state.find("SCHEMA", path[:2])):
        call.access.require(thing, OWNERSHIP)
    _not_in_use(call.state, thing)
    call.state.remove(thing)
    return answers.dropped(path[2])


def _not_in_use(state: State, thing: Thing) -> None:
    if any((use.policy_kind, use.policy) == thing.key for use in state.uses):
        text = (
            f"Policy {thing.name} cannot be dropped/replaced "
            "as it is associated with one or more entities."
        )
        raise compilation(1492, "42601", text)


def _arguments(words: Words) -> list[list[str]]:
    words.need("(")
    found = []
    while not words.take(")"):
        found.append([words.name(), _type(words)])
        if not words.at(")"):
            words.need(",")
    if not found:
        raise words.unexpected()
    return found


def _type(words: Words) -> str:
    written = words.any_word()
    if words.take("("):
        sizes = [str(words.number())]
        while words.take(","):
            sizes.append(str(words.number()))
        words.need(")")
        written += f"({', '.join(sizes)})"
    return written


def _check_signature(kind: str, arguments: list[list[str]], returns: str) -> None:
    names = [name for name, _ in arguments]
    if len(set(names)) < len(names):
        raise refused("Argument names of a policy must differ.")
    if kind == ROW_ACCESS and returns != "BOOLEAN":
        raise refused(f"A row access policy returns BOOLEAN, not {returns}.")
    if kind == MASKING and returns.split("(")[0] != arguments[0][1].split("(")[0]:
        raise refused("A masking policy returns the type of its first argument.")


def _body(call: Call, kind: str) -> tuple[str, dict[str, Any]]:
    """The expression up to the first option that follows it."""
    words = call.words
    start = words.token.start
    end, depth = start, 0
    while not (words.done or words.at(";")):
        if not depth and end > start and any(words.at(name, "=") for name in _OPTIONS):
            break
        token = words.skip()
        depth += {"(": 1, ")": -1}.get(token.text, 0) if token.kind == "sign" else 0
        end = token.end
    return words.sql[start:end], call.options(kind, _OPTIONS)


def _titled(kind: str) -> str:
    return "Row access policy" if kind == ROW_ACCESS else "Masking policy"


def describe(call: Call, kind: str) -> Answer:
    thing, _ = call.existing(kind, "APPLY", OWNERSHIP)
    call.words.finish()
    if thing is None:
        raise call.words.unexpected()
    signature = ", ".join(f"{name} {type_}" for name, type_ in thing.options["arguments"])
    row = (thing.name, f"({signature})", thing.options["returns"], thing.options["body"])
    return Answer(["name", "signature", "return_type", "body"], [row])


_COLUMNS = "created_on name database_name schema_name kind owner comment owner_role_type options"


def show(call: Call, things: list[Thing]) -> Answer:
    records = [
        {
            "created_on": thing.created,
            "name": thing.name,
            "database_name": thing.path[0],
            "schema_name": thing.path[1],
            "kind": thing.kind.replace(" ", "_"),
            "owner": thing.owner,
            "comment": thing.options.get("COMMENT", ""),
            "owner_role_type": "ROLE",
            "options": "",
        }
        for thing in things
    ]
    return answers.listing(_COLUMNS, records)
