"""Who may do what in the admin, and API keys."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission, User
from django.contrib.sessions.models import Session
from django.test import Client

from portal.access.models import ApiKey
from portal.access.services import issue_key, key_for
from portal.connections.models import Connection
from portal.tenants.models import Tenant
from tests.forms import Page, browse
from tests.portal.conftest import NOW

CONNECTIONS = "/admin/connections/connection/"
KEYS = "/admin/access/apikey/"
STEPS = ["credentials", "setup", "run", "pause", "resume", "redeploy", "test"]


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def staff_with(*permissions: str) -> Client:
    user = User.objects.create_user("stella", password="stella", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return signed_in(user)


def test_a_member_who_is_not_staff_is_asked_to_log_in(alice: User, tills: Connection) -> None:
    alices = signed_in(alice)
    addresses = ["/admin/", CONNECTIONS, *(f"{CONNECTIONS}{tills.pk}/{step}/" for step in STEPS)]

    answers = [alices.post(address) for address in addresses]

    assert {answer.status_code for answer in answers} == {302}
    assert all(answer["Location"].startswith("/admin/login/") for answer in answers)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("method", ["get", "post"])
def test_staff_without_the_permission_may_not_touch_a_connection(
    tills: Connection, step: str, method: str
) -> None:
    stella = staff_with("view_connection")

    answer = getattr(stella, method)(f"{CONNECTIONS}{tills.pk}/{step}/")

    assert answer.status_code == 403


def test_staff_who_may_only_look_see_no_buttons(tills: Connection) -> None:
    stella = staff_with("view_connection")

    page = browse(stella, f"{CONNECTIONS}{tills.pk}/change/")
    listed = browse(stella, CONNECTIONS)

    assert page.status == 200
    assert page.soup.select("#content form") == []
    assert "/delete/" not in page.text
    assert listed.soup.select("option[value=pause]") == []


def test_staff_without_permissions_see_an_empty_first_page(tills: Connection) -> None:
    stella = staff_with()

    page = browse(stella, "/admin/")

    assert page.status == 200
    assert "alsterhaus" not in page.text.lower()
    assert browse(stella, f"{CONNECTIONS}{tills.pk}/change/").status == 403


def test_staff_who_may_not_change_pipelines_cannot_reconcile(db: None) -> None:
    stella = staff_with("view_pipeline")

    page = browse(stella, "/admin/pipelines/pipeline/")

    assert "Compare and repair now" not in page.words
    assert stella.post("/admin/pipelines/pipeline/reconcile/").status_code == 403


def test_a_connection_that_does_not_exist_is_not_found(operator: Client) -> None:
    answers = [browse(operator, f"{CONNECTIONS}999/{step}/").status for step in ("setup", "change")]

    assert answers == [404, 404]


def issue(client: Client, **values: object) -> Page:
    return browse(client, f"{KEYS}add/").submit("Issue the key", values)


def test_a_secret_is_shown_once_and_kept_nowhere(operator: Client, retailer: Tenant) -> None:
    issued = issue(operator, name="month-end report", tenant=retailer.pk, scopes=["read"])

    shown = issued.soup.select_one("#secret")
    assert shown is not None
    secret = str(shown["value"])
    assert "no-store" in issued.headers["Cache-Control"]
    key = key_for(secret=secret, at=NOW)
    assert key is not None
    assert (key.tenant, key.scopes) == (retailer, ["read"])
    assert secret not in str(list(ApiKey.objects.values()))
    assert secret not in str([session.get_decoded() for session in Session.objects.all()])
    later = [browse(operator, KEYS), browse(operator, f"{KEYS}{key.pk}/change/")]
    assert all(secret not in page.text for page in later)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"scopes": []}, "Choose at least one scope."),
        ({"scopes": ["platform"]}, "A tenant's key has scopes from read, write."),
        ({"expires_at": "2020-01-01"}, "Choose a moment in the future, or none."),
        ({"name": ""}, "This field is required."),
    ],
)
def test_a_key_that_makes_no_sense_is_not_issued(
    operator: Client, retailer: Tenant, values: dict[str, object], sentence: str
) -> None:
    good = {"name": "report", "tenant": retailer.pk, "scopes": ["read"]}

    answer = issue(operator, **{**good, **values})

    assert sentence in answer.words
    assert not ApiKey.objects.exists()


def test_a_revoked_key_no_longer_works(operator: Client, retailer: Tenant) -> None:
    issued = issue_key(name="report", scopes=["read"], tenant=retailer, at=NOW)
    chosen = {"action": "revoke", "_selected_action": [str(issued.key.pk)]}

    answer = browse(operator, KEYS).submit("Run", chosen)

    assert "is revoked and no longer works" in answer.words
    assert "Revoked" in answer.words
    assert key_for(secret=issued.secret, at=NOW) is None


def test_a_key_can_be_neither_edited_nor_deleted(operator: Client) -> None:
    key = issue_key(name="worker", scopes=["flows"], at=NOW).key

    page = browse(operator, f"{KEYS}{key.pk}/change/")

    assert page.soup.select("#apikey_form input:not([type=hidden])") == []
    assert browse(operator, f"{KEYS}{key.pk}/delete/").status == 403


@pytest.mark.django_db
def test_staff_who_may_only_look_at_keys_cannot_issue_or_revoke() -> None:
    key = issue_key(name="worker", scopes=["flows"], at=NOW).key
    stella = staff_with("view_apikey")

    stella.post(KEYS, {"action": "revoke", "_selected_action": [key.pk]})

    assert stella.get(f"{KEYS}add/").status_code == 403
    key.refresh_from_db()
    assert key.revoked_at is None
