"""The same journey on Snowflake, S3, Secrets Manager and PostgreSQL: the same exact figures.

Snowflake's side is a server that speaks its protocol and a model of its privileges; see
docs/production.md for what that proves.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from time import sleep
from typing import Any

import pytest

from tests.forms import Page, browse_http
from tests.journeys.conftest import ALICES, onboard_by_forms, pass_a_day
from tests.journeys.figures import PUBLISHED, Api, Figures, Publication, published, true
from tests.journeys.production import Production, everything_in, production, statements
from tests.journeys.watching import wait_for_run
from tests.simulators.process import Simulator
from tests.simulators.snowflake.process import SnowflakeServer

PATH = f"{ALICES.name}/tills"
Pair = tuple[dict[str, Figures], dict[str, Figures]]
"""What is shown, and what is true."""


@pytest.fixture(scope="module")
def till() -> Iterator[Simulator]:
    with Simulator(ALICES) as running:
        yield running


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Production]:
    with production(tmp_path_factory.mktemp("production")) as running:
        yield running


@pytest.fixture(scope="module")
def admin(parts: Production) -> Page:
    login = browse_http(parts.platform.url, "/admin/")
    return login.press("Log in", username="operator", password=parts.platform.password)


@pytest.fixture(scope="module")
def api(parts: Production) -> Api:
    return Api(url=parts.platform.url, key=parts.platform.issue_key(scopes=["read"]))


@pytest.fixture(scope="module")
def first_run(parts: Production, admin: Page, till: Simulator) -> dict[str, Any]:
    """Nothing but forms: what Snowflake needs for a tenant is made by the platform itself."""
    onboard_by_forms(admin, ALICES, till)
    return wait_for_run(parts.platform, PATH, after=None, status="COMPLETED")


@pytest.fixture(scope="module")
def first_figures(first_run: dict[str, Any], api: Api, till: Simulator) -> Pair:
    return published(Publication(api, ALICES.name)), true(till.truth(ALICES.name))


@pytest.fixture(scope="module")
def later_figures(
    first_figures: Pair, parts: Production, admin: Page, api: Api, till: Simulator
) -> Pair:
    # A run may take longer than the minute to the next one, which is cancelled then.
    pass_a_day(admin, parts.platform, till, path=PATH, company=ALICES, status="COMPLETED")
    return published(Publication(api, ALICES.name)), true(till.truth(ALICES.name))


def run_by_hand(parts: Production) -> None:
    """Until one completes: Prefect cancels those that begin before it let go of the last one."""
    for _ in range(10):
        begun = parts.platform.rows("select max(id) as id from runs_run")[0]
        with suppress(AssertionError):
            parts.platform.manage("run", PATH, "--wait")
            return
        ended = wait_for_run(parts.platform, PATH, after=begun, all_ended=True)
        assert ended["status"] == "CANCELLED", ended["message"]
        sleep(5)
    raise AssertionError("Prefect never let go of the last run.")


@pytest.mark.parametrize("figure", PUBLISHED)
def test_the_first_figures_are_the_tills_own(figure: str, first_figures: Pair) -> None:
    shown, truth = first_figures

    assert shown[figure] == truth[figure]


@pytest.mark.parametrize("figure", PUBLISHED)
def test_a_day_later_the_figures_are_exact_again(figure: str, later_figures: Pair) -> None:
    shown, truth = later_figures

    assert shown[figure] == truth[figure]


def test_each_part_is_really_used(later_figures: Pair, parts: Production) -> None:
    code = str(parts.platform.rows("select code from tenants_tenant")[0]["code"])

    objects = parts.aws.client("s3").list_objects_v2(Bucket="mercurios-lake")["Contents"]
    secrets = parts.aws.client("secretsmanager").list_secrets()["SecretList"]
    assert any(f"/{code}/raw/prohandel/sale/" in each["Key"] for each in objects)
    assert any(f"/{code}/publications/" in each["Key"] for each in objects)
    assert any(each["Name"].startswith(f"mercurios/{code}/") for each in secrets)
    assert list((parts.folder / "home").glob("**/*.duckdb")) == []
    assert list((parts.folder / "home").glob("**/*.sqlite3")) == []


def test_every_statement_of_a_run_says_for_whom_it_was(
    later_figures: Pair, parts: Production, first_run: dict[str, Any]
) -> None:
    sent = statements(parts.snowflake, user="MERCURIOS_WORKER")
    tags = [json.loads(line["query_tag"] or "{}") for line in sent]

    assert sent
    assert [line["sql"] for line, tag in zip(sent, tags, strict=True) if "t" not in tag] == []
    assert {tag["s"] for tag in tags if "s" in tag} >= {"extract", "transform", "publish"}
    assert {"fct_sale_lines", "stg_prohandel__sales"} <= {tag.get("n", "") for tag in tags}
    assert str(first_run["code"]) in {tag.get("r", "") for tag in tags}


def test_the_worker_used_its_own_roles_and_nobody_elses(
    later_figures: Pair, parts: Production
) -> None:
    sent = statements(parts.snowflake, user="MERCURIOS_WORKER")

    assert {line["role"] for line in sent} == {
        "MERCURIOS_LOADER",
        "MERCURIOS_TRANSFORMER",
        "MERCURIOS_API",
    }


def test_snowflake_is_as_it_should_be_and_stays_so(later_figures: Pair, parts: Production) -> None:
    """The shared views take in the tenant's marts, which its first run has made."""
    parts.platform.manage("snowflake", "apply", "--everyday")

    again = parts.platform.manage("snowflake", "plan", "--everyday")

    assert "Nothing to do for plan." in again.stdout


def test_no_credential_is_in_a_database(later_figures: Pair, parts: Production) -> None:
    keys = [
        parts.aws.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"]
        for name in ("mercurios-worker", "mercurios-provisioner")
    ]
    canaries = [ALICES.api_key, ALICES.secret, *(key.splitlines()[1] for key in keys)]

    for address in (parts.portal_database, parts.prefect_database):
        for table, row in everything_in(address):
            assert not any(canary in row for canary in canaries), table


def test_a_run_that_brings_nothing_wakes_no_warehouse(
    later_figures: Pair, parts: Production, admin: Page
) -> None:
    snowflake: SnowflakeServer = parts.snowflake
    connection = admin.open("/admin/connections/connection/").follow(PATH)
    connection.press("Pause")
    wait_for_run(parts.platform, PATH, after=None, all_ended=True)
    run_by_hand(parts)
    snowflake.clear_ledger()

    run_by_hand(parts)

    computed = [
        line["sql"]
        for line in statements(snowflake, user="MERCURIOS_WORKER")
        if line["sql"].lstrip().lower().startswith(("select", "insert", "merge", "copy", "update"))
    ]
    assert computed == []
