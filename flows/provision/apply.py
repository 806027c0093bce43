"""Compares an account with what is wanted, and makes it agree."""

from __future__ import annotations

from collections.abc import Callable

from flows.provision import statements
from flows.provision.account import Account, AccountFailure
from flows.provision.desired import Desired
from flows.provision.names import TASK_WH
from flows.provision.plan import plan
from flows.provision.reading import read
from flows.provision.sharing import shared_views
from flows.provision.step import Plan, Step

# The second finds what could be compared only after the first.
ROUNDS = 2


class Blocked(AccountFailure):
    """Somebody else has to do something first."""


class StillDiffers(AccountFailure):
    """All steps were done, and the account is not as it should be."""


def difference(account: Account, wanted: Desired, *, whole: bool) -> Plan:
    """
    :param whole: with what only the account's administrator may see and do
    """
    held = read(account, wanted, whole=whole)
    return plan(wanted=wanted, held=held, views=shared_views(account, wanted, held))


def apply(
    account: Account,
    wanted: Desired,
    *,
    whole: bool,
    narrow: Callable[[Plan], Plan] = lambda found: found,
) -> Plan:
    """Make the account agree. Gives what was done.

    :param narrow: takes those steps of a plan that are meant
    :raises Blocked: if something under our names belongs to somebody else; nothing was done
    :raises StillDiffers: naming the first step that did not help
    """
    done: list[Step] = []
    found = narrow(difference(account, wanted, whole=whole))
    for _ in range(ROUNDS):
        if found.blocked:
            raise Blocked(" ".join(found.blocked))
        if not found.steps:
            break
        run(account, found.steps)
        done += found.steps
        found = narrow(difference(account, wanted, whole=whole))
    if found.steps:
        raise StillDiffers(
            "Snowflake took every statement but still differs. Look at the first of them:"
            f" {found.steps[0].sentence}."
        )
    return Plan(tuple(done), notes=found.notes)


def run(account: Account, steps: tuple[Step, ...]) -> None:
    role, is_awake = "", False
    for step in steps:
        if step.role != role:
            account.run(statements.use_role(step.role))
            role = step.role
        if step.wakes and not is_awake:
            account.run(statements.use_warehouse(TASK_WH))
            is_awake = True
        account.run(step.sql)
