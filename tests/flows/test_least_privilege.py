"""The worker in an account that `apply` has set up: every statement is allowed, and no other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from flows.lake.local import LocalLake
from flows.portal import Tenant
from flows.warehouse.snowflake import SnowflakeWarehouses
from flows.warehouse.snowflake_account import Login, SnowflakeAccount, connect
from flows.warehouse.tag import Tag
from flows.warehouse.warehouse import Recipe, WarehouseRefused
from tests.flows.batches import NOON, TENANT, TILLS, Row, batch_of
from tests.provision.desk import ADMIN, Desk
from tests.simulators.snowflake.process import ACCOUNT, SnowflakeServer

ALICE = replace(TENANT, slug="alice-mode", engine="SNOWFLAKE")
BOB = replace(
    TENANT, code="b0b00000-0000-4000-8000-000000000002", slug="bob-shoes", engine="SNOWFLAKE"
)
A = Row("1", "A", NOON)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """An account with Alice and Bob, and a key for the worker."""
    folder = tmp_path_factory.mktemp("account")
    public = folder / "admin.pub"
    public.write_text(ADMIN.public_pem)
    options = ["--account-model", "--account-admin", "ADMIN"]
    with SnowflakeServer(folder / "server", users={"ADMIN": public}, options=options) as server:
        found = Desk(folder, server)
        found.key.write_text(ADMIN.pem())
        found.tenants(ALICE, BOB)
        applied = found.run("apply")
        assert applied.status == 0, applied.error
        rotated = found.run("rotate-key", "--keep", f"file:{found.worker_key}")
        assert rotated.status == 0, rotated.error
        yield found


@pytest.fixture
def warehouses(desk: Desk, tmp_path: Path) -> Iterator[SnowflakeWarehouses]:
    account = SnowflakeAccount(
        account=ACCOUNT,
        login=Login(user="MERCURIOS_WORKER", private_key=f"file:{desk.worker_key}"),
        host=desk.server.host,
        port=desk.server.port,
        protocol="http",
    )
    tag = Tag(tenant=ALICE.code, connection=TILLS, run="run", step="extract")
    found = SnowflakeWarehouses(account, tag=lambda: tag, lake=LocalLake(tmp_path / "lake"))
    yield found
    found.close()


def land(warehouses: SnowflakeWarehouses, tenant: Tenant, folder: Path) -> int:
    with warehouses.open(tenant) as warehouse:
        warehouse.prepare(tenant=tenant, tables=["shop__sale"], at=NOON)
        return warehouse.land(batch_of(A, folder=folder), at=NOON).extracted


def as_admin(desk: Desk, warehouses: SnowflakeWarehouses, statement: str) -> None:
    account = replace(warehouses.account, login=Login(user="ADMIN", private_key=f"file:{desk.key}"))
    session = connect(account, role="MERCURIOS_ADMIN", warehouse="", tag=Tag())
    session.run(statement)
    session.close()


def test_the_worker_may_do_all_that_a_run_does(
    warehouses: SnowflakeWarehouses, tmp_path: Path
) -> None:
    assert land(warehouses, ALICE, tmp_path) == 1
    turn = warehouses.turn(ALICE)
    turn.take()
    turn.end()
    with warehouses.open(ALICE) as warehouse:
        assert warehouse.landed_after(NOON - timedelta(days=1)) == ["shop__sale"]
        assert [stream.stream for stream in warehouse.streams()] == ["sale"]
        warehouse.begin_build(Recipe("sql", {}), is_whole=True, at=NOON)
        warehouse.finish_build(at=NOON)
        assert warehouse.is_built_by(Recipe("sql", {}))


def test_the_worker_may_leave_the_schemas_of_a_tenant_as_they_are(
    warehouses: SnowflakeWarehouses, tmp_path: Path
) -> None:
    land(warehouses, ALICE, tmp_path)
    with pytest.raises(WarehouseRefused, match="does not allow it"):
        warehouses._connect(ALICE, "MERCURIOS_LOADER", "MERCURIOS_LOADING_WH").run(
            "drop schema MERCURIOS_DATA.TENANT_ALICE_MODE_RAW"
        )


def test_who_reads_marts_may_not_read_raw(warehouses: SnowflakeWarehouses, tmp_path: Path) -> None:
    land(warehouses, ALICE, tmp_path)

    session = warehouses._connect(ALICE, "MERCURIOS_API", "MERCURIOS_ANALYTICS_WH")
    with pytest.raises(WarehouseRefused, match="does not allow it"):
        session.rows("select * from MERCURIOS_DATA.TENANT_ALICE_MODE_RAW.SHOP__SALE")
    session.close()


def test_a_tenant_that_was_not_set_up_is_refused_with_the_next_step(
    warehouses: SnowflakeWarehouses, tmp_path: Path
) -> None:
    nobody = replace(ALICE, slug="nobody")

    with pytest.raises(WarehouseRefused, match=r"no schemas in Snowflake yet\. Run `"):
        land(warehouses, nobody, tmp_path)


def test_a_new_tenant_does_not_come_into_what_another_left(
    desk: Desk, warehouses: SnowflakeWarehouses, tmp_path: Path
) -> None:
    land(warehouses, ALICE, tmp_path)
    newcomer = replace(ALICE, code="c0de0000-0000-4000-8000-000000000009")

    with pytest.raises(WarehouseRefused, match="a tenant left who had this slug before"):
        land(warehouses, newcomer, tmp_path)
    desk.tenants(newcomer, BOB)
    told = desk.run("apply")
    desk.tenants(ALICE, BOB)

    assert told.status == 1
    assert "The slug alice-mode was another tenant's" in told.error + told.out


def test_a_missing_grant_is_told_and_repaired(
    desk: Desk, warehouses: SnowflakeWarehouses, tmp_path: Path
) -> None:
    schema = "MERCURIOS_DATA.TENANT_BOB_SHOES_RAW"
    as_admin(desk, warehouses, f"revoke create table on schema {schema} from role MERCURIOS_LOADER")
    with pytest.raises(WarehouseRefused, match="repair-permissions"):
        land(warehouses, BOB, tmp_path)

    assert desk.run("repair-permissions").status == 0

    assert land(warehouses, BOB, tmp_path) == 1


def test_a_warehouse_without_credits_is_told_and_nothing_is_lost(
    desk: Desk, warehouses: SnowflakeWarehouses, tmp_path: Path
) -> None:
    land(warehouses, ALICE, tmp_path)
    desk.server.use_credits("MERCURIOS_LOADING_WH", 8)
    try:
        with (
            warehouses.open(ALICE) as warehouse,
            pytest.raises(WarehouseRefused, match=r"used up the credits .* next month"),
        ):
            warehouse.land(batch_of(Row("2", "B", NOON), folder=tmp_path), at=NOON)
    finally:
        desk.server.new_period()

    with warehouses.open(ALICE) as warehouse:
        assert warehouse.land(batch_of(Row("2", "B", NOON), folder=tmp_path), at=NOON).new == 1
