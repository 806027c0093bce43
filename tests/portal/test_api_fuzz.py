"""Whatever is sent, an answer says what is wrong with it: never a 5xx, never a secret."""

from __future__ import annotations

import json
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from pytest_django import Settings

from portal.api.docs import WrittenOnce
from tests.examples import examples
from tests.portal.api_cast import World, the_world
from tests.portal.api_places import CANARY
from tests.portal.api_routes import BODIES, Door, doors, path_of

DOORS = [door for door in doors() if door.method != "DELETE"]
# What has broken programs before, next to what hypothesis thinks of.
NASTY = [
    "",
    "\u02bc",
    "9" * 400,
    "-1",
    "1e999",
    "NaN",
    "null",
    "' or 1=1 --",
    '"; drop table x; --',
    "../../etc/passwd",
    "{{7*7}}",
    "%s%n",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
    "2026-11-20",
    "a" * 5_000,
    "=1+1",
]
# What JSON refuses as a whole is tried in addresses; in bodies it would hide all the rest.
QUERIED = some.sampled_from([*NASTY, "\x00", "\ud83d"]) | some.text(max_size=30)
LETTERS = some.characters(exclude_characters="\x00", exclude_categories=["Cs"])
WORDS = some.text(LETTERS, max_size=30)
TEXTS = some.sampled_from(NASTY) | WORDS
NUMBERS = (
    some.integers()
    | some.floats(allow_nan=False, allow_infinity=False)
    | some.sampled_from([2**63, -(2**63) - 1, 10**400])
)
JSON = some.recursive(
    some.none() | some.booleans() | NUMBERS | TEXTS,
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=8,
)


@pytest.fixture
def world(db: None, settings: Settings, tmp_path: Path) -> Iterator[World]:
    with the_world(settings, tmp_path) as world:
        settings.API_RATE = "1000000/s"
        world.publish()
        yield world


def described(door: Door) -> tuple[list[str], list[str]]:
    """The names of its parameters and of the fields of its body."""
    schema = WrittenOnce().get_schema()
    path = path_template(door)
    operation = schema["paths"][path][door.method.lower()]
    queried = [each["name"] for each in operation.get("parameters", []) if each["in"] == "query"]
    forms = operation.get("requestBody", {}).get("content", {}).values()
    fields: list[str] = []
    for form in forms:
        name = form["schema"].get("$ref", "").rpartition("/")[2]
        fields += schema["components"]["schemas"].get(name, {}).get("properties", {})
    return queried, fields


def path_template(door: Door) -> str:
    return "/api/v1/" + door.route.replace("<", "{").replace(">", "}").replace("slug:", "").replace(
        "uuid:", ""
    ).replace("str:", "")


def key_for(world: World, door: Door) -> str:
    if door.route.startswith("flow/"):
        return world.flows
    if door.route.startswith("platform/"):
        return world.platform
    return world.operator if door.route == "tenants" else world.alster.secret


@pytest.mark.parametrize("door", DOORS, ids=str)
def test_no_input_breaks_a_door(world: World, door: Door) -> None:
    queried, fields = described(door)
    columns = ["sale_date", "total_amount", "order_count", "product_category__in", "nothing"]
    names = (
        some.sampled_from([*queried, *columns])
        if "order_by" in queried
        else (
            some.sampled_from(queried) if queried else some.text(string.ascii_letters, max_size=5)
        )
    )
    usual = BODIES.get(str(door), {})
    changes = some.dictionaries(some.sampled_from([*fields, "other"]), JSON, max_size=3)
    bodies = changes.map(lambda changed: {**usual, **changed}) | JSON

    @settings(
        max_examples=tries(door),
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(query=some.dictionaries(names, QUERIED, max_size=3), body=bodies, key=TEXTS)
    def fuzz(query: dict[str, str], body: Any, key: str) -> None:
        answer = send(world, door, query, body, key)

        assert answer.status_code < 500, answer.content
        if answer.status_code >= 400:
            assert answer.headers["Content-Type"] == "application/problem+json"
        if not door.route.startswith("flow/"):
            assert CANARY not in content_of(answer)

    fuzz()


def tries(door: Door) -> int:
    # A test asks the till for all its lists, at the pace that a till bears.
    return 3 if door.route.endswith("/test") else examples(40)


def send(world: World, door: Door, query: dict[str, str], body: Any, key: str) -> Any:
    path = path_of(door, world.alster)
    if query:
        texts = [f"{quote(n)}={quote(v, errors='surrogatepass')}" for n, v in query.items()]
        path += "?" + "&".join(texts)
    headers = {"Authorization": f"Bearer {key_for(world, door)}"}
    if key.isascii() and key.isprintable():
        headers["Idempotency-Key"] = key
    data = b"" if door.is_safe else json.dumps(body).encode()
    return world.http.generic(
        door.method, path, data, content_type="application/json", headers=headers
    )


def content_of(answer: Any) -> str:
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return bytes(content).decode()
