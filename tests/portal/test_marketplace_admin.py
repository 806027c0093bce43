"""The marketplace's pages: who may open them, and the way of a connector through them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from portal.access.services import issue_key
from portal.connections.models import Connection
from portal.connections.services import create_connection
from portal.marketplace.models import ConnectorVersion
from portal.marketplace.selectors import version_for
from portal.marketplace.services import upload, use
from portal.marketplace.wording import PREVIEW
from portal.tenants.models import Tenant
from tests.forms import browse
from tests.portal.conftest import NOW
from tests.portal.marketplace_cast import (
    ASKING,
    AT,
    DOCUMENT,
    KEY,
    Till,
    running_till,
    uploaded,
    zipped,
)
from tests.portal.test_marketplace import tried

ROOT = "/admin/marketplace/uploadedconnector/"

pytestmark = pytest.mark.usefixtures("every_tenant")


@pytest.fixture
def till() -> Iterator[Till]:
    with running_till() as running:
        yield running


@pytest.fixture
def version(olga: User) -> ConnectorVersion:
    return uploaded(olga)


def pages(version: ConnectorVersion, tenant: Tenant) -> list[tuple[str, str]]:
    of_version = f"{ROOT}{version.connector_id}/versions/{version.number}/"
    of_tenant = f"{ROOT}{version.connector_id}/tenants/{tenant.slug}/"
    return [
        ("GET", ROOT),
        ("GET", f"{ROOT}add/"),
        ("POST", f"{ROOT}add/"),
        ("GET", f"{ROOT}{version.connector_id}/change/"),
        ("GET", of_version),
        ("GET", f"{of_version}try/"),
        ("POST", f"{of_version}try/"),
        ("POST", f"{of_version}roll-out/"),
        ("POST", f"{of_tenant}roll-back/"),
        ("POST", f"{of_tenant}withdraw/"),
    ]


def sent_by(user: User, method: str, path: str) -> Any:
    client = Client()
    client.force_login(user)
    document = DOCUMENT.replace("title: Tillpoint", "title: Theirs")
    body = {"file": SimpleUploadedFile("connector.yaml", document.encode()), "note": "Theirs."}
    return client.post(path, body) if method == "POST" else client.get(path)


@pytest.mark.parametrize("number", range(10))
@pytest.mark.parametrize("who", ["alice", "bob", "charlie", "charlie as staff", "nobody"])
def test_only_staff_with_the_permission_gets_in(
    request: pytest.FixtureRequest,
    version: ConnectorVersion,
    retailer: Tenant,
    who: str,
    number: int,
) -> None:
    method, path = pages(version, retailer)[number]
    if who == "nobody":
        answer: Any = Client().post(path) if method == "POST" else Client().get(path)
    else:
        user: User = request.getfixturevalue(who.partition(" ")[0])
        # Staff that may do everything but this.
        user.is_staff = who.endswith("staff")
        user.save()
        if user.is_staff:
            user.user_permissions.set(Permission.objects.exclude(codename="manage"))
        answer = sent_by(user, method, path)

    is_refused = answer.status_code == 403
    is_sent_to_login = answer.status_code == 302 and "/login/" in answer["Location"]
    assert is_refused or is_sent_to_login
    assert ConnectorVersion.objects.count() == 1


@pytest.mark.parametrize("number", [0, 1, 3, 4, 5])
def test_staff_with_the_permission_gets_in(
    charlie: User, version: ConnectorVersion, retailer: Tenant, number: int
) -> None:
    charlie.is_staff = True
    charlie.save()
    charlie.user_permissions.set(Permission.objects.filter(codename="manage"))
    method, path = pages(version, retailer)[number]

    assert sent_by(charlie, method, path).status_code == 200


def test_the_page_of_a_version_shows_its_questions_as_they_are(
    operator: Client, olga: User
) -> None:
    files = {"connector.yaml": ASKING, "receipts.graphql": "{ receipts { id } } # <b>bold</b>\n"}
    version = upload(content=zipped(files), note="Asks.", by=olga, at=AT)

    page = browse(operator, f"{ROOT}{version.connector_id}/versions/{version.number}/")

    assert "receipts.graphql" in page.words
    assert "{ receipts { id } } # &lt;b&gt;bold&lt;/b&gt;" in page.text


def test_from_an_upload_to_a_connection_that_reads(
    operator: Client, retailer: Tenant, till: Till
) -> None:
    page = browse(operator, f"{ROOT}add/")
    token = str(page.soup.select_one("[name=csrfmiddlewaretoken]")["value"])  # type: ignore[index]
    file = SimpleUploadedFile("connector.yaml", DOCUMENT.encode())
    sent = operator.post(
        page.url, {"file": file, "note": "First.", "csrfmiddlewaretoken": token}, follow=True
    )
    version = browse(operator, sent.redirect_chain[-1][0])
    assert "Tillpoint version 1 is kept." in sent.content.decode()
    assert PREVIEW in version.words
    assert "It can be rolled out once a trial has succeeded." in version.words

    found = version.follow("Try it").submit(
        "Try with these", {"tenant": str(retailer.pk), "address": till.url, "api_key": KEY}
    )
    assert "All 2 streams can be read." in found.words
    assert KEY not in found.text

    done = found.submit("Roll out", {"tenants": [str(retailer.pk)]})
    assert "Tillpoint version 1 is used by Alsterhaus Mode from now on." in done.words

    new = browse(operator, f"/admin/connections/connection/add/?tenant={retailer.pk}")
    credentials = new.press("Save", connector="tillpoint", name="tills")
    assert PREVIEW in credentials.words
    assert "It sends what you enter to the address entered as Address ." in credentials.words
    setup = credentials.press("Save and test", address=till.url, api_key=KEY)
    assert "Receipts can be read." in setup.words
    made = Connection.objects.get()
    connection = browse(operator, f"/admin/connections/connection/{made.pk}/change/")
    assert "Tillpoint, uploaded version 1 (preview)" in connection.words
    assert PREVIEW in connection.words


def test_a_malformed_file_is_explained_on_the_page(operator: Client) -> None:
    page = browse(operator, f"{ROOT}add/")
    token = str(page.soup.select_one("[name=csrfmiddlewaretoken]")["value"])  # type: ignore[index]
    file = SimpleUploadedFile("connector.yaml", b"name: tillpoint\nname: again\n")

    answer = operator.post(page.url, {"file": file, "note": "x", "csrfmiddlewaretoken": token})

    assert "name is there twice" in answer.content.decode()
    assert not ConnectorVersion.objects.exists()


def test_what_an_upload_says_is_shown_and_not_run(operator: Client, olga: User) -> None:
    document = DOCUMENT.replace("title: Tillpoint", "title: <script>alert(1)</script>")
    version = uploaded(olga, document, "<img src=x onerror=alert(1)>")

    page = browse(operator, f"{ROOT}{version.connector_id}/versions/1/")
    listed = browse(operator, f"{ROOT}{version.connector_id}/change/")

    for each in (page, listed, browse(operator, ROOT)):
        assert "<script>alert" not in each.text
        assert "<img src=x" not in each.text
    assert "<script>alert(1)</script>" in page.words


def test_rolling_back_and_withdrawing_are_buttons(
    operator: Client, retailer: Tenant, till: Till, olga: User, version: ConnectorVersion
) -> None:
    tried(version, retailer, till, olga)
    second = uploaded(olga, DOCUMENT.replace("Shops", "Branches"), "Other words.")
    tried(second, retailer, till, olga)
    for each in (version, second):
        use(version=each, tenants=[retailer], who="olga", at=AT)
    page = browse(operator, f"{ROOT}{version.connector_id}/change/")

    back = page.press("Roll back to version 1")

    assert "Alsterhaus Mode uses Tillpoint again as before." in back.words
    assert version_for(tenant=retailer, name="tillpoint") == version
    gone = back.press("Withdraw")
    assert "Alsterhaus Mode does not use Tillpoint any more." in gone.words
    assert version_for(tenant=retailer, name="tillpoint") is None


def test_the_api_lists_uploads_for_the_platform_and_what_is_rolled_out_for_a_tenant(
    retailer: Tenant,
    other_retailer: Tenant,
    till: Till,
    olga: User,
    version: ConnectorVersion,
) -> None:
    tried(version, retailer, till, olga)
    use(version=version, tenants=[retailer], who="olga", at=AT)

    def ask(path: str, tenant: Tenant | None, scope: str) -> list[dict[str, Any]]:
        key = issue_key(tenant=tenant, name="t", scopes=[scope], at=NOW).secret
        answer = Client().get(f"/api/v1/{path}", headers={"Authorization": f"Bearer {key}"})
        results: list[dict[str, Any]] = answer.json()["results"]
        return results

    (listed,) = ask("platform/connectors", None, "platform")
    assert listed["versions"][0]["tenants"] == ["alsterhaus-mode"]
    assert listed["versions"][0]["has_been_tried"] is True
    assert listed["versions"][0]["digest"] == version.digest
    hers = {each["name"]: each for each in ask("connectors", retailer, "read")}
    assert hers["tillpoint"]["uploaded_version"] == 1
    assert hers["tillpoint"]["is_preview"] is True
    assert hers["tillpoint"]["note"] == PREVIEW
    assert hers["prohandel"]["uploaded_version"] is None
    assert "tillpoint" not in [each["name"] for each in ask("connectors", other_retailer, "read")]


def test_the_list_of_connections_names_an_uploaded_connector(
    operator: Client, retailer: Tenant, till: Till, olga: User, version: ConnectorVersion
) -> None:
    tried(version, retailer, till, olga)
    use(version=version, tenants=[retailer], who="olga", at=AT)
    create_connection(tenant=retailer, connector="tillpoint", name="tills")

    assert "Tillpoint" in browse(operator, "/admin/connections/connection/").words
