"""What a draft makes of a vendor's OpenAPI document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from flows.connectors.document import parse_document
from flows.connectors.kit.conformance import check_folder
from flows.connectors.kit.folder import read_folder
from flows.connectors.kit.openapi.description import read_description
from flows.connectors.kit.openapi.draft import Draft, draft
from flows.connectors.spec import Connector, parse_connector

HERE = Path(__file__).parent


def drafted(document: Any, name: str | None = "tillpoint") -> Draft:
    return draft(read_description(json.dumps(document).encode()), name=name)


def connector(found: Draft) -> Connector:
    return parse_connector(name=found.name, document=parse_document(found.files["connector.yaml"]))


def described(**parts: Any) -> dict[str, Any]:
    """An OpenAPI 3 document with one list of articles; `parts` go over its own."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Tillpoint", "version": "1"},
        "servers": [{"url": "https://api.tillpoint.example/v1"}],
        "paths": {"/articles": {"get": listing()}},
        **parts,
    }


def listing(*parameters: Any, beside: Any = None, **item: Any) -> dict[str, Any]:
    fields = {name: {"type": kind} for name, kind in ({"id": "integer"} | item).items()}
    of = {"type": "array", "items": {"type": "object", "properties": fields}}
    schema = of if beside is None else {"type": "object", "properties": {"items": of, **beside}}
    answer = {"content": {"application/json": {"schema": schema}}}
    return {"parameters": list(parameters), "responses": {"200": answer}}


def asked(name: str, kind: str = "string", **schema: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": {"type": kind, **schema}}


def test_the_draft_of_a_whole_document_is_this_one() -> None:
    description = read_description((HERE / "tillpoint.yaml").read_bytes())

    found = draft(description)

    assert found.files["connector.yaml"] == (HERE / "tillpoint.connector.yaml").read_text()
    assert found.name == "tillpoint"
    assert found.streams == ("receipts", "customers", "stock", "events", "lines")
    assert found.left_out == ()
    assert sorted(found.files) == [
        "connector.yaml",
        "docs.md",
        "samples/customers.json",
        "samples/events.json",
        "samples/lines.json",
        "samples/receipts.json",
        "samples/stock.json",
    ]


def test_a_draft_keeps_the_promises_of_a_connector(tmp_path: Path) -> None:
    folder = tmp_path / "tillpoint"
    found = draft(read_description((HERE / "tillpoint.yaml").read_bytes()))
    for path, text in found.files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")

    for stream in ("receipts", "lines"):
        findings = check_folder(read_folder(folder), stream=stream)

        assert [each.sentence for each in findings if each.outcome == "FAILED"] == []
        assert "PASSED" in {each.outcome for each in findings}


def nested(path: str, *parameters: Any, **fields: str) -> dict[str, Any]:
    """A document with a list of articles, and one that is asked for each of them; it comes first,
    as it may.
    """
    below = {path: {"get": listing(*parameters, **fields)}}
    return described(paths={**below, **described()["paths"]})


@pytest.mark.parametrize("path", ["/articles/{id}/prices", "/articles/{articleId}/prices"])
def test_a_list_below_another_is_asked_for_each_of_its_records(path: str) -> None:
    stream = connector(drafted(nested(path))).streams["prices"]

    assert stream.path == "articles/{articles.id}/prices"
    assert stream.each == "articles"
    assert stream.with_ == {"article_id": "id"}
    assert stream.key == ("article_id", "id")


def test_a_field_that_is_called_as_in_the_address_is_the_one() -> None:
    document = nested("/articles/{article_no}/prices")
    document["paths"]["/articles"]["get"] = listing(articleNo="string")

    stream = connector(drafted(document)).streams["prices"]

    assert stream.path == "articles/{articles.articleNo}/prices"
    assert stream.with_ == {"article_article_no": "articleNo"}


def test_a_list_below_another_may_say_what_changed() -> None:
    document = nested("/articles/{id}/prices", asked("updated_since"), updated_at="string")

    stream = connector(drafted(document)).streams["prices"]

    assert stream.is_incremental
    assert stream.each == "articles"


@pytest.mark.parametrize(
    "path",
    ["/shops/{id}/prices", "/articles/{id}/prices/{kind}/days", "/articles/{id}", "/x{id}/prices"],
)
def test_where_it_is_not_plain_what_is_above_a_list_is_left_to_a_person(path: str) -> None:
    found = drafted(nested(path))

    assert found.streams == ("articles",)
    assert found.left_out == (
        f"{path}: It is asked for each record of another list; write it with each.",
    )


def test_what_is_personal_stands_in_no_address() -> None:
    document = nested("/articles/{email}/prices")
    document["paths"]["/articles"]["get"] = listing(email="string")

    assert drafted(document).streams == ("articles",)


def test_samples_are_the_vendors_examples_without_anybodys_address() -> None:
    description = read_description((HERE / "tillpoint.yaml").read_bytes())

    files = draft(description).files

    receipts = json.loads(files["samples/receipts.json"])
    assert receipts[0]["total"] == "12.50"
    assert [each["id"] for each in receipts] == [7, 1, 2]
    assert "ada@shop.test" not in str(files)


def test_a_swagger_2_document_is_read_as_well() -> None:
    fields = {"uuid": {"type": "string"}, "name": {"type": "string"}}
    found = drafted(
        {
            "swagger": "2.0",
            "info": {"title": "Old", "version": "1"},
            "host": "api.old.example",
            "basePath": "/v3",
            "securityDefinitions": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}},
            "definitions": {"Shop": {"type": "object", "properties": fields}},
            "paths": {
                "/shops": {
                    "get": {
                        "parameters": [{"name": "since", "in": "query", "type": "string"}],
                        "responses": {
                            "200": {
                                "schema": {"type": "array", "items": {"$ref": "#/definitions/Shop"}}
                            }
                        },
                    }
                }
            },
        }
    )

    spec = connector(found)
    assert spec.api.base_url == "https://api.old.example/v3"
    assert spec.api.auth.model_dump()["headers"] == {"X-Key": "{api_key}"}
    assert spec.credentials["api_key"].secret
    assert spec.streams["shops"].key == ("uuid",)


