"""The platform's flow for Snowflake, on request and by schedule, against a server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from flows.platform import snowflake as flow
from flows.provision.__main__ import main
from flows.provision.keys import Pair
from flows.references import secret_at
from tests.flows.fake_portal import FakePortal
from tests.flows.watching import as_worker, prefects_leftovers
from tests.simulators.snowflake.process import ACCOUNT, SnowflakeServer

ALICE = {
    "code": "11111111-1111-4111-8111-111111111111",
    "slug": "alice-mode",
    "engine": "SNOWFLAKE",
}
CHARLIE = {
    "code": "33333333-3333-4333-8333-333333333333",
    "slug": "charlie-sport",
    "engine": "DUCKDB",
}
TENANTS = ("GET", "/api/v1/platform/tenants")
REPORT = ("POST", "/api/v1/platform/snowflake")
ASKS = ("SHOW ", "DESCRIBE ", "SELECT ", "USE ", "DESC ", "ALTER SESSION ")
PROVISIONER = "MERCURIOS_PROVISIONER"
REQUEST = "44444444-4444-4444-8444-444444444444"


class Desk:
    """A worker's: its portal, and the account that it provisions."""

    def __init__(self, folder: Path, server: SnowflakeServer, portal: FakePortal) -> None:
        self.folder, self.server, self.portal = folder, server, portal
        self.admin = "ADMIN"
        self.tenants(ALICE, CHARLIE)

    def tenants(self, *tenants: dict[str, str]) -> None:
        self.portal.answers[TENANTS] = (200, list(tenants))

    def run(self, **parameters: Any) -> Any:
        self.portal.told.clear()
        secret_at.cache_clear()  # another process would read it anew
        with as_worker(self.portal, self.folder), pytest.MonkeyPatch.context() as patch:
            for name, value in self.environment().items():
                patch.setenv(name, value)
            with prefects_leftovers():
                begun: Any = flow(**parameters, return_state=True)
                return asyncio.run(begun)

    def set_up(self) -> None:
        """What the account's administrator does once, at a command line."""
        file = self.folder / "tenants.json"
        file.write_text(json.dumps([ALICE, CHARLIE]))
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(StringIO()):
            for name, value in self.environment().items():
                patch.setenv(name, value)
            assert main(["apply", "--tenants", str(file)]) == 0
            key = f"file:{self.folder / PROVISIONER}.pem"
            assert main(["rotate-key", "--user", PROVISIONER, "--keep", key]) == 0

    def environment(self) -> dict[str, str]:
        return {
            "MERCURIOS_SNOWFLAKE_ACCOUNT": ACCOUNT,
            "MERCURIOS_SNOWFLAKE_HOST": self.server.host,
            "MERCURIOS_SNOWFLAKE_PORT": str(self.server.port),
            "MERCURIOS_SNOWFLAKE_PROTOCOL": "http",
            "MERCURIOS_SNOWFLAKE_ADMIN_USER": self.admin,
            "MERCURIOS_SNOWFLAKE_ADMIN_PRIVATE_KEY": f"file:{self.folder / self.admin}.pem",
        }

    def report(self) -> dict[str, Any]:
        """What the portal was told, once."""
        [told] = [each.body for each in self.portal.told if (each.method, each.path) == REPORT]
        return told

    def changes(self) -> list[str]:
        """What the server was sent that is more than a question; forgets it."""
        sent = [str(line["sql"]) for line in self.server.ledger()]
        self.server.clear_ledger()
        return [sql for sql in sent if not sql.upper().startswith(ASKS)]


