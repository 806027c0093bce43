"""The button that has the ledger brought up to date: whose it is, and what it says."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from portal.costs.collecting import DEPLOYMENT, FLOW
from portal.pipelines.foundations import PLATFORM_TAG
from tests.forms import browse
from tests.portal.fake_prefect import FakePrefect
from tests.portal.test_costs_admin import ROOT, page

COLLECT = f"{ROOT}collect/"
BUTTON = "Bring up to date now"
RIGHTS = ("view_ledgerday", "add_ledgerday")

pytestmark = [
    pytest.mark.usefixtures("every_tenant", "db"),
    pytest.mark.filterwarnings("ignore:No directory at:UserWarning"),
]


@pytest.fixture
def ready(prefect: FakePrefect) -> FakePrefect:
    prefect.deploy_platform(FLOW, DEPLOYMENT, tag=PLATFORM_TAG)
    return prefect


def client_of(*rights: str) -> Client:
    """Lisa's browser, who is staff."""
    lisa = User.objects.create_user("lisa", password="lisa", is_staff=True)
    lisa.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client = Client(enforce_csrf_checks=True)
    client.force_login(lisa)
    return client


def started(prefect: FakePrefect) -> list[dict[str, Any]]:
    return [each["parameters"] for each in prefect.flow_runs.values()]


def test_the_button_starts_the_collection_and_leads_back(
    operator: Client, ready: FakePrefect
) -> None:
    after = browse(operator, f"{ROOT}?month=2026-10").press(BUTTON)

    assert after.url.endswith(f"{ROOT}?month=2026-10")
    assert "The ledger is being brought up to date: it takes a minute or two." in after.words
    assert started(ready) == [{"reads_now": True}]


def test_whoever_may_add_to_the_ledger_may_press_it(ready: FakePrefect) -> None:
    browse(client_of(*RIGHTS), ROOT).press(BUTTON)

    assert len(started(ready)) == 1


@pytest.mark.parametrize("rights", [RIGHTS[:1], RIGHTS[1:]])
def test_others_do_not_start_it(ready: FakePrefect, rights: tuple[str, ...]) -> None:
    client = client_of(*rights)
    client.handler.enforce_csrf_checks = False

    answer = client.post(COLLECT)

    assert answer.status_code == 403
    assert started(ready) == []


def test_a_member_of_a_tenant_does_not_start_it(ready: FakePrefect, alice: User) -> None:
    client = Client()
    client.force_login(alice)

    assert client.post(COLLECT).status_code == 403
    assert started(ready) == []


def test_others_do_not_see_it(ready: FakePrefect) -> None:
    assert BUTTON not in page(client_of(*RIGHTS[:1])).get_text()


def test_it_needs_a_token(operator: Client, ready: FakePrefect) -> None:
    assert operator.post(COLLECT).status_code == 403
    assert started(ready) == []


def test_looking_at_its_address_starts_nothing(operator: Client, ready: FakePrefect) -> None:
    assert operator.get(COLLECT).status_code == 405
    assert started(ready) == []


def test_a_prefect_that_is_down_is_a_sentence(operator: Client, ready: FakePrefect) -> None:
    overview = browse(operator, ROOT)
    ready.stop()

    after = overview.press(BUTTON)

    assert after.path == ROOT
    assert "Prefect does not answer" in after.words
    assert "it takes a minute or two" not in after.words


def test_a_prefect_without_the_deployment_is_a_sentence(
    operator: Client, prefect: FakePrefect
) -> None:
    after = browse(operator, ROOT).press(BUTTON)

    assert after.path == ROOT
    assert "The platform's deployment of costs/every-hour is missing" in after.words
