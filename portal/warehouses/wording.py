"""What each action does and whom it touches, in the words that ask for confirmation."""

from __future__ import annotations

from dataclasses import dataclass

from portal.warehouses.models import Action
from portal.warehouses.selectors import Affected


@dataclass(frozen=True)
class Wording:
    """`typed` has to be typed to confirm, where it is not empty."""

    icon: str
    does: str
    typed: str = ""


WORDINGS = {
    Action.PLAN: Wording(
        "difference",
        "Compares the account with what it should hold. Nothing is changed, and no run notices it.",
    ),
    Action.APPLY: Wording(
        "build",
        "Makes the account agree with what it should hold: warehouses, schemas, roles, grants, the"
        " mapping and the shared views. {affected} Runs go on and nothing is dropped; grants that"
        " are too much are taken back.",
    ),
    Action.REPAIR_PERMISSIONS: Wording(
        "lock_reset",
        "Gives every role the grants it should have, and takes back what it has beyond them."
        " {affected} Runs go on; whoever used a grant that was given by hand loses it.",
    ),
    Action.SET_UP_MONITORS: Wording(
        "speed",
        "Creates or corrects the monthly quota of each warehouse. {affected} Snowflake suspends a"
        " warehouse that has used up its quota, and runs on it fail until it is raised. It needs"
        " ACCOUNTADMIN: if the worker's user may not use that, nothing changes.",
    ),
    Action.SET_UP_COST_MONITORING: Wording(
        "payments",
        "Creates views over Snowflake's own records of credits, queries and storage, in the schema"
        " ADMIN. No run notices it.",
    ),
    Action.RESUME: Wording(
        "play_arrow",
        "Wakes every warehouse of this installation. Each costs credits until it has been idle for"
        " its suspend time; no run notices it.",
    ),
    Action.SUSPEND: Wording(
        "pause",
        "Suspends every warehouse of this installation. {affected} Statements that run are"
        " finished, and the next one of any run wakes its warehouse again: to stop all cost, pause"
        " the connections first.",
        typed="SUSPEND",
    ),
}


def does(action: Action, affected: Affected) -> str:
    """What it does, and whom it touches now."""
    return WORDINGS[action].does.format(affected=_affected(affected))


def _affected(affected: Affected) -> str:
    if not affected.tenants:
        return "No retailer is on Snowflake."
    retailers = f"{affected.tenants} retailer{'s are' if affected.tenants > 1 else ' is'}"
    if not affected.runs:
        return f"{retailers} on Snowflake, without a run in progress."
    runs = f"{affected.runs} run{'s' if affected.runs > 1 else ''}"
    return f"{retailers} on Snowflake, with {runs} in progress."
