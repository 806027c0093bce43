"""From nothing to a deployed connection, through the forms of the admin alone."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.test import Client

from portal.connections.models import Connection, Credentials
from portal.tenants.models import Tenant
from tests.forms import Page, browse
from tests.portal.fake_prefect import FakePrefect
from tests.simulators.process import Company, Simulator

ALSTER = Company("alster", "alster-key", "alster-secret", lines=300, seed=21)
CHIEM = Company("chiem", "chiem-key", "chiem-secret", lines=300, seed=22)


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    options = ["--forbid", "chiem:customer", "--missing", "chiem:voucher"]
    with Simulator(ALSTER, CHIEM, options=options) as running:
        yield running


def new_tenant(client: Client, slug: str) -> Page:
    page = browse(client, "/admin/tenants/tenant/").follow("Add tenant")
    return page.press(
        "Save", slug=slug, name="Alster Mode", time_zone="Europe/Berlin", currency="eur"
    )


def new_connection(client: Client, slug: str, simulator: Simulator, company: Company) -> Page:
    page = new_tenant(client, slug).follow("Add connection")
    page = page.press("Save", connector="prohandel", name="tills")
    return page.press(
        "Save and test",
        api_key=company.api_key,
        api_secret=company.secret,
        auth_url=simulator.auth_url,
    )


@pytest.mark.usefixtures("every_tenant")
def test_an_operator_brings_a_retailer_from_nothing_to_a_deployment(
    operator: Client, simulator: Simulator, prefect: FakePrefect
) -> None:
    setup = new_connection(operator, "alster-mode", simulator, ALSTER)

    deployed = setup.press("Save and deploy", kind="CRON", cron="15 2 * * *")

    tenant = Tenant.objects.get()
    connection = Connection.objects.get()
    assert (tenant.slug, tenant.currency) == ("alster-mode", "EUR")
    assert deployed.path == f"/admin/connections/connection/{connection.pk}/change/"
    assert "alster-mode/tills is deployed." in deployed.words
    assert re.search(r"Next starts: \w+ \d+ \w+ 02:15, .* \(Europe/Berlin\)", deployed.words)
    held = prefect.deployment("alster-mode.tills")
    assert held["parameters"] == {"connection": str(connection.code)}
    assert held["schedules"][0]["schedule"]["timezone"] == "Europe/Berlin"
    assert f"/v2/deployments/deployment/{held['id']}" in deployed.text


@pytest.mark.usefixtures("every_tenant", "prefect")
def test_the_setup_offers_what_the_test_found_readable(
    operator: Client, simulator: Simulator
) -> None:
    setup = new_connection(operator, "chiem-sport", simulator, CHIEM)

    ticked = {each["value"] for each in setup.soup.select("input[name=streams][checked]")}
    assert "sale" in ticked
    assert not ticked & {"customer", "voucher"}
    assert "17 of 19 streams can be read." in setup.words
    assert "Not allowed" in setup.words
    assert "Not offered" in setup.words


@pytest.mark.usefixtures("every_tenant", "prefect")
def test_credentials_go_in_and_never_come_out(
    operator: Client, simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    setup = new_connection(operator, "alster-mode", simulator, ALSTER)

    pages = [
        setup,
        setup.follow("Credentials"),
        setup.follow("Connection"),
        setup.follow("History"),
    ]

    for page in pages:
        assert ALSTER.secret not in page.text
        assert ALSTER.api_key not in page.text
    assert ALSTER.secret not in caplog.text
    assert ALSTER.secret.encode() not in bytes(Credentials.objects.get().ciphertext)
    assert re.search(
        r"Credentials were set on \d{4}-\d\d-\d\d at \d\d:\d\d UTC by olga", pages[1].words
    )


@pytest.mark.usefixtures("every_tenant", "prefect")
def test_a_key_that_the_vendor_rejects_says_so_and_cannot_be_deployed(
    operator: Client, simulator: Simulator
) -> None:
    page = new_tenant(operator, "alster-mode").follow("Add connection")
    page = page.press("Save", connector="prohandel", name="tills")
    setup = page.press(
        "Save and test", api_key="alster-key", api_secret="wrong", auth_url=simulator.auth_url
    )

    refused = setup.press("Save and deploy", streams=["sale"])

    assert "ProHandel rejected the API key or its secret." in setup.words
    assert "The last test of alster-mode/tills failed" in refused.words
    assert Connection.objects.get().streams == []


@pytest.mark.usefixtures("every_tenant", "prefect")
def test_a_run_is_asked_for_and_its_page_watches_it(operator: Client, simulator: Simulator) -> None:
    setup = new_connection(operator, "alster-mode", simulator, ALSTER)
    page = setup.press("Save and deploy")

    run = page.press("Run now")

    assert run.path.startswith("/admin/runs/run/")
    assert "alster-mode/tills runs as soon as a worker is free." in run.words
    assert run.soup.select_one('meta[http-equiv="refresh"]') is not None


@pytest.mark.usefixtures("every_tenant", "prefect")
def test_only_the_personal_fields_that_are_ticked_are_kept(
    operator: Client, simulator: Simulator
) -> None:
    setup = new_connection(operator, "alster-mode", simulator, ALSTER)

    saved = setup.submit("Save", {"kept-customer": ["city", "email"]})

    assert Connection.objects.get().kept_personal_fields == {"customer": ["city", "email"]}
    assert "iban" not in saved.text
    ticked = {each["value"] for each in saved.soup.select("input[name=kept-customer][checked]")}
    assert ticked == {"city", "email"}
