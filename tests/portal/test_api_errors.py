"""Every error of the API is a problem that says what to do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from pytest_django import Settings

from portal.api.errors import named_errors
from portal.api.tenants import TenantsApi
from tests.portal.api_cast import World, the_world


@pytest.fixture
def world(db: None, settings: Settings, tmp_path: Path) -> Iterator[World]:
    with the_world(settings, tmp_path) as world:
        yield world


def raw(world: World, body: bytes, content_type: str = "application/json") -> Any:
    return world.http.generic(
        "POST",
        "/api/v1/tenants",
        body,
        content_type=content_type,
        headers={"Authorization": f"Bearer {world.operator}"},
    )


def check_problem(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["detail"].endswith(".")
    return dict(problem)


@pytest.mark.parametrize("path", ["nothing", "tenants/", "", "tenants/alster/runs/1", "schema/x"])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "TRACE"])
def test_an_address_that_does_not_exist_is_a_problem(world: World, method: str, path: str) -> None:
    check_problem(world.ask(method, f"/api/v1/{path}"), 404)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "TRACE", "BREW"])
def test_a_method_that_does_not_exist_is_answered_with_those_that_do(
    world: World, method: str
) -> None:
    answer = world.ask(method, "/api/v1/tenants")

    check_problem(answer, 405)
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "POST"}


@pytest.mark.parametrize(
    "content_type", ["text/plain", "multipart/form-data; boundary=x", "application/xml", ""]
)
def test_a_body_that_is_not_json_is_a_problem(world: World, content_type: str) -> None:
    check_problem(raw(world, b'{"slug": "x"}', content_type), 415)


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"slug": NaN}',
        b'{"slug": 1e999}',
        b'{"slug": "a", "slug": "b"}',
        b"[" * 100_000,
        b'{"slug": ' + b"9" * 5_000 + b"}",
        b'{"slug": "\xff"}',
        b'{"slug": "\\ud83d"}',
        b'{"slug": "\\u0000"}',
        b'{"\\u0000": 1}',
        b"\xef\xbb\xbf{}",
    ],
)
def test_json_that_could_be_read_in_two_ways_is_a_problem(world: World, body: bytes) -> None:
    check_problem(raw(world, body), 400)


@pytest.mark.parametrize("body", [b"[]", b'"x"', b"null", b"1", b"", b"{}"])
def test_json_of_another_shape_is_a_problem(world: World, body: bytes) -> None:
    problem = check_problem(raw(world, body), 400)

    assert problem["errors"]


def test_a_body_that_is_too_large_is_a_problem(world: World, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100

    check_problem(raw(world, b'{"slug": "' + b"a" * 100 + b'"}'), 413)


def test_too_many_parameters_are_a_problem(world: World) -> None:
    query = "&".join(f"a{number}=1" for number in range(1_001))

    check_problem(world.ask("GET", f"/api/v1/tenants?{query}"), 400)


def test_each_field_has_its_sentences(world: World) -> None:
    body = {"name": "tills", "connector": 7, "schedule": {"kind": "NEVER"}, "streams": ["a", {}]}

    answer = world.ask("POST", f"{world.alster.root}/connections", body)

    errors = check_problem(answer, 400)["errors"]
    assert set(errors) == {"schedule.kind", "streams.1"}


def test_errors_of_lists_and_objects_are_named_by_their_path() -> None:
    detail = {"a": ["x"], "b": {"c": ["y"]}, "d": [{}, {"e": ["z"]}], "non_field_errors": ["w"]}

    assert dict(named_errors(detail)) == {"a": ["x"], "b.c": ["y"], "d.1.e": ["z"], "body": ["w"]}


def test_a_key_that_asks_too_often_has_to_wait(world: World, settings: Settings) -> None:
    settings.API_RATE = "2/min"
    cache.clear()

    statuses = [world.ask("GET", world.alster.root).status_code for _ in range(2)]
    answer = world.ask("GET", world.alster.root)

    assert statuses == [200, 200]
    check_problem(answer, 429)
    assert 1 <= int(answer.headers["Retry-After"]) <= 60


def test_one_busy_key_does_not_slow_another_nor_the_flows(world: World, settings: Settings) -> None:
    settings.API_RATE = "1/min"
    cache.clear()
    flow = f"/api/v1/flow/runs/{world.alster.run.code}/credentials"

    world.ask("GET", world.alster.root)
    own = world.ask("GET", world.alster.root).status_code
    other = world.ask("GET", world.alster.root, key=world.alster.read_only).status_code
    flows = [world.ask("GET", flow, key=world.flows).status_code for _ in range(3)]

    assert (own, other, flows) == (429, 200, [200, 200, 200])


def test_a_bug_is_logged_and_not_shown(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def break_down(self: TenantsApi, request: object) -> None:
        raise ValueError("a secret inside")

    monkeypatch.setattr(TenantsApi, "get", break_down)
    world.http.raise_request_exception = False

    problem = check_problem(world.ask("GET", "/api/v1/tenants"), 500)

    assert "secret" not in str(problem)
    assert problem["instance"] in caplog.text
    assert "a secret inside" in caplog.text


def test_a_number_that_no_database_holds_is_refused(world: World) -> None:
    path = f"/api/v1/flow/runs/{world.alster.run.code}/streams/sale"
    body = {"status": "LANDED", "extracted": 10**20, "new": 10**20}

    answer = world.ask("PUT", path, body, key=world.flows)

    assert set(check_problem(answer, 400)["errors"]) == {"extracted", "new"}


@pytest.mark.parametrize("header", ["", "Basic YTpi", "Bearer", "Bearer ", "mk_x", "Bearer ü"])
def test_who_sends_no_usable_key_is_told_how(world: World, header: str) -> None:
    answer = world.http.get("/api/v1/tenants", headers={"Authorization": header})

    check_problem(answer, 401)
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_key_in_the_address_opens_nothing(world: World) -> None:
    answer = world.http.get(f"/api/v1/tenants?key={world.alster.secret}")

    assert answer.status_code == 401
