"""GRANT OWNERSHIP: handing objects over, and what becomes of the grants on them."""

from __future__ import annotations

from tests.simulators.snowflake.account import answers
from tests.simulators.snowflake.account.answers import Answer
from tests.simulators.snowflake.account.call import Call
from tests.simulators.snowflake.account.errors import AccountError, denied, dotted, refused
from tests.simulators.snowflake.account.grants import check_future, may_grant
from tests.simulators.snowflake.account.model import ACCOUNT, FutureGrant, Thing
from tests.simulators.snowflake.account.privileges import OWNERSHIP
from tests.simulators.snowflake.account.targets import FUTURE, Target, read_target

_COPY, _REVOKE = "COPY", "REVOKE"


def grant(call: Call) -> Answer:
    """After ``GRANT OWNERSHIP ON``."""
    words = call.words
    target = read_target(call)
    if target.kind == ACCOUNT:
        raise words.unexpected()
    words.need("TO", "ROLE")
    role = call.state.find("ROLE", (words.name(),)).name
    current = words.one_of(_COPY, _REVOKE) if words.at(_COPY) or words.at(_REVOKE) else None
    if current:
        words.need("CURRENT", "GRANTS")
    words.finish()
    if target.which == FUTURE:
        check_future(call, target)
        _one_future_owner(call, target, role)
        key = (OWNERSHIP, target.kind, target.path, role)
        call.state.future[key] = FutureGrant(*key)
        return answers.status()
    for thing in target.things(call):
        _hand_over(call, thing, role, current)
    return answers.status()


def _one_future_owner(call: Call, target: Target, role: str) -> None:
    for found in call.state.future.values():
        same = (found.privilege, found.kind, found.scope) == (OWNERSHIP, target.kind, target.path)
        if same and found.role != role:
            raise refused(f"{found.role} will own every future {target.kind} there already.")


def _hand_over(call: Call, thing: Thing, role: str, current: str | None) -> None:
    if not may_grant(call, thing):
        raise denied(*thing.key)
    grants = call.state.grants_on(thing)
    if grants and current is None and thing.owner != role:
        raise _dependent(thing, grants[0].privilege, grants[0].role)
    if current == _REVOKE:
        for found in grants:
            del call.state.grants[found.privilege, *thing.key, found.role]
    thing.owner = role


def _dependent(thing: Thing, privilege: str, role: str) -> AccountError:
    text = (
        f"SQL execution error: Dependent grant of privilege '{privilege}' on securable "
        f"'{dotted(thing.path)}' to role '{role}' exists.  It must be revoked first.  "
        "More than one dependent grant may exist: use 'SHOW GRANTS' command to view them.  "
        "To revoke all dependent grants while transferring object ownership, use convenience "
        "command 'GRANT OWNERSHIP ON <target_objects> TO <target_role> REVOKE CURRENT GRANTS'."
    )
    return AccountError(3036, "23001", text)
