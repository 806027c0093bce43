"""Snowflake as it should be: `python -m flows.provision plan`. `docs/snowflake.md` says more."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

from flows.portal import Portal, PortalRefused, PortalUnavailable, TenantPlace
from flows.provision import actions
from flows.provision.account import Account, AccountFailure
from flows.provision.apply import apply, difference
from flows.provision.desired import ENGINE, Desired, desired
from flows.provision.names import tenant_prefix
from flows.provision.offboard import StillATenant, offboard, offboarding
from flows.provision.published import PublishedWrong, published_models
from flows.provision.rotation import rotate_key
from flows.provision.session import ConnectorAccount, admin_login, place
from flows.provision.settings import ProvisionSettings, provision_settings
from flows.provision.step import Plan
from flows.references import ReferenceBroken
from flows.settings import SettingMissing, worker_settings
from flows.warehouse.warehouse import WarehouseRefused

Failures = (
    AccountFailure, PortalRefused, PortalUnavailable, PublishedWrong, ReferenceBroken,
    SettingMissing, StillATenant, WarehouseRefused,
)  # fmt: skip
Action = Callable[[Account, Desired, argparse.Namespace], Plan]


class TenantsWrong(SettingMissing):
    """The file of tenants is none."""


def main(arguments: Sequence[str] | None = None) -> int:
    given = _parser().parse_args(arguments)
    try:
        settings = provision_settings()
        if given.action == "rotate-key":
            answer = asdict(rotate_key(settings, user=given.user, keep=given.keep))
            lines = [f"{answer['user']} logs in with the new key {answer['new']}."]
        else:
            found = _run(given, settings)
            answer, lines = _as_json(found), _lines(given, found)
    except Failures as error:
        print(error, file=sys.stderr)  # noqa: T201 - this is the command's answer
        return 1
    print(json.dumps(answer, indent=1) if given.json else "\n".join(lines))  # noqa: T201
    return 1 if answer.get("blocked") else 0


def _run(given: argparse.Namespace, settings: ProvisionSettings) -> Plan:
    tenants = _tenants(given.tenants)
    wanted = desired(settings=settings, tenants=tenants, published=published_models())
    if given.action == "offboard":
        _check_left(given.slug, tenants)
    with ConnectorAccount(place(), login=admin_login()) as account:
        return ACTIONS[given.action](account, wanted, given)


ACTIONS: dict[str, Action] = {
    "plan": lambda account, wanted, given: difference(account, wanted, whole=not given.everyday),
    "apply": lambda account, wanted, given: apply(account, wanted, whole=not given.everyday),
    "suspend-warehouses": lambda account, wanted, _: actions.suspend_warehouses(account, wanted),
    "resume-warehouses": lambda account, wanted, _: actions.resume_warehouses(account, wanted),
    "set-up-monitors": lambda account, wanted, _: actions.set_up_monitors(account, wanted),
    "repair-permissions": lambda account, wanted, given: actions.repair_permissions(
        account, wanted, whole=not given.everyday
    ),
    "set-up-cost-monitoring": lambda account, wanted, _: actions.set_up_cost_monitoring(
        account, wanted
    ),
    "offboard": lambda account, wanted, given: (offboard if given.apply else offboarding)(
        account, wanted, slug=given.slug
    ),
}


def _parser() -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--tenants",
        type=Path,
        metavar="FILE",
        help="JSON list of code, slug, engine; not the portal's",
    )
    shared.add_argument("--json", action="store_true", help="print the result as JSON")
    everyday = argparse.ArgumentParser(add_help=False)
    everyday.add_argument(
        "--everyday", action="store_true", help="leave out what needs ACCOUNTADMIN"
    )
    parser = argparse.ArgumentParser(prog="flows.provision", description=__doc__)
    actions_ = parser.add_subparsers(dest="action", required=True)
    for name in ACTIONS.keys() - {"offboard"}:
        also = [everyday] if name in {"plan", "apply", "repair-permissions"} else []
        actions_.add_parser(name, parents=[shared, *also])
    leaving = actions_.add_parser("offboard", parents=[shared])
    leaving.add_argument("slug")
    leaving.add_argument("--apply", action="store_true", help="do it; without, it is only shown")
    key = actions_.add_parser("rotate-key", parents=[shared])
    key.add_argument("--user", default="", help="the worker's unless given")
    key.add_argument("--keep", default="", metavar="REFERENCE", help="file:… or secret:…")
    return parser


def _tenants(file: Path | None) -> list[TenantPlace]:
    if file is None:
        settings = worker_settings()
        with closing(Portal(url=settings.portal_url, token=settings.service_token)) as portal:
            return portal.tenants()
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(told, list):
            raise TypeError("it holds no list")
        tenants = [TenantPlace(each["code"], each["slug"], each["engine"]) for each in told]
        for each in tenants:
            tenant_prefix(each.slug)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TenantsWrong(
            f"{file} is no list of tenants, each with code, slug and engine ({error}). Correct it."
        ) from error
    return tenants


def _check_left(slug: str, tenants: list[TenantPlace]) -> None:
    try:
        tenant_prefix(slug)
    except ValueError as error:
        raise TenantsWrong(f"{error}. Give the short name of the tenant.") from error
    if any(each.slug == slug and each.engine == ENGINE for each in tenants):
        raise StillATenant(
            f"{slug} is still a tenant on Snowflake: the next apply would make anew what is"
            " dropped. Delete it in the portal, or move it to another engine, first."
        )


def _as_json(found: Plan) -> dict[str, Any]:
    return {
        "steps": [asdict(step) for step in found.steps],
        "notes": list(found.notes),
        "blocked": list(found.blocked),
    }


def _lines(given: argparse.Namespace, found: Plan) -> list[str]:
    told = [*found.blocked, *(step.sentence for step in found.steps)]
    return [*(told or [f"Nothing to do for {given.action}."]), *found.notes]


if __name__ == "__main__":
    # Each of the portal's retries would be a line of its own before the sentence.
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    sys.exit(main())
