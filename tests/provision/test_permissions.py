"""The table of `docs/snowflake.md` is what an account allows after `apply`, no more and no less."""

from __future__ import annotations

import re
from contextlib import closing

import pytest

from flows.provision.apply import apply
from flows.provision.desired import desired
from flows.provision.published import published_models
from flows.provision.settings import ProvisionSettings
from tests.house.repository import text_of
from tests.provision.conftest import ALICE, BOB, build
from tests.provision.model_account import ModelAccount

ROLES = {
    "ADMIN": "MERCURIOS_ADMIN",
    "DEVELOPER": "MERCURIOS_DEVELOPER",
    "ANALYST": "MERCURIOS_ANALYST",
    "LOADER": "MERCURIOS_LOADER",
    "TRANSFORMER": "MERCURIOS_TRANSFORMER",
    "API": "MERCURIOS_API",
}
SLUGS = ("ALICE", "BOB")
BASE = "MERCURIOS_DATA"
VIEWS = [view.name for view in published_models()]
# What the administrator owns besides: the mapping, and what every database has.
UNLISTED = ("ADMIN.ROLE_TENANTS", "INFORMATION_SCHEMA", "PUBLIC")
# Role, kind of object, its name, privilege.
Right = tuple[str, str, str, str]


def table() -> list[list[str]]:
    found = text_of("docs/snowflake.md").partition("| Object | ADMIN |")[2].split("\n\n")[0]
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in ("| Object | ADMIN |" + found).splitlines()
        if not line.startswith("|---")
    ]


def documented() -> tuple[set[Right], set[Right]]:
    """What the table says of objects that are there, and of those to come."""
    head, *rows = table()
    now: set[Right] = set()
    future: set[Right] = set()
    for cells in rows:
        for column, cell in zip(head[1:], cells[1:], strict=True):
            for privilege in filter(None, cell.split(", ")):
                more, to_come = _rights(cells[0], column, privilege)
                now |= more
                future |= to_come
    return now, future


def _rights(what: str, column: str, privilege: str) -> tuple[set[Right], set[Right]]:
    now: set[Right] = set()
    future: set[Right] = set()
    for slug in SLUGS if "*" in what or column == "tenant's role" else ("",):
        role = ROLES.get(column, f"TENANT_{slug}_ROLE")
        named = what.replace("*", slug)
        name = (re.findall(r"`(\S+)`", named) or [""])[0]
        match named.split()[0]:
            case "account":
                now.add((role, "ACCOUNT", "", privilege))
            case "database" | "warehouse" as kind:
                now.add((role, kind.upper(), name, privilege))
            case "schema":
                now.add((role, "SCHEMA", f"{BASE}.{name}", privilege))
            case "shared":
                now |= {(role, "VIEW", f"{BASE}.ANALYTICS.{each}", privilege) for each in VIEWS}
            case "tables" | "views" as kinds:
                one = kinds.upper().removesuffix("S")
                future.add((role, one, f"{BASE}.{name}", privilege))
                now |= {(role, one, f"{BASE}.{each}", privilege) for each in BUILT[one, name]}
    return now, future


# What `built` leaves behind, by kind and schema.
BUILT = {
    (kind, f"TENANT_{slug}_{layer}"): [f"TENANT_{slug}_{layer}.{name}" for name in names]
    for slug in SLUGS
    for kind, layer, names in (
        ("TABLE", "RAW", ["SALES"]),
        ("TABLE", "ANALYTICS", ["BUYERS", "DAILY_SALES"]),
        ("VIEW", "ANALYTICS", []),
    )
}


@pytest.fixture(scope="module")
def rights() -> tuple[set[Right], set[Right]]:
    """What SHOW GRANTS says after `apply`, the tenants' tables having come afterwards."""
    wanted = desired(
        settings=ProvisionSettings(), tenants=[ALICE, BOB], published=published_models()
    )
    with closing(ModelAccount()) as account:
        apply(account, wanted, whole=True)
        for tenant in (ALICE, BOB):
            build(account, tenant)
            loader = account.of("MERCURIOS_WORKER")
            loader.run("USE ROLE MERCURIOS_LOADER")
            loader.run(f"CREATE TABLE {BASE}.TENANT_{tenant.slug.upper()}_RAW.SALES (ID VARCHAR)")
        account.run("USE ROLE ACCOUNTADMIN")
        return _shown(account)


def _shown(account: ModelAccount) -> tuple[set[Right], set[Right]]:
    now: set[Right] = set()
    future: set[Right] = set()
    for role in [*ROLES.values(), *(f"TENANT_{slug}_ROLE" for slug in SLUGS)]:
        for row in account.rows(f"SHOW GRANTS TO ROLE {role}"):
            kind, name, privilege = row["granted_on"], row["name"], row["privilege"]
            if kind == "DATABASE" and name == "SNOWFLAKE":
                privilege = "IMPORTED PRIVILEGES"
            elif privilege == "OWNERSHIP":
                privilege = "owns"
            now.add((role, kind, "" if kind == "ACCOUNT" else name, privilege))
        for row in account.rows(f"SHOW FUTURE GRANTS TO ROLE {role}"):
            scope = row["name"].rpartition(".")[0]
            future.add((role, row["grant_on"], scope, row["privilege"]))
    return now, future


def _in_the_table(right: Right) -> bool:
    """Whether the table speaks of it: not of who owns single tables, users, roles and policies."""
    _, kind, name, privilege = right
    owned_by_maker = privilege == "owns" and kind in {"TABLE", "VIEW"} and "TENANT_" in name
    return (
        kind in {"ACCOUNT", "DATABASE", "WAREHOUSE", "SCHEMA", "TABLE", "VIEW"}
        and not owned_by_maker
        and name not in {f"{BASE}.{each}" for each in UNLISTED}
    )


def test_what_is_there_may_be_used_as_the_table_says(
    rights: tuple[set[Right], set[Right]],
) -> None:
    assert {right for right in rights[0] if _in_the_table(right)} == documented()[0]


def test_what_is_to_come_may_be_used_as_the_table_says(
    rights: tuple[set[Right], set[Right]],
) -> None:
    assert rights[1] == documented()[1]


def test_there_is_a_table_to_compare_with() -> None:
    assert len(table()) > 15
    assert len(documented()[0]) > 100
