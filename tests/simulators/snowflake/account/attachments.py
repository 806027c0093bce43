"""Policies and tags on tables, views and columns: set, replaced, taken off."""

from __future__ import annotations

from dataclasses import dataclass

from tests.simulators.snowflake.account import answers
from tests.simulators.snowflake.account.answers import Answer
from tests.simulators.snowflake.account.call import Call
from tests.simulators.snowflake.account.errors import (
    AccountError,
    Path,
    compilation,
    missing,
    refused,
)
from tests.simulators.snowflake.account.model import PolicyUse, State, Thing
from tests.simulators.snowflake.account.privileges import OWNERSHIP

MASKING, ROW_ACCESS = "MASKING POLICY", "ROW ACCESS POLICY"


@dataclass(frozen=True)
class Wanted:
    """A policy to be set: for a row access policy ``column`` is empty."""

    kind: str
    policy: Path
    column: str
    arguments: tuple[str, ...]
    force: bool = False


def attach(call: Call, thing: Thing, wanted: Wanted) -> None:
    policy = call.state.things.get((wanted.kind, wanted.policy))
    if policy is None:
        raise missing(wanted.kind, wanted.policy)
    _allow(call, thing, policy)
    _check(call.state, thing, policy, wanted)
    if wanted.force:
        detach(call.state, thing, wanted.kind, wanted.column)
    use = PolicyUse(wanted.kind, wanted.policy, *thing.key, wanted.column, wanted.arguments)
    call.state.uses.append(use)


def _allow(call: Call, thing: Thing, policy: Thing) -> None:
    """Either the account-wide APPLY, or APPLY on the policy and OWNERSHIP of the object."""
    if call.access.holds_global(f"APPLY {policy.kind}"):
        return
    call.access.require(policy, "APPLY")
    call.access.require(thing, OWNERSHIP)


def _check(state: State, thing: Thing, policy: Thing, wanted: Wanted) -> None:
    if len(wanted.arguments) != len(policy.options["arguments"]):
        raise refused(
            f"Policy {policy.name} has {len(policy.options['arguments'])} argument(s), "
            f"but {len(wanted.arguments)} column(s) are given."
        )
    known = [name for name, _ in thing.options.get("columns", [])]
    for column in {*wanted.arguments, *filter(None, [wanted.column])}:
        if known and column not in known:
            raise compilation(904, "42000", f"invalid identifier '{column}'")
    _one_each(state, thing, wanted)


def _one_each(state: State, thing: Thing, wanted: Wanted) -> None:
    for use in uses_on(state, thing):
        if use.policy_kind == wanted.kind == ROW_ACCESS:
            text = (
                f"Object {thing.name} already has a ROW_ACCESS_POLICY. "
                "Only one ROW_ACCESS_POLICY is allowed at a time."
            )
            raise AccountError(3549, "23505", text)
        if use.policy_kind == wanted.kind and use.column == wanted.column and not wanted.force:
            text = (
                "Specified column already attached to another masking policy. "
                "A column cannot be attached to multiple masking policies. "
                "Please drop the current association in order to attach a new masking policy."
            )
            raise AccountError(3529, "42601", text)
        if use.policy_kind != wanted.kind and {*use.arguments} & {*wanted.arguments}:
            raise refused(
                "A column cannot be in the signature of a row access policy "
                "and of a masking policy at the same time."
            )


def uses_on(state: State, thing: Thing) -> list[PolicyUse]:
    return [use for use in state.uses if (use.kind, use.path) == thing.key]


def detach(state: State, thing: Thing, kind: str, column: str = "", policy: Path = ()) -> None:
    """:raises AccountError: if that very policy is named and is not set"""
    found = [
        use
        for use in uses_on(state, thing)
        if use.policy_kind == kind and use.column == column and policy in ((), use.policy)
    ]
    if policy and not found:
        raise missing(kind, policy)
    state.uses = [use for use in state.uses if use not in found]


def alter(call: Call, kind: str) -> Answer | None:
    """ALTER TABLE or VIEW as far as it is about policies; None, if it is not."""
    words = call.words
    lenient = words.take("IF", "EXISTS")
    path = call.full(kind, words.path())
    if not _about_policies(call):
        return None
    call.access.reach(kind, path)
    if lenient and not call.state.has(kind, path):
        return answers.status()
    thing = call.state.find(kind, path)
    while True:
        _step(call, thing)
        if not words.take(","):
            break
    words.finish()
    return answers.status()


def _about_policies(call: Call) -> bool:
    words = call.words
    if any(words.at(*start.split()) for start in ("ADD ROW", "DROP ROW", "DROP ALL ROW")):
        return True
    changes_column = words.at("MODIFY") or words.at("ALTER")
    return changes_column and "MASKING POLICY" in " ".join(words.sql.upper().split())


def _step(call: Call, thing: Thing) -> None:
    words = call.words
    if words.take("DROP", "ALL", "ROW", "ACCESS", "POLICIES"):
        call.access.require(thing, OWNERSHIP)
        detach(call.state, thing, ROW_ACCESS)
    elif words.take("DROP", "ROW", "ACCESS", "POLICY"):
        policy = call.state.find(ROW_ACCESS, call.full(ROW_ACCESS, words.path()))
        _allow(call, thing, policy)
        detach(call.state, thing, ROW_ACCESS, policy=policy.path)
    elif words.take("ADD", "ROW", "ACCESS", "POLICY"):
        policy_path = call.full(ROW_ACCESS, words.path())
        words.need("ON")
        attach(call, thing, Wanted(ROW_ACCESS, policy_path, "", tuple(words.names())))
    else:
        _column_step(call, thing)


def _column_step(call: Call, thing: Thing) -> None:
    words = call.words
    if not words.take("MODIFY"):
        words.take("ALTER")
    words.take("COLUMN")
    column = words.name()
    if words.take("UNSET", "MASKING", "POLICY"):
        for use in uses_on(call.state, thing):
            if use.column == column:
                _allow(call, thing, call.state.find(MASKING, use.policy))
        detach(call.state, thing, MASKING, column)
        return
    words.need("SET", "MASKING", "POLICY")
    policy = call.full(MASKING, words.path())
    names = tuple(words.names()) if words.take("USING") else (column,)
    attach(call, thing, Wanted(MASKING, policy, column, names, force=words.take("FORCE")))
