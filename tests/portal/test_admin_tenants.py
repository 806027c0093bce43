"""Tenants and their members through the admin's forms."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from portal.connections.models import Connection
from portal.connections.services import create_connection, set_schedule
from portal.pipelines.models import Pipeline
from portal.pipelines.prefect import PrefectApi
from portal.pipelines.services import deploy
from portal.tenants.models import Member, Tenant
from portal.tenants.services import create_tenant
from tests.forms import browse
from tests.portal.conftest import NOW, SURE
from tests.portal.fake_prefect import FakePrefect

ADD = "/admin/tenants/tenant/add/"

pytestmark = pytest.mark.usefixtures("every_tenant")


def change(tenant: Tenant) -> str:
    return f"/admin/tenants/tenant/{tenant.pk}/change/"


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("slug", "../x", "Choose a slug of 2 to 40 small letters"),
        ("slug", 'a";drop', "Choose a slug of 2 to 40 small letters"),
        ("slug", "admin", "admin is reserved"),
        ("slug", "alsterhaus-mode", "The slug alsterhaus-mode is taken"),
        ("currency", "Euro", "at most 3 characters"),
        ("currency", "E1", "Give the currency as three capital letters"),
        ("country", "D", "Give the country as two capital letters"),
        ("name", "   ", "This field is required"),
    ],
)
@pytest.mark.usefixtures("retailer")
def test_a_malformed_value_is_explained_and_nothing_is_created(
    operator: Client, field: str, value: str, sentence: str
) -> None:
    good = {"slug": "chiemsee-sport", "name": "Chiemsee Sport", "country": "AT"}

    answer = browse(operator, ADD).submit("Save", {**good, field: value})

    assert answer.status == 200
    assert sentence in answer.words
    assert Tenant.objects.count() == 1


@pytest.mark.django_db
def test_a_time_zone_that_does_not_exist_cannot_be_sent(operator: Client) -> None:
    page = browse(operator, ADD)
    token = page.soup.select_one("input[name=csrfmiddlewaretoken]")
    assert token is not None

    answer = operator.post(
        ADD,
        {
            "csrfmiddlewaretoken": token["value"],
            "slug": "x-y",
            "name": "X",
            "time_zone": "Mars/Olympus",
            "currency": "EUR",
            "country": "DE",
            "members-TOTAL_FORMS": "0",
            "members-INITIAL_FORMS": "0",
        },
    )

    assert "Mars/Olympus is not one of the available choices" in answer.content.decode()
    assert not Tenant.objects.exists()


def test_a_member_who_does_not_exist_stops_the_tenant_as_well(operator: Client) -> None:
    token = browse(operator, ADD).soup.select("input[name=csrfmiddlewaretoken]")[0]["value"]

    answer = operator.post(
        ADD,
        {
            "csrfmiddlewaretoken": str(token),
            "slug": "bodensee",
            "name": "Bodensee",
            "time_zone": "Europe/Berlin",
            "currency": "EUR",
            "country": "DE",
            "members-TOTAL_FORMS": "1",
            "members-INITIAL_FORMS": "0",
            "members-0-user": "999",
            "members-0-role": "VIEWER",
        },
    )

    assert "Select a valid choice" in answer.content.decode()
    assert not Tenant.objects.exists()


def test_the_slug_cannot_be_changed(operator: Client, retailer: Tenant) -> None:
    page = browse(operator, change(retailer))

    assert page.soup.select_one("input[name=slug]") is None
    assert "alsterhaus-mode" in page.words


def test_members_are_added_changed_and_removed(
    operator: Client, retailer: Tenant, alice: User, bob: User, charlie: User
) -> None:
    page = browse(operator, change(retailer))
    alices, bobs = retailer.members.order_by("pk")

    page.submit(
        "Save",
        {"members-0-role": "VIEWER", "members-1-DELETE": True},
    )

    assert [(each.user, each.role) for each in Member.objects.filter(tenant=retailer)] == [
        (alice, "VIEWER")
    ]
    assert (alices.user, bobs.user) == (alice, bob)
    assert Member.objects.filter(user=charlie).count() == 1


def test_the_tenant_page_leads_to_its_pages_and_to_a_new_connection(
    operator: Client, retailer: Tenant, tills: Connection
) -> None:
    page = browse(operator, change(retailer))

    links = {str(link.get("href")) for link in page.soup.find_all("a")}
    assert "/t/alsterhaus-mode/" in links
    assert f"/admin/connections/connection/{tills.pk}/change/" in links
    added = page.follow("Add connection")
    chosen = added.soup.select_one("select[name=tenant] option[selected]")
    assert chosen is not None
    assert chosen["value"] == str(retailer.pk)


def test_a_new_time_zone_moves_the_schedules_of_its_deployments(
    operator: Client, ready_tills: Connection, api: PrefectApi, prefect: FakePrefect
) -> None:
    set_schedule(connection=ready_tills, kind="CRON", cron="15 2 * * *")
    deploy(connection=ready_tills, api=api, at=NOW)

    browse(operator, change(ready_tills.tenant)).press("Save", time_zone="Europe/Vienna")

    schedule = prefect.deployment("alsterhaus-mode.tills")["schedules"][0]["schedule"]
    assert schedule["timezone"] == "Europe/Vienna"


def test_a_new_time_zone_is_kept_while_prefect_is_down(
    operator: Client, ready_tills: Connection, api: PrefectApi, prefect: FakePrefect
) -> None:
    deploy(connection=ready_tills, api=api, at=NOW)
    prefect.stop()

    saved = browse(operator, change(ready_tills.tenant)).press("Save", time_zone="Europe/Vienna")

    assert "will be applied as soon as it answers" in saved.words
    assert Tenant.objects.get().time_zone == "Europe/Vienna"
    assert Pipeline.objects.get().problem != ""


def test_a_tenant_with_connections_cannot_be_deleted(
    operator: Client, retailer: Tenant, tills: Connection
) -> None:
    page = browse(operator, f"/admin/tenants/tenant/{retailer.pk}/delete/")

    assert "Alsterhaus Mode still has the connection tills. Remove them" in page.words
    assert page.path == change(retailer)
    assert Connection.objects.filter(pk=tills.pk).exists()


def test_a_tenant_without_connections_can_be_deleted(operator: Client, retailer: Tenant) -> None:
    browse(operator, f"/admin/tenants/tenant/{retailer.pk}/delete/").press(SURE)

    assert not Tenant.objects.exists()


def test_the_list_costs_the_same_for_many_tenants(
    operator: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(3):
        tenant = create_tenant(slug=f"shop-{number}", name=f"Shop {number}")
        create_connection(tenant=tenant, connector="prohandel", name="tills")

    with django_assert_num_queries(5):  # session, user, two counts, the rows
        page = browse(operator, "/admin/tenants/tenant/")

    assert "shop-2" in page.words