@pytest.fixture(scope="module")
def desk(prefect: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """An account as its administrator has set it up once."""
    folder = tmp_path_factory.mktemp("desk")
    pair = Pair.made()
    (folder / "ADMIN.pem").write_text(pair.pem())
    public = folder / "ADMIN.pub"
    public.write_text(pair.public_pem)
    with (
        SnowflakeServer(
            folder / "server", users={"ADMIN": public}, has_account_model=True
        ) as server,
        FakePortal() as portal,
    ):
        portal.answers[REPORT] = (204, None)
        found = Desk(folder, server, portal)
        found.set_up()
        yield found


@pytest.fixture(autouse=True)
def as_before(desk: Desk) -> Iterator[None]:
    yield
    desk.admin = "ADMIN"
    desk.portal.answers[REPORT] = (204, None)
    desk.tenants(ALICE, CHARLIE)
    desk.server.clear_faults()


def test_the_schedule_does_nothing_at_all_without_a_tenant_on_snowflake(desk: Desk) -> None:
    desk.tenants(CHARLIE)
    desk.server.clear_ledger()

    state = desk.run(action="apply", is_routine=True)

    assert (state.is_completed(), state.message) == (True, "No tenant is on Snowflake.")
    assert desk.server.ledger() == []
    assert [(told.method, told.path) for told in desk.portal.told] == [TENANTS]


def test_the_schedule_gives_a_new_tenant_what_it_needs_and_then_nothing_more(desk: Desk) -> None:
    bob = ALICE | {"code": "22222222-2222-4222-8222-222222222222", "slug": "bob-schuhe"}
    desk.tenants(ALICE, bob, CHARLIE)

    first = desk.run(action="apply", is_routine=True)
    told = desk.report()
    sent = desk.changes()
    second = desk.run(action="apply", is_routine=True)

    assert (first.is_completed(), second.is_completed()) == (True, True)
    assert (told["request"], told["has_failed"], told["differences"]) == (None, False, 0)
    assert "create the role TENANT_BOB_SCHUHE_ROLE" in told["text"].splitlines()
    assert any("TENANT_BOB_SCHUHE_RAW" in sql for sql in sent)
    assert desk.changes() == []
    assert desk.report()["text"].startswith("Nothing to do for apply.")
    desk.tenants(ALICE, CHARLIE)


def test_looking_for_new_tenants_wakes_no_warehouse(desk: Desk) -> None:
    desk.run(action="apply", is_routine=True)
    desk.server.clear_ledger()

    looked = desk.run(action="apply", is_routine=True, only_new=True)

    sent = [str(line["sql"]).upper() for line in desk.server.ledger()]
    assert looked.is_completed()
    assert sent
    assert all(sql.startswith(("SHOW ", "USE ROLE", "ALTER SESSION ")) for sql in sent)
    assert desk.report()["differences"] is None


def test_a_new_tenant_is_found_and_gets_what_it_needs(desk: Desk) -> None:
    bob = ALICE | {"code": "55555555-5555-4555-8555-555555555555", "slug": "bobs-hats"}
    desk.run(action="apply", is_routine=True)
    desk.tenants(ALICE, bob, CHARLIE)
    desk.changes()

    desk.run(action="apply", is_routine=True, only_new=True)

    assert any("TENANT_BOBS_HATS_RAW" in sql for sql in desk.changes())
    assert desk.report()["differences"] == 0


def test_a_plan_is_reported_to_whoever_asked_and_changes_nothing(desk: Desk) -> None:
    desk.tenants(ALICE, ALICE | {"code": REQUEST, "slug": "dora"}, CHARLIE)
    desk.changes()

    state = desk.run(action="plan", request=REQUEST)

    told = desk.report()
    assert state.is_completed()
    assert told["request"] == REQUEST
    assert told["flow_run_id"]
    assert told["differences"] > 5
    assert "create the role TENANT_DORA_ROLE" in told["text"]
    assert desk.changes() == []


def test_warehouses_are_resumed_and_suspended_and_shown(desk: Desk) -> None:
    desk.server.use_credits("MERCURIOS_DEV_WH", 1.5)
    resumed = desk.run(action="resume-warehouses", request=REQUEST)
    awake = {each["name"]: each for each in desk.report()["warehouses"]}
    suspended = desk.run(action="suspend-warehouses", request=REQUEST)
    asleep = {each["name"]: each for each in desk.report()["warehouses"]}

    assert (resumed.is_completed(), suspended.is_completed()) == (True, True)
    assert {each["state"] for each in awake.values()} == {"STARTED"}
    assert {each["state"] for each in asleep.values()} == {"SUSPENDED"}
    assert len(asleep) == 4
    dev = asleep["MERCURIOS_DEV_WH"]
    assert (dev["monitor"], dev["used"], dev["quota"]) == ("MERCURIOS_DEV_MONITOR", 1.5, 5.0)
    assert dev["suspend_seconds"] == 60


@pytest.mark.parametrize("action", ["set-up-monitors", "repair-permissions"])
def test_where_everything_agrees_nothing_is_done(desk: Desk, action: str) -> None:
    desk.run(action="apply", request=REQUEST)
    desk.changes()

    state = desk.run(action=action, request=REQUEST)

    assert state.is_completed()
    assert desk.report()["text"].startswith(f"Nothing to do for {action}.")
    assert desk.changes() == []


def test_what_snowflake_refuses_is_told(desk: Desk) -> None:
    desk.changes()

    state = desk.run(action="set-up-cost-monitoring", request=REQUEST)

    [sent] = desk.changes()  # this server keeps no records of its own use
    assert "VIEW MERCURIOS_DATA.ADMIN.WAREHOUSE_USAGE_MONITORING" in sent
    assert state.is_failed()
    assert desk.report()["text"] == state.message
    assert "ACCOUNT_USAGE.WAREHOUSE_METERING_HISTORY" in state.message


def test_everyday_the_provisioner_is_enough_for_all_but_monitors(desk: Desk) -> None:
    desk.admin = PROVISIONER
    desk.run(action="apply", is_routine=True)

    planned = desk.run(action="plan")
    seen = desk.report()["warehouses"]
    monitored = desk.run(action="set-up-monitors")

    assert planned.is_completed()
    assert len(seen) == 4
    assert {each["used"] for each in seen} == {None}
    assert monitored.is_failed()
    assert monitored.message.startswith(f"{PROVISIONER} may not use a role that this needs:")


@pytest.mark.parametrize("action", ["drop-everything", "offboard", "rotate-key", ""])
def test_what_is_not_on_the_list_is_not_done(desk: Desk, action: str) -> None:
    desk.server.clear_ledger()

    state = desk.run(action=action, request=REQUEST)

    assert state.is_failed()
    assert state.message.startswith(f"There is no action {action!r}.")
    assert desk.server.ledger() == []


def test_a_refused_login_fails_the_run_and_is_told(desk: Desk) -> None:
    desk.admin = "STRANGER"
    (desk.folder / "STRANGER.pem").write_text(Pair.made().pem())

    state = desk.run(action="apply", is_routine=True)

    assert state.is_failed()
    assert state.message.startswith("Snowflake does not let STRANGER in:")
    told = desk.report()
    assert (told["has_failed"], told["differences"]) == (True, None)
    assert told["text"] == state.message


def test_a_worker_without_a_login_says_what_to_set(desk: Desk) -> None:
    desk.admin = ""

    state = desk.run(action="apply", is_routine=True)

    assert state.is_failed()
    assert state.message.startswith("Set MERCURIOS_SNOWFLAKE_ADMIN_USER where provisioning runs")


def test_a_portal_that_takes_no_report_fails_the_run_that_did_its_work(desk: Desk) -> None:
    desk.portal.answers[REPORT] = (404, {"detail": "Nothing here."})

    state = desk.run(action="plan", request=REQUEST)

    assert state.is_failed()
    assert "The portal was not told: The portal refused POST" in state.message
