"""What an operator does with a whole installation: stop, start, limit, mend, look at costs."""

from __future__ import annotations

from collections.abc import Callable

from flows.provision import statements
from flows.provision.account import Account, StatementRefused
from flows.provision.apply import apply, run
from flows.provision.costs import cost_plan
from flows.provision.desired import Desired
from flows.provision.names import ADMIN
from flows.provision.step import Part, Plan, Step

# A statement that suspends what is suspended fails, so each is looked at first.
RUNNING = frozenset({"STARTED", "RESUMING"})
ASLEEP = frozenset({"SUSPENDED", "SUSPENDING"})


def suspend_warehouses(account: Account, wanted: Desired) -> Plan:
    """What runs there is finished first; whatever comes next wakes a warehouse again."""
    return _switch(account, wanted, RUNNING, "suspend", statements.suspend)


def resume_warehouses(account: Account, wanted: Desired) -> Plan:
    return _switch(account, wanted, ASLEEP, "resume", statements.resume)


def set_up_monitors(account: Account, wanted: Desired) -> Plan:
    return _parts(account, wanted, {Part.MONITORS}, whole=True)


def repair_permissions(account: Account, wanted: Desired, *, whole: bool = False) -> Plan:
    return _parts(account, wanted, {Part.PERMISSIONS, Part.MAPPING}, whole=whole)


def set_up_cost_monitoring(account: Account, wanted: Desired) -> Plan:
    found = cost_plan(account, wanted.database)
    run(account, found.steps)
    return found


def _parts(account: Account, wanted: Desired, parts: set[Part], *, whole: bool) -> Plan:
    return apply(account, wanted, whole=whole, narrow=lambda found: found.only(parts))


def _switch(
    account: Account, wanted: Desired, states: frozenset[str], verb: str, sql: Callable[[str], str]
) -> Plan:
    account.run(statements.use_role(ADMIN))
    states_held = {row["name"]: row["state"] for row in account.rows("SHOW WAREHOUSES")}
    steps = tuple(
        Step(f"{verb} the warehouse {each.name}", sql(each.name), ADMIN, Part.COMPUTE)
        for each in wanted.warehouses
        if states_held.get(each.name) in states
    )
    for step in steps:
        try:
            run(account, (step,))
        except StatementRefused:
            # It may have fallen asleep, or woken, since it was looked at.
            if _is_still(account, step, states):
                raise
    return Plan(steps)


def _is_still(account: Account, step: Step, states: frozenset[str]) -> bool:
    held = {row["name"]: row["state"] for row in account.rows("SHOW WAREHOUSES")}
    return held.get(step.sentence.rsplit(" ", 1)[-1]) in states
