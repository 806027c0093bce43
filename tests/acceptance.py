"""`make snowflake-acceptance`: the journey against the account that the environment names.

It provisions a retailer of its own, runs the simulated till through Snowflake and through DuckDB,
compares what both publish, and takes everything of that retailer away again. The report is printed
and written to build/snowflake-acceptance.json; the exit code is the number of checks that failed.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import asdict, dataclass, field, replace
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4

from prefect.testing.utilities import prefect_test_harness
from rich.console import Console
from rich.table import Table

from flows.provision.__main__ import main as provision
from flows.provision.keys import Pair
from flows.warehouse.snowflake_account import SnowflakeAccount, connect, snowflake_account
from flows.warehouse.snowflake_sql import prefix
from flows.warehouse.tag import Tag
from flows.warehouse.warehouse import WarehouseRefused
from tests.flows.fake_portal import Desk, FakePortal
from tests.flows.same import published, types
from tests.flows.shop import desk_of
from tests.flows.watching import Watched, watch
from tests.simulators.process import Company, Simulator

REPORT = Path("build/snowflake-acceptance.json")
COMPANY = Company("acceptance", "acceptance-key", "acceptance-secret", lines=2000, seed=7)


class NotAsExpected(Exception):
    """A check has failed, with what was seen."""


@dataclass
class Check:
    name: str
    has_passed: bool
    seconds: float
    said: str = ""


@dataclass
class Acceptance:
    folder: Path
    account: SnowflakeAccount
    slug: str = field(default_factory=lambda: f"acceptance-{uuid4().hex[:8]}")
    checks: list[Check] = field(default_factory=list)

    def check(self, name: str, what: Callable[[], str]) -> bool:
        """Do one thing, and note what came of it. `what` gives what there is to say of it."""
        begun = time.monotonic()
        try:
            said, has_passed = what(), True
        except Exception as error:  # noqa: BLE001 - whatever it is, the report has to say it
            said, has_passed = f"{type(error).__name__}: {error}", False
        self.checks.append(Check(name, has_passed, round(time.monotonic() - begun, 1), said))
        return has_passed

    # --- What is checked ---------------------------------------------------------------------

    def wrong_key(self) -> str:
        file = self.folder / "stranger.pem"
        file.write_text(Pair.made().pem())
        login = replace(self.account.login, private_key=f"file:{file}", passphrase="", password="")
        try:
            connect(
                self.account,
                role=self.account.loader_role,
                warehouse=self.account.loading_warehouse,
                tag=Tag(step="acceptance"),
                login=login,
            )
        except WarehouseRefused as refused:
            return str(refused)
        raise NotAsExpected("A key that nobody registered was let in.")

    def apply(self, *tenants: Desk) -> str:
        return f"{len(self.provision('apply', *tenants))} steps"

    def nothing_to_apply(self, *tenants: Desk) -> str:
        if steps := self.provision("plan", *tenants):
            raise NotAsExpected(f"{len(steps)} steps are left: {steps[0]['sentence']}")
        return "a second apply has nothing to do"

    def same_figures(self, desks: list[Desk], portal: FakePortal) -> str:
        runs = [self.run(desk, portal) for desk in desks]
        local, remote = runs
        if types(remote) != types(local):
            raise NotAsExpected("The types of published columns differ.")
        shown, expected = published(remote), published(local)
        different = [view for view, rows in expected.items() if shown[view] != rows]
        if different:
            raise NotAsExpected(f"{', '.join(different)} differ between the engines.")
        rows = sum(map(len, expected.values()))
        return f"{rows} rows of {len(expected)} views are equal"

    def raw_is_not_for_readers(self) -> str:
        session = connect(
            self.account,
            role=self.account.api_role,
            warehouse=self.account.analytics_warehouse,
            tag=Tag(step="acceptance"),
        )
        table = f"{self.account.database}.{prefix(self.slug)}RAW.PROHANDEL__SALE"
        try:
            session.rows(f"select count(*) from {table}")
        except WarehouseRefused as refused:
            return str(refused)[:120]
        finally:
            session.close()
        raise NotAsExpected("The role that reads marts could read raw.")

    def offboard(self) -> str:
        return f"{len(self.provision('offboard', words=(self.slug, '--apply')))} steps"

    # --- How ---------------------------------------------------------------------------------

    def run(self, desk: Desk, portal: FakePortal) -> Watched:
        watched = watch(desk, portal=portal, home=self.folder / str(desk.tenant["engine"]))
        if watched.end["status"] != "COMPLETED":
            raise NotAsExpected(str(watched.end["message"]))
        return watched

    def provision(self, action: str, *tenants: Desk, words: tuple[str, ...] = ()) -> list[Any]:
        file = self.folder / "tenants.json"
        names = ("code", "slug", "engine")
        told = [{name: desk.tenant[name] for name in names} for desk in tenants]
        file.write_text(json.dumps(told))
        out, error = StringIO(), StringIO()
        with redirect_stdout(out), redirect_stderr(error):
            status = provision([action, *words, "--tenants", str(file), "--json"])
        if status != 0:
            raise NotAsExpected(error.getvalue().strip())
        steps: list[Any] = json.loads(out.getvalue())["steps"]
        return steps


def run(folder: Path) -> list[Check]:
    """All checks, in their order; whatever happens, the retailer is taken away in the end."""
    folder.mkdir(parents=True, exist_ok=True)
    done = Acceptance(folder, snowflake_account())
    with FakePortal() as portal, Simulator(COMPANY) as till:
        here, there = desk_of(COMPANY, till), desk_of(COMPANY, till)
        there.tenant |= {"slug": done.slug, "engine": "SNOWFLAKE"}
        done.check("a stranger's key is refused", done.wrong_key)
        try:
            if done.check("apply", lambda: done.apply(there)):
                done.check("apply again", lambda: done.nothing_to_apply(there))
                both = [here, there]
                done.check("the first run", lambda: done.same_figures(both, portal))
                till.advance(days=1, company=COMPANY.name)
                done.check("a day later", lambda: done.same_figures(both, portal))
                done.check("raw is not for readers", done.raw_is_not_for_readers)
                done.check("apply, with marts to share", lambda: done.apply(there))
                done.check("apply again", lambda: done.nothing_to_apply(there))
        finally:
            done.check("offboard", done.offboard)
            done.check("nothing is left", done.nothing_to_apply)
    return done.checks


def show(checks: list[Check], console: Console) -> None:
    table = Table("check", "", "seconds", "said", title="Snowflake acceptance")
    for check in checks:
        mark = "passed" if check.has_passed else "FAILED"
        table.add_row(check.name, mark, f"{check.seconds:.1f}", check.said)
    console.print(table)


def main() -> int:
    console = Console()
    try:
        snowflake_account()
    except WarehouseRefused as missing:
        console.print(str(missing))
        return 1
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "ERROR")
    with tempfile.TemporaryDirectory() as folder, prefect_test_harness(120):
        checks = run(Path(folder))
    show(checks, console)
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps([asdict(check) for check in checks], indent=1))
    return sum(not check.has_passed for check in checks)


if __name__ == "__main__":
    sys.exit(main())
