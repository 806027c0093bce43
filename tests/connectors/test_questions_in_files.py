"""Questions of GraphQL that stand in files of their own beside a connector.yaml."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from flows.connectors.catalog import broken_connectors, connector, connectors
from flows.connectors.document import LARGEST, DocumentInvalid
from flows.connectors.graphql import with_questions
from flows.connectors.kit.folder import FolderInvalid, read_folder
from flows.connectors.spec import ConnectorInvalid
from flows.connectors.uploaded import ConnectorDocument, connector_from, digest_of
from tests.connectors import shop

SALES = "# What was sold.\nquery ($after: String) {\n  sales(after: $after) { id }\n}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MERCURIOS_CONNECTORS_PATH", str(tmp_path))
    till = tmp_path / "till"
    till.mkdir()
    (till / "sales.graphql").write_text(SALES)
    write(till, "sales.graphql")
    return till


def write(folder: Path, question: str, **defaults: Any) -> None:
    document = shop.stream_document(graphql=question)
    document["defaults"] |= defaults
    (folder / "connector.yaml").write_text(json.dumps(document))


def told() -> str:
    [sentence] = broken_connectors()
    return sentence


def test_a_stream_asks_what_the_file_says(folder: Path) -> None:
    assert connector("till").streams["sale"].graphql == SALES.strip()
    assert connector("till").streams["branch"].graphql is None


def test_the_check_of_a_folder_reads_it_as_well(folder: Path) -> None:
    found = read_folder(folder)

    assert found.connector.streams["sale"].graphql == SALES.strip()
    assert found.stream("sale")["graphql"] == SALES


def test_the_defaults_name_a_file_for_each_stream(folder: Path) -> None:
    (folder / "sales.graphql").rename(folder / "sale.graphql")
    (folder / "branch.graphql").write_text("{ branches { id } }")
    write(folder, "{stream}.graphql", graphql="{stream}.graphql")

    streams = connector("till").streams

    assert streams["sale"].graphql == SALES.strip()
    assert streams["branch"].graphql == "{ branches { id } }"


def test_a_stream_has_its_own_question_or_none_instead_of_the_defaults(folder: Path) -> None:
    (folder / "sales.graphql").unlink()
    document = shop.stream_document(graphql="{ sales { id } }")
    document["defaults"]["graphql"] = "{stream}.graphql"
    document["streams"]["branch"]["graphql"] = None
    (folder / "connector.yaml").write_text(json.dumps(document))

    streams = connector("till").streams

    assert (streams["sale"].graphql, streams["branch"].graphql) == ("{ sales { id } }", None)


def test_an_edited_question_is_read_again(folder: Path) -> None:
    assert connector("till").streams["sale"].graphql == SALES.strip()

    (folder / "sales.graphql").write_text("{ sales { id number } }")

    assert connector("till").streams["sale"].graphql == "{ sales { id number } }"


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("sale.graphql", "streams.sale.graphql: There is no file sale.graphql beside connector"),
        ("../sales.graphql", "streams.sale.graphql: Write the name of a file beside connector"),
        ("/etc/sales.graphql", "streams.sale.graphql: Write the name of a file beside"),
        ("deep/sales.graphql", "streams.sale.graphql: Write the name of a file beside"),
        ("Sales.graphql", "in small letters, like orders.graphql"),
        (".graphql", "streams.sale.graphql: Write the name of a file beside"),
        ("{ sales { id } }", "till: sales.graphql: No stream asks it. Name it in graphql"),
    ],
)
def test_a_name_that_leads_to_no_file_beside_it_is_refused(
    folder: Path, question: str, sentence: str
) -> None:
    (folder.parent / "sales.graphql").write_text(SALES)
    write(folder, question)

    assert sentence in told()
    assert "till" not in connectors()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b" \n", "till: sales.graphql: It is empty. Write the question of streams.sale.graphql"),
        (b"\xff\xfe", "till: sales.graphql: It is no UTF-8 text"),
        (b"#" * (LARGEST + 1), "till: sales.graphql: It is larger than 256 KiB"),
    ],
)
def test_a_file_that_is_no_question_is_named(folder: Path, content: bytes, sentence: str) -> None:
    (folder / "sales.graphql").write_bytes(content)

    assert sentence in told()


def test_the_check_of_a_folder_names_the_file(folder: Path) -> None:
    (folder / "sales.graphql").write_text("")

    with pytest.raises(FolderInvalid, match=r"sales\.graphql: It is empty"):
        read_folder(folder)


def test_a_link_is_not_followed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("{ secrets }")
    (folder / "sales.graphql").unlink()
    (folder / "sales.graphql").symlink_to(tmp_path / "secret")

    assert told().endswith("till: sales.graphql: It cannot be read: It is a link")


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir], ids=["pipe", "folder"])
def test_what_is_no_plain_file_is_refused_and_not_waited_for(folder: Path, make: Any) -> None:
    (folder / "sales.graphql").unlink()
    make(folder / "sales.graphql")

    assert "till: sales.graphql: It" in told()


def test_all_questions_together_have_a_limit() -> None:
    files = {f"{name}.graphql": "#" * (LARGEST // 2) + "{a}" for name in ("a", "b")}
    document = {"streams": {name: {"graphql": f"{name}.graphql"} for name in ("a", "b")}}

    with pytest.raises(DocumentInvalid, match="All questions are larger than 256 KiB"):
        with_questions(document, files)


def uploaded(text: str, questions: dict[str, str], digest: str) -> ConnectorDocument:
    return ConnectorDocument(version=1, digest=digest, text=text, questions=questions)


def test_an_uploaded_version_brings_its_questions(folder: Path) -> None:
    text = (folder / "connector.yaml").read_text()
    questions = {"sales.graphql": SALES}

    found = connector_from("till", uploaded(text, questions, digest_of(text, questions)))

    assert found.streams["sale"].graphql == SALES.strip()


@pytest.mark.parametrize(
    "questions",
    [
        {"sales.graphql": SALES.replace("id", "iban")},
        {"sales.graphql": SALES, "more.graphql": "{ more }"},
        {},
    ],
)
def test_an_uploaded_version_with_other_questions_than_then_is_refused(
    folder: Path, questions: dict[str, str]
) -> None:
    text = (folder / "connector.yaml").read_text()
    digest = digest_of(text, {"sales.graphql": SALES})

    with pytest.raises(ConnectorInvalid, match="Its text was changed after it was uploaded"):
        connector_from("till", uploaded(text, questions, digest))


def test_what_an_editor_writes_before_a_question_is_not_sent(folder: Path) -> None:
    (folder / "sales.graphql").write_text(SALES, encoding="utf-8-sig")

    assert connector("till").streams["sale"].graphql == SALES.strip()
