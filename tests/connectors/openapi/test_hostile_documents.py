"""Documents that were made to hurt, and that no rule covers: a sentence, soon, and no traceback."""

from __future__ import annotations

import json
import socket
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows.connectors.document import parse_document
from flows.connectors.kit.openapi.description import OpenApiInvalid, read_description
from flows.connectors.kit.openapi.draft import draft, written
from flows.connectors.spec import parse_connector
from tests.connectors.openapi.test_drafts import described, drafted, listing
from tests.examples import examples


def deep(levels: int) -> str:
    return '{"openapi": "3.0.0", "paths": ' + '{"a": ' * levels + "1" + "}" * levels + "}"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "It is no OpenAPI document"),
        ("[]", "It is no OpenAPI document"),
        ("{", "It is neither JSON nor YAML"),
        ("a: [", "It is neither JSON nor YAML"),
        ("just words", "It is no OpenAPI document"),
        ('{"paths": {}}', "It is neither OpenAPI 3 nor Swagger 2"),
        ('{"openapi": "3.0.0"}', "It has no paths"),
        ('{"openapi": "3.0.0", "paths": {"/a": {}}}', "It has no list that could be read"),
        (deep(500), "nested too deeply"),
        (deep(200_000), "nested too deeply"),
        ("openapi: 3.0.0\npaths: " + "[" * 5000 + "]" * 5000, "nested too deeply"),
        ("openapi: 3.0.0\na: &a [x]\nb: *a\npaths: {}\n", "line 3: It uses aliases"),
        ("openapi: 3.0.0\npaths: !!python/object/apply:os.system [id]\n", "neither JSON nor YAML"),
        (
            '{"openapi": "3.0.0", "paths": {"/a": {"$ref": "http://x.example/a.yaml"}}}',
            "Nothing is",
        ),
        ('{"openapi": "3.0.0", "paths": {"/a": {"$ref": "file:///etc/passwd"}}}', "Nothing is"),
        ('{"openapi": "3.0.0", "paths": {"/a": {"$ref": "other.yaml#/a"}}}', "Nothing is fetched"),
    ],
)
def test_what_cannot_be_drafted_is_refused_with_a_sentence(content: str, sentence: str) -> None:
    began = time.monotonic()

    with pytest.raises(OpenApiInvalid) as refused:
        draft(read_description(content.encode()))

    assert sentence in str(refused.value)
    assert time.monotonic() - began < 30


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(OpenApiInvalid, match="no UTF-8 text"):
        read_description(b"\xff\xfe{")


def test_a_million_paths_are_refused_soon() -> None:
    content = b'{"openapi": "3.0.0", "paths": {' + b",".join(
        b'"/a%d": {}' % number for number in range(1_000_000)
    )
    began = time.monotonic()

    with pytest.raises(OpenApiInvalid, match="more than 20000 paths"):
        read_description(content + b"}}")

    assert time.monotonic() - began < 60


def test_many_lists_make_so_many_streams_and_a_word_about_the_others() -> None:
    paths = {f"/list{chr(97 + n // 26)}{chr(97 + n % 26)}": {"get": listing()} for n in range(150)}

    found = drafted(described(paths=paths))

    assert len(found.streams) == 100
    assert "There are 100 streams already" in found.left_out[0]


def test_references_in_a_circle_come_to_an_end() -> None:
    schemas = {
        "A": {"$ref": "#/components/schemas/B"},
        "B": {"$ref": "#/components/schemas/A"},
        "Tree": {
            "allOf": [{"$ref": "#/components/schemas/Tree"}] * 50,
            "properties": {
                "id": {"type": "integer"},
                "children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
                **{f"child{n}": {"$ref": "#/components/schemas/Tree"} for n in range(200)},
            },
        },
    }
    operation = listing()
    media = operation["responses"]["200"]["content"]["application/json"]
    circle: dict[str, Any] = {
        "get": {"responses": {"200": {"content": {"application/json": {"schema": {}}}}}}
    }
    media["schema"] = {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}
    circle["get"]["responses"]["200"]["content"]["application/json"]["schema"] = {
        "$ref": "#/components/schemas/A"
    }
    began = time.monotonic()

    found = drafted(
        described(
            paths={"/trees": {"get": operation}, "/circle": circle},
            components={"schemas": schemas},
        )
    )

    assert found.streams == ("trees",)
    assert time.monotonic() - began < 30
    assert len(found.files["samples/trees.json"]) < 1_000_000


def test_nothing_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_network(*_: object, **__: object) -> None:
        raise AssertionError("somebody opened a socket")

    monkeypatch.setattr(socket, "socket", no_network)

    with pytest.raises(OpenApiInvalid, match="refers to another document"):
        drafted(described(components={"schemas": {"A": {"$ref": "https://x.example/a.json#/A"}}}))


@pytest.mark.parametrize(
    "words",
    [
        "x\n  evil: {secret: false}\n#",
        "x: y # z",
        "{{ ''.__class__ }}",
        "\u2028next: line",
        "'\"\\",
        "*alias &anchor !!tag",
        "{stream}{name}",
        "\x85a: b",
    ],
)
def test_a_vendors_words_stay_words(words: str) -> None:
    operation = listing({"name": words, "in": "query", "required": True, "schema": {}})
    operation["summary"] = words
    found = drafted(
        described(
            info={"title": words, "version": words},
            paths={"/articles": {"get": operation}, f"/{words}": {"get": listing()}},
            components={
                "securitySchemes": {
                    words: {"type": "http", "scheme": "bearer", "description": words}
                }
            },
        )
    )

    spec = parse_connector(name="tillpoint", document=parse_document(found.files["connector.yaml"]))
    assert spec.credentials["access_token"].secret
    assert "evil" not in spec.credentials
    assert set(spec.streams) <= {"articles", "x", *found.streams}


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    )
)
@settings(max_examples=examples(75), deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_stands_in_a_place_gives_a_draft_or_a_sentence(anything: Any) -> None:
    places = (
        described(servers=anything),
        described(components=anything),
        described(info=anything),
        described(paths=anything),
        described(components={"securitySchemes": {"its": anything}}, security=anything),
        described(paths={"/articles": {"get": {"parameters": anything, "responses": anything}}}),
        described(paths={"/articles": {"get": listing(anything)}}),
        described(
            paths={"/articles": {"get": listing(beside={"next": anything, "meta": anything})}}
        ),
    )
    for document in places:
        try:
            found = drafted(document)
        except OpenApiInvalid:
            continue
        parse_connector(name=found.name, document=parse_document(found.files["connector.yaml"]))


@given(st.text() | st.lists(st.text()) | st.dictionaries(st.text(), st.text() | st.integers()))
def test_what_is_written_is_read_as_it_was(value: Any) -> None:
    read = parse_document(f"it: {written(value)}\n")["it"]

    assert json.dumps(read, sort_keys=True) == json.dumps(value, sort_keys=True)
