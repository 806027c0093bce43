"""Who may see a tenant's pages: whatever Alice may see, Charlie may not."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.template.loader import render_to_string
from django.test import Client
from django.urls import URLPattern
from pytest_django import Settings

from portal.pages.urls import urlpatterns
from portal.pages.views import PAGES
from portal.tenants.services import add_member, create_tenant
from tests.portal.pages_cast import Cast, logged_in, the_cast
from tests.portal.publication_of import VIEWS, publish


@pytest.fixture
def cast(db: None, settings: Settings, tmp_path: Path) -> Cast:
    return the_cast(settings, tmp_path)


# Every address of a tenant that there is.
PATHS = [
    "",
    *(f"{page}/" for page in PAGES),
    *(f"{view}.csv" for view in VIEWS),
]


def body(client: Client, path: str) -> bytes:
    return bytes(client.get(path).content)


def status(client: Client, path: str) -> int:
    response = client.get(path)
    response.getvalue()  # what is streamed ends with its last byte
    return int(response.status_code)


def test_the_paths_cover_every_pattern_of_the_pages() -> None:
    patterns = [
        each for each in urlpatterns if isinstance(each, URLPattern) and each.name != "home"
    ]

    unused = [
        each
        for each in patterns
        if not any(each.resolve(f"t/alster-mode/{path}") for path in PATHS)
    ]

    assert unused == []


@pytest.mark.parametrize("path", PATHS)
def test_alice_and_bob_and_the_platforms_staff_may_see_it(cast: Cast, path: str) -> None:
    cast.publish()

    seen = [
        status(client, f"/t/alster-mode/{path}") for client in (cast.alice, cast.bob, cast.olga)
    ]

    assert seen == [200, 200, 200]


@pytest.mark.parametrize("path", PATHS)
def test_charlie_gets_the_answer_for_a_tenant_that_does_not_exist(cast: Cast, path: str) -> None:
    publication = cast.publish()
    publish(lake=cast.lake, tenant=cast.other.code)

    theirs = cast.charlie.get(f"/t/alster-mode/{path}", {"publication": publication})
    none = cast.charlie.get(f"/t/no-such-tenant/{path}", {"publication": publication})

    assert theirs.status_code == none.status_code == 404
    assert without_token(theirs.content) == without_token(none.content)
    assert b"Alster" not in theirs.content


@pytest.mark.parametrize("slug", ["alster-mode", "no-such-tenant"])
@pytest.mark.parametrize("path", PATHS)
def test_whoever_is_logged_out_is_sent_to_the_login(cast: Cast, path: str, slug: str) -> None:
    cast.publish()

    response = cast.nobody.get(f"/t/{slug}/{path}")

    assert response.status_code == 302
    assert response.headers["Location"] == f"/login?next=/t/{slug}/{path}"


@pytest.mark.parametrize("path", PATHS)
def test_the_pages_cannot_be_written_to(cast: Cast, path: str) -> None:
    assert cast.alice.post(f"/t/alster-mode/{path}").status_code == 405


@pytest.mark.parametrize("path", PATHS)
def test_a_publication_of_another_tenant_is_not_found(cast: Cast, path: str) -> None:
    cast.publish()
    theirs = publish(lake=cast.lake, tenant=cast.other.code)

    response = cast.bob.get(f"/t/alster-mode/{path}", {"publication": theirs})

    assert response.status_code == 404
    assert b"There is no publication" in response.content


def test_somebody_who_left_sees_nothing_any_more(cast: Cast) -> None:
    User.objects.filter(username="bob").update(is_active=False)

    assert cast.bob.get("/t/alster-mode/").status_code == 302


@pytest.mark.parametrize("path", ["x.csv", "raw.csv", "../x.csv", "elsewhere/", "overview"])
def test_no_other_address_answers(cast: Cast, path: str) -> None:
    cast.publish()

    assert cast.bob.get(f"/t/alster-mode/{path}").status_code in {301, 404}


def test_the_start_leads_straight_to_the_only_tenant(cast: Cast) -> None:
    assert cast.bob.get("/").headers["Location"] == "/t/alster-mode/"


def test_the_start_lists_the_tenants_of_a_person_and_no_others(cast: Cast) -> None:
    cast.publish()
    dora = User.objects.create_user("dora")
    add_member(tenant=cast.tenant, user=dora)
    add_member(tenant=create_tenant(slug="elbe-kids", name="Elbe Kids"), user=dora)

    page = body(logged_in(dora), "/").decode()

    assert "Alster Mode" in page
    assert "Elbe Kids" in page
    assert "Nothing published yet" in page
    assert "Isar Schuh" not in page


def test_the_start_tells_somebody_without_a_tenant_whom_to_ask(cast: Cast) -> None:
    page = body(logged_in(User.objects.create_user("emil")), "/").decode()

    assert "You are not a member of any tenant yet." in page


def test_the_start_survives_a_torn_list_of_publications(cast: Cast) -> None:
    cast.publish()
    (cast.lake / str(cast.tenant.code) / "publications" / "current.json").write_text("{")

    page = body(cast.olga, "/").decode()

    assert "The list of publications cannot be read" in page


def test_the_login_page_says_what_was_wrong_and_keeps_where_one_wanted_to_go(cast: Cast) -> None:
    response = cast.nobody.post(
        "/login", {"username": "bob", "password": "no", "next": "/t/alster-mode/"}
    )

    assert b"Please enter a correct username and password" in response.content
    assert b'name="next" value="/t/alster-mode/"' in response.content


def test_a_form_that_is_too_old_is_a_sentence(cast: Cast) -> None:
    response = Client(enforce_csrf_checks=True).post("/login", {"username": "bob"})

    assert response.status_code == 403
    assert b"too old to be believed" in response.content


@pytest.mark.parametrize(("page", "title"), [("500", "Something broke"), ("403", "Not allowed")])
def test_the_pages_for_mistakes_need_nothing_but_themselves(page: str, title: str) -> None:
    assert title in render_to_string(f"{page}.html")


def without_token(page: bytes) -> bytes:
    """The page but for the token of its logout form, which differs each time."""
    head, _, rest = page.partition(b'name="csrfmiddlewaretoken" value="')
    return head + rest.partition(b'"')[2]
