"""The description of the API is complete, and can be read without a connection to anywhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

from portal.api.docs import WrittenOnce
from portal.api.permissions import is_for_platform, needed_scope
from tests.portal.api_routes import Door, doors

DOORS = list(doors())


@pytest.fixture
def visitor(settings: Settings, tmp_path: Path) -> Client:
    settings.STATIC_ROOT = str(tmp_path)
    return Client()


def operation(door: Door) -> dict[str, Any]:
    path = "/api/v1/" + re.sub(r"<\w+:(\w+)>", r"{\1}", door.route)
    found: dict[str, Any] = WrittenOnce().get_schema()["paths"][path][door.method.lower()]
    return found


def test_the_schema_is_valid_and_without_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "schema.yaml"

    call_command("spectacular", validate=True, fail_on_warn=True, file=str(path))

    assert path.read_text().startswith("openapi: 3")


def test_the_schema_holds_every_door_and_nothing_else() -> None:
    described = {
        (method.upper(), path)
        for path, operations in WrittenOnce().get_schema()["paths"].items()
        for method in operations
    }

    assert described == {
        (door.method, "/api/v1/" + re.sub(r"<\w+:(\w+)>", r"{\1}", door.route)) for door in DOORS
    }


@pytest.mark.parametrize("door", DOORS, ids=str)
def test_an_operation_says_what_it_does_and_which_scope_it_needs(door: Door) -> None:
    said = operation(door)

    scope = needed_scope(door.view, door.method)
    assert said["x-scope"] == scope
    assert said["x-platform-only"] == is_for_platform(door.view, door.method)
    assert f"Scope: `{scope}`" in said["description"]
    assert len(said["summary"].split()) >= 3
    assert said["security"] == [{"apiKey": []}]


@pytest.mark.parametrize("door", DOORS, ids=str)
def test_an_operation_says_how_it_fails(door: Door) -> None:
    answers = operation(door)["responses"]

    failures = {status for status in answers if status >= "4"}
    assert {"400", "401", "403", "404", "429"} <= failures
    for status in failures:
        problem = answers[status]["content"]["application/problem+json"]["schema"]
        assert problem == {"$ref": "#/components/schemas/Problem"}


@pytest.mark.parametrize("door", DOORS, ids=str)
def test_an_answer_has_a_form(door: Door) -> None:
    answers = operation(door)["responses"]

    [success] = [status for status in answers if status.startswith("2")]
    forms = [each["schema"] for each in answers[success].get("content", {}).values()]
    assert (success == "204") == (forms == [])
    assert {"type": "object", "additionalProperties": {}} not in forms


def test_operation_ids_are_unique() -> None:
    ids = [operation(door)["operationId"] for door in DOORS]

    assert len(ids) == len(set(ids))


def test_no_answer_has_a_place_for_credentials() -> None:
    shown = {
        name: set(form["properties"])
        for name, form in WrittenOnce().get_schema()["components"]["schemas"].items()
        if not name.endswith("InputRequest") and "properties" in form
    }

    assert {name for name, fields in shown.items() if "credentials" in fields} == {
        "ConnectorsOutput",  # which fields to ask for
        "RunCredentialsOutput",  # for flow runs alone
    }


def test_the_documentation_page_needs_nothing_from_elsewhere(visitor: Client) -> None:
    page = visitor.get("/api/v1/docs")

    soup = BeautifulSoup(page.content, "html.parser")
    linked = [tag["src"] for tag in soup.find_all("script", src=True)]
    linked += [tag["href"] for tag in soup.find_all("link", href=True)]
    assert page.status_code == 200
    assert len(linked) >= 4
    for address in linked:
        assert str(address).startswith("/")
        answer = visitor.get(str(address))
        assert answer.status_code == 200, address
        assert b"".join(answer)


def test_the_documentation_page_runs_under_its_policy(visitor: Client) -> None:
    page = visitor.get("/api/v1/docs")

    soup = BeautifulSoup(page.content, "html.parser")
    policy = page.headers["Content-Security-Policy"]
    assert [tag for tag in soup.find_all("script") if not tag.get("src")] == []
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy


def test_the_schema_is_served_to_the_page(visitor: Client) -> None:
    script = visitor.get("/api/v1/docs?script=").content.decode()

    answer = visitor.get("/api/v1/schema", headers={"Accept": "application/json"})

    assert "/api/v1/schema" in script
    assert answer.json()["info"]["title"] == "Mercurios"


def test_the_guide_lists_every_address_and_its_methods() -> None:
    rows = re.findall(r"^\| `([^`]+)` \| ([A-Z, ]+)", Path("docs/api.md").read_text(), re.M)

    listed = {(method, path) for path, methods in rows for method in methods.strip().split(", ")}
    assert listed == {
        (door.method, re.sub(r"<\w+:(\w+)>", r"{\1}", door.route))
        for door in DOORS
        if not door.route.startswith(("flow/", "platform/"))
    }