@pytest.mark.parametrize(
    ("scheme", "auth", "secrets"),
    [
        ({"type": "http", "scheme": "bearer"}, "bearer", {"access_token"}),
        ({"type": "http", "scheme": "basic"}, "basic", {"password"}),
        ({"type": "apiKey", "in": "header", "name": "X-Api-Key"}, "headers", {"api_key"}),
        ({"type": "apiKey", "in": "query", "name": "key"}, "query", {"api_key"}),
        (
            {
                "type": "oauth2",
                "flows": {"clientCredentials": {"tokenUrl": "https://id.example/t", "scopes": {}}},
            },
            "oauth-client",
            {"client_secret"},
        ),
        (
            {
                "type": "oauth2",
                "flows": {"authorizationCode": {"tokenUrl": "/token", "scopes": {"read:all": ""}}},
            },
            "oauth-refresh",
            {"client_secret", "refresh_token"},
        ),
        ({"type": "apiKey", "in": "cookie", "name": "sid"}, "none", set()),
        ({"type": "apiKey", "in": "header", "name": "X\r\nEvil: 1"}, "none", set()),
        ({"type": "mutualTLS"}, "none", set()),
    ],
)
def test_a_way_to_sign_in_asks_for_what_it_needs(
    scheme: dict[str, Any], auth: str, secrets: set[str]
) -> None:
    spec = connector(drafted(described(components={"securitySchemes": {"its": scheme}})))

    assert spec.api.auth.by == auth
    assert {name for name, field in spec.credentials.items() if field.secret} == secrets


