"""What the environment may say about an account, and what is told when it says something else."""

from __future__ import annotations

import pytest

from flows.provision.desired import desired
from flows.provision.settings import ProvisionSettings, SettingWrong, provision_settings
from tests.provision.conftest import ALICE, wanted_for

PREFIX = "MERCURIOS_SNOWFLAKE_"
VARIABLES = (
    "DATABASE", "LOADER_ROLE", "WAREHOUSE_SIZE", "SUSPEND_SECONDS", "MAX_CLUSTERS",
    "RETENTION_DAYS", "CREDITS", "ALLOWED_ADDRESSES", "USER", "PROVISIONER_USER",
    "ANALYST_TENANTS",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(PREFIX + name, raising=False)


def test_without_any_variable_everything_has_its_default() -> None:
    assert provision_settings() == ProvisionSettings()


def test_each_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "DATABASE": "shop_data",
        "LOADER_ROLE": "TILLS",
        "WAREHOUSE_SIZE": "X-Small",
        "SUSPEND_SECONDS": "120",
        "MAX_CLUSTERS": "2",
        "RETENTION_DAYS": "RAW=30, ADMIN=1",
        "CREDITS": "DEV=1",
        "ALLOWED_ADDRESSES": "192.0.2.7, 198.51.100.0/24",
        "USER": "robot",
        "PROVISIONER_USER": "builder",
        "ANALYST_TENANTS": "*",
    }.items():
        monkeypatch.setenv(PREFIX + name, value)

    found = provision_settings()

    assert (found.database, found.loader_role) == ("SHOP_DATA", "TILLS")
    assert (found.warehouse_size, found.suspend_seconds, found.max_clusters) == ("XSMALL", 120, 2)
    assert dict(found.retention_days)["RAW"] == 30
    assert dict(found.credits_a_month) == {"ANALYTICS": 10, "DEV": 1, "LOADING": 8, "TASK": 2}
    assert found.allowed_addresses == ("192.0.2.7/32", "198.51.100.0/24")
    assert (found.worker_user, found.provisioner_user) == ("ROBOT", "BUILDER")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE", "A; DROP DATABASE B"),
        ("LOADER_ROLE", '"quoted"'),
        ("USER", "a b"),
        ("WAREHOUSE_SIZE", "HUGE"),
        ("SUSPEND_SECONDS", "0"),
        ("SUSPEND_SECONDS", "soon"),
        ("MAX_CLUSTERS", "11"),
        ("RETENTION_DAYS", "RAW=91"),
        ("RETENTION_DAYS", "BRONZE=1"),
        ("RETENTION_DAYS", "ANALYTICS=7"),
        ("CREDITS", "DEV"),
        ("CREDITS", "DEV=0"),
        ("ALLOWED_ADDRESSES", "example.com"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(PREFIX + name, value)

    with pytest.raises(SettingWrong, match=PREFIX + name):
        provision_settings()


def test_analysts_cannot_see_a_tenant_that_there_is_not() -> None:
    with pytest.raises(SettingWrong, match="names bob, which is no tenant"):
        wanted_for(ALICE, settings=ProvisionSettings(analyst_tenants=("bob",)))


def test_a_database_of_another_name_is_used_everywhere() -> None:
    wanted = desired(settings=ProvisionSettings(database="SHOP"), tenants=[ALICE], published=())

    told = " ".join(map(repr, (wanted.grants, wanted.reaches, wanted.policies)))
    assert "SHOP.TENANT_ALICE_RAW" in told
    assert "MERCURIOS_DATA" not in told
