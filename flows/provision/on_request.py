"""What the platform's flow does with an account, and what it tells the portal of it.

Nobody sits beside it who could log in as the account's administrator, so it compares and repairs
what `MERCURIOS_ADMIN` may: `--everyday` of the command.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from flows.portal import TenantPlace
from flows.provision import actions, statements
from flows.provision.account import Account, AccountFailure, StatementRefused
from flows.provision.apply import apply, difference
from flows.provision.desired import Desired, desired
from flows.provision.names import ACCOUNT_ADMIN, ADMIN, checked
from flows.provision.published import PublishedWrong, published_models
from flows.provision.session import ConnectorAccount, admin_login, place
from flows.provision.settings import provision_settings
from flows.provision.step import Plan
from flows.references import ReferenceBroken
from flows.settings import SettingMissing
from flows.warehouse.warehouse import WarehouseRefused

# The portal takes no longer ones.
MOST_CHARACTERS = 20_000
PLAN, APPLY = "plan", "apply"
Failures = (AccountFailure, PublishedWrong, ReferenceBroken, SettingMissing, WarehouseRefused)

ACTIONS: dict[str, Callable[[Account, Desired], Plan]] = {
    PLAN: lambda account, wanted: difference(account, wanted, whole=False),
    APPLY: lambda account, wanted: apply(account, wanted, whole=False),
    "suspend-warehouses": actions.suspend_warehouses,
    "resume-warehouses": actions.resume_warehouses,
    "set-up-monitors": actions.set_up_monitors,
    "repair-permissions": actions.repair_permissions,
    "set-up-cost-monitoring": actions.set_up_cost_monitoring,
}


class UnknownAction(Exception):
    """Whoever asked does not know what can be asked for."""


@dataclass(frozen=True)
class Seen:
    """A warehouse; `used` and `quota` are credits a month, where they may be seen."""

    name: str
    state: str
    size: str
    monitor: str | None
    used: float | None
    quota: float | None
    suspend_seconds: float | None = None


@dataclass(frozen=True)
class Done:
    """
    :param differences: how many steps are left, where that was found out
    :param warehouses: none where they could not be looked at
    """

    action: str
    text: str
    has_failed: bool = False
    differences: int | None = None
    warehouses: tuple[Seen, ...] | None = None

    def for_portal(self) -> dict[str, Any]:
        # As lists: this is what becomes of it as JSON.
        seen = None if self.warehouses is None else [asdict(each) for each in self.warehouses]
        return {**vars(self), "text": self.text[:MOST_CHARACTERS], "warehouses": seen}


def check_known(action: str) -> None:
    """:raises UnknownAction: naming those that there are"""
    if action not in ACTIONS:
        raise UnknownAction(f"There is no action {action!r}. Ask for {', '.join(ACTIONS)}.")


def carry_out(action: str, *, tenants: list[TenantPlace], only_new: bool = False) -> Done:
    """Do it, and look at the warehouses afterwards. What an operator can mend becomes the text.

    :param only_new: do it only if a tenant has not what it needs yet, which wakes no warehouse
    :raises UnknownAction: before anything is done
    """
    check_known(action)
    try:
        settings = provision_settings()
        wanted = desired(settings=settings, tenants=tenants, published=published_models())
        with ConnectorAccount(place(), login=admin_login()) as account:
            is_due = not only_new or _lacks_schemas(account, wanted)
            found = ACTIONS[action](account, wanted) if is_due else Plan(())
            seen = _warehouses(account, wanted)
    except Failures as error:
        return Done(action, str(error), has_failed=True)
    return Done(
        action,
        _text(action, found),
        has_failed=bool(found.blocked),
        differences=_left(action, found) if is_due else None,
        warehouses=seen,
    )


def _lacks_schemas(account: Account, wanted: Desired) -> bool:
    """A database that is not there, or not ours to look into, lacks them all."""
    try:
        account.run(statements.use_role(ADMIN))
        rows = account.rows(f"SHOW SCHEMAS IN DATABASE {checked(wanted.database)}")
    except StatementRefused:
        return True
    held = {row["name"] for row in rows}
    return any(each.name.rpartition(".")[2] not in held for each in wanted.schemas)


def _text(action: str, found: Plan) -> str:
    told = [*found.blocked, *(step.sentence for step in found.steps)]
    return "\n".join([*(told or [f"Nothing to do for {action}."]), *found.notes])


def _left(action: str, found: Plan) -> int | None:
    match action:
        case "plan":
            return len(found.steps) + len(found.blocked)
        case "apply":
            return 0  # otherwise it would have raised
        case _:
            return None


def _warehouses(account: Account, wanted: Desired) -> tuple[Seen, ...] | None:
    """What was asked for is done: not to see them afterwards is no failure of it."""
    try:
        account.run(statements.use_role(ADMIN))
        rows = {row["name"]: row for row in account.rows("SHOW WAREHOUSES")}
        quotas = _quotas(account)
    except AccountFailure:
        return None
    return tuple(_seen(rows[each.name], quotas) for each in wanted.warehouses if each.name in rows)


def _quotas(account: Account) -> dict[str, dict[str, Any]]:
    """The monitors that whoever is logged in may see: an everyday user may be shown none."""
    for role in (ADMIN, ACCOUNT_ADMIN):
        try:
            account.run(statements.use_role(role))
            if found := account.rows("SHOW RESOURCE MONITORS"):
                return {row["name"]: row for row in found}
        except AccountFailure:
            continue
    return {}


def _seen(row: dict[str, Any], quotas: dict[str, dict[str, Any]]) -> Seen:
    monitor = row.get("resource_monitor")
    quota = quotas.get(str(monitor), {})
    return Seen(
        name=str(row["name"]),
        state=str(row["state"]),
        size=str(row["size"]),
        monitor=None if monitor in (None, "", "null") else str(monitor),
        used=_number(quota.get("used_credits")),
        quota=_number(quota.get("credit_quota")),
        suspend_seconds=_number(row.get("auto_suspend")),
    )


def _number(value: object) -> float | None:
    return None if value in (None, "") else float(str(value))