@pytest.mark.parametrize(
    ("operation", "pages"),
    [
        (listing(), {"by": "none"}),
        (listing(asked("page"), asked("per_page", "integer", maximum=50)), {"by": "number"}),
        (listing(asked("page[number]"), asked("page[size]", "integer")), {"by": "number"}),
        (listing(asked("page", "integer", minimum=0)), {"by": "number", "start": 0}),
        (listing(asked("$skip"), asked("$top")), {"by": "offset", "send": "$skip"}),
        (listing(asked("starting_after"), asked("limit")), {"by": "last", "take": "id"}),
        (
            listing(asked("pageToken"), beside={"nextPageToken": {"type": "string"}}),
            {"by": "cursor", "send": "pageToken", "take": "nextPageToken"},
        ),
        (
            listing(beside={"@odata.nextLink": {"type": "string"}}),
            {"by": "next-url", "take": ("@odata.nextLink",)},
        ),
        (
            listing(
                beside={
                    "_links": {"properties": {"next": {"properties": {"href": {"type": "string"}}}}}
                }
            ),
            {"by": "next-url", "take": "_links.next.href"},
        ),
    ],
)
def test_paging_is_known_by_its_names(operation: dict[str, Any], pages: dict[str, Any]) -> None:
    spec = connector(drafted(described(paths={"/articles": {"get": operation}})))

    found = spec.streams["articles"].pages.model_dump()
    assert {name: found[name] for name in pages} == pages


@pytest.mark.parametrize(
    ("parameter", "field", "form"),
    [
        (asked("updated_after", format="date-time"), "updated_at", "%Y-%m-%dT%H:%M:%SZ"),
        (asked("modified_since", format="date"), "lastModified", "%Y-%m-%d"),
        (asked("since", "integer"), "modified", "epoch-seconds"),
        (asked("updated_at_min"), "updated_at", None),
        (asked("updatedAfter"), "updatedAt", None),
    ],
)
def test_what_changed_is_asked_for_by_its_parameter(
    parameter: dict[str, Any], field: str, form: str | None
) -> None:
    operation = listing(parameter, **{field: "string"})

    stream = connector(drafted(described(paths={"/articles": {"get": operation}}))).streams[
        "articles"
    ]

    load = stream.load.model_dump()
    assert (load["by"], load["send"], load["format"]) == ("parameter", parameter["name"], form)
    assert stream.changed is not None
    assert stream.changed.take == field


@pytest.mark.parametrize("name", ["created_after", "sort", "filter", "sinners", "until"])
def test_another_parameter_does_not_ask_for_what_changed(name: str) -> None:
    operation = listing(asked(name), updated_at="string")

    found = drafted(described(paths={"/articles": {"get": operation}}))

    assert not connector(found).streams["articles"].is_incremental


def test_fields_about_people_do_not_land() -> None:
    names = ("email", "PhoneNumber", "first_name", "billing_address", "dateOfBirth", "name")
    operation = listing(**dict.fromkeys((*names, "password", "iban", "status"), "string"))
    paths = {"/customers": {"get": operation}, "/articles": {"get": listing(name="string")}}

    streams = connector(drafted(described(paths=paths))).streams

    assert streams["customers"].personal.drop == frozenset(names)
    assert streams["customers"].personal.never == {"password", "iban"}
    assert streams["articles"].personal.drop == frozenset()


@pytest.mark.parametrize(
    ("servers", "base_url"),
    [
        ([{"url": "/api/v2"}], "{address}/api/v2"),
        ([], "{address}"),
        ([{"url": "http://api.example/v1/"}], "https://api.example/v1"),
        ([{"url": "https://user:pw@{evil"}], "{address}"),
        ([{"url": "file:///etc/passwd"}], "{address}"),
        (
            [
                {
                    "url": "https://{region}.api.example",
                    "variables": {"region": {"enum": ["eu", "us"]}},
                }
            ],
            "https://{region}.api.example",
        ),
    ],
)
def test_the_address_is_the_vendors_or_is_asked_for(
    servers: list[dict[str, Any]], base_url: str
) -> None:
    spec = connector(drafted(described(servers=servers)))

    assert spec.api.base_url == base_url


def test_a_variable_of_the_address_takes_only_its_choices() -> None:
    servers = [
        {"url": "https://{region}.api.example", "variables": {"region": {"enum": ["eu", "us"]}}}
    ]

    field = connector(drafted(described(servers=servers))).credentials["region"]

    assert field.problem("eu") is None
    assert field.problem("evil.example/") is not None


def test_two_lists_of_the_same_name_get_two_names() -> None:
    paths = {"/shops/items": {"get": listing()}, "/stock/items": {"get": listing()}}

    assert drafted(described(paths=paths)).streams == ("items", "stock_items")
