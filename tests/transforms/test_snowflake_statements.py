"""What builds send to Snowflake: in its own words, tagged, and nothing that the role may not do."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from sqlglot import exp

from tests.transforms import snowflake_words as words
from tests.transforms.builds import BuildFailed
from tests.transforms.twins import Twins
from tests.transforms.warehouse_on_snowflake import DATABASE, PREFIX, Account, WarehouseOnSnowflake

Entry = dict[str, Any]
CREATED = re.compile(rf"(?is)create .*?(?:table|view)\s+{DATABASE}\.(\w+)\.(\w+)")
CLUSTERED = {"fct_sale_lines", "fct_sales", "std_sale_lines", "std_sales"}


@pytest.fixture(scope="session")
def sent(twins: Twins) -> list[Entry]:
    """Every statement of dbt's: of all of the twins' builds, their data tests, a frozen stream."""
    assert twins.tested
    twins.snowflake.frozen = {"prohandel__country": {"": ["id", "domain"]}}
    twins.snowflake.run("--select", "stg_prohandel__countries")
    twins.snowflake.frozen = {}
    return list(twins.snowflake.sent)


@pytest.fixture(scope="session")
def queries(sent: list[Entry]) -> set[str]:
    """Each different statement that reads or writes tables, without dbt's comment."""
    bare = {re.sub(r"/\*.*?\*/", "", entry["sql"], flags=re.DOTALL).strip() for entry in sent}
    control = ("alter", "begin", "commit", "describe", "drop", "show")
    return {sql for sql in bare if not sql.lower().startswith(control)}


def test_every_statement_says_whose_run_it_is(sent: list[Entry]) -> None:
    tags = {entry["query_tag"] for entry in sent}

    assert all(len(tag) < 2000 for tag in tags)
    of_runs = [{name: json.loads(tag).get(name) for name in "trs"} for tag in tags]
    assert of_runs == [{"t": "ALICE", "r": "run-1", "s": "transform"}] * len(tags)


def test_every_statement_of_a_node_has_its_name(sent: list[Entry], twins: Twins) -> None:
    manifest = twins.snowflake.manifest()
    of_nodes = [entry for entry in sent if not entry["sql"].startswith(("alter session", "show"))]

    names = {json.loads(entry["query_tag"]).get("n") for entry in of_nodes}

    known = {node["name"] for node in manifest["nodes"].values()}
    assert names <= known
    assert {"std_sale_lines", "tax_rates", "stg_prohandel__sales", "no_line_is_lost"} <= names


def test_what_is_created_is_tagged_with_its_own_name(sent: list[Entry]) -> None:
    created = [
        (found[2].lower().removesuffix("__dbt_tmp"), json.loads(entry["query_tag"])["n"])
        for entry in sent
        if (found := CREATED.match(entry["sql"].strip()))
    ]

    assert len(created) > 100
    assert [pair for pair in created if pair[0] != pair[1]] == []


def test_no_statement_needs_more_than_the_tenants_own_schemas(sent: list[Entry]) -> None:
    schemas = {found[1].upper() for entry in sent for found in _tables(entry["sql"])}
    shown = {entry["sql"].split("\n")[0] for entry in sent if entry["sql"].startswith("show")}

    assert schemas == {f"{PREFIX}{layer}" for layer in ("RAW", "STAGING", "STANDARD", "ANALYTICS")}
    assert not any("schema" in entry["sql"].lower()[:40] for entry in sent if _is_made(entry))
    assert {sql for sql in shown if f"{DATABASE}.{PREFIX}" not in sql} == {
        f"show terse schemas like '{PREFIX}%' in database {DATABASE}"
    }


@pytest.mark.usefixtures("twins")  # whose schemas are beside
def test_a_tenant_without_schemas_is_to_be_provisioned(snowflake: Account, tmp_path: Path) -> None:
    of_bob = WarehouseOnSnowflake(snowflake, target=tmp_path, prefix="TENANT_BOB_")

    with pytest.raises(BuildFailed, match=r"TENANT_BOB_STAGING does not exist.*provision"):
        of_bob.run("--select", "stg_platform__tenants")


def test_what_can_be_rebuilt_is_transient_and_keeps_its_readers(sent: list[Entry]) -> None:
    created = [" ".join(entry["sql"].split()) for entry in sent if _is_made(entry)]
    lasting = [sql for sql in created if not sql.startswith("create or replace temporary")]

    kinds = {sql.removeprefix("create ").removeprefix("or replace ").split()[0] for sql in lasting}
    assert kinds == {"transient", "view"}
    assert all("copy grants" in sql for sql in lasting if sql.startswith("create or replace"))


def test_large_tables_are_clustered_and_nobody_pays_for_keeping_them_so(sent: list[Entry]) -> None:
    altered = [entry["sql"] for entry in sent if entry["sql"].startswith("alter table")]

    clustered = {_name(sql) for sql in altered if "cluster by (tenant_id, business_date)" in sql}
    suspended = {_name(sql) for sql in altered if "suspend recluster" in sql}
    assert clustered == suspended == CLUSTERED


def test_every_statement_is_snowflakes(queries: set[str]) -> None:
    parsed = [sqlglot.parse_one(sql, read="snowflake") for sql in queries]

    assert len(parsed) > 200
    assert not any(isinstance(each, exp.Command) for each in parsed)


def test_every_function_is_documented(queries: set[str]) -> None:
    called = {name for sql in queries for name in words.called(sql)}

    assert called - words.SYNTAX == set(words.FUNCTIONS)


def test_nothing_is_said_as_only_duckdb_says_it(queries: set[str]) -> None:
    found = {
        (kind, pattern.search(text))
        for text in map(words.without_texts, queries)
        for kind, pattern in words.UNKNOWN.items()
        if pattern.search(text)
    }

    assert found == set()


def test_no_name_is_reserved(queries: set[str]) -> None:
    assert {name for sql in queries for name in words.named(sql)} & words.RESERVED == set()


def test_an_order_says_where_the_nulls_stand(queries: set[str]) -> None:
    assert {name for sql in queries for name in words.descending(sql)} <= words.NEVER_NULL


def _is_made(entry: Entry) -> bool:
    return bool(entry["sql"].strip().lower().startswith("create"))


def _tables(sql: str) -> list[re.Match[str]]:
    return list(re.finditer(rf"\b{DATABASE}\"?\.\"?(\w+)", sql, re.IGNORECASE))


def _name(sql: str) -> str:
    return sql.split()[2].split(".")[-1].lower()
