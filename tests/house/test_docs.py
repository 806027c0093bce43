"""The documents tell the truth: commands exist, links lead somewhere, nothing is missing."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import CommandError, get_commands, load_command_class

from flows.connectors.catalog import connectors
from tests.house import metrics_page
from tests.house.repository import ROOT, files, text_of

DOCUMENTS = [path for path in files() if path.suffix == ".md"]
MAKE_TARGETS = set(re.findall(r"(?m)^([a-z-]+):", text_of("Makefile")))
BLOCK = re.compile(r"(?ms)^```(?:sh|console|shell|bash)\n(.*?)^```")
LINK = re.compile(r"\]\((?!https?:)([^)\s]+)\)")


def commands(document: Path) -> Iterator[list[str]]:
    """The words of each command in the shell blocks of a document."""
    for block in BLOCK.findall(text_of(document)):
        waiting = ""
        for line in block.splitlines():
            waiting += line.removeprefix("$ ").removesuffix("\\") + "\n"
            try:
                words = shlex.split(waiting, comments=True)
            except ValueError:  # a quotation goes on in the next line
                continue
            if not line.endswith("\\"):
                waiting = ""
                if words:
                    yield words


COMMANDS = [(document, words) for document in DOCUMENTS for words in commands(document)]


def test_there_are_commands_to_check() -> None:
    assert len(COMMANDS) > 10


@pytest.mark.parametrize(
    ("document", "words"),
    COMMANDS,
    ids=[f"{document.name}: {' '.join(words)[:40]}" for document, words in COMMANDS],
)
def test_a_shown_command_would_be_accepted(document: Path, words: list[str]) -> None:
    if "manage.py" in words:
        name, *arguments = words[words.index("manage.py") + 1 :]
        check_accepted(name, arguments)
    if words[0] == "make":
        assert {word for word in words[1:] if "=" not in word} <= MAKE_TARGETS, document


def check_accepted(name: str, arguments: list[str]) -> None:
    command = load_command_class(get_commands()[name], name)
    parser = command.create_parser("manage.py", name)
    try:
        parser.parse_args(arguments)
    except CommandError as error:
        pytest.fail(f"manage.py {name}: {error}")


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_commands_named_in_the_text_exist(document: Path) -> None:
    text = text_of(document)

    assert set(re.findall(r"`(?:[\w/.]+ )?manage\.py (\w+)", text)) <= set(get_commands())
    assert set(re.findall(r"`make\s([a-z-]+)", text)) <= MAKE_TARGETS


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_links_lead_somewhere(document: Path) -> None:
    for link in LINK.findall(text_of(document)):
        path, _, anchor = link.partition("#")
        target = (ROOT / document).parent / path if path else ROOT / document

        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def anchors(document: Path) -> set[str]:
    headings = re.findall(r"(?m)^#+ (.+)$", document.read_text(encoding="utf-8"))
    return {
        re.sub(r"[^\w\s-]", "", heading.lower()).strip().replace(" ", "-") for heading in headings
    }


@pytest.mark.parametrize(
    "document", [path for path in DOCUMENTS if path.parts[0] == "docs"], ids=str
)
def test_every_document_can_be_reached_from_the_readme(document: Path) -> None:
    reached, waiting = set[Path](), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md" or not page.exists():
            continue
        reached.add(page)
        links = LINK.findall(page.read_text(encoding="utf-8"))
        waiting += [(page.parent / link.partition("#")[0]).resolve() for link in links]

    assert ROOT / document in reached


def test_every_decision_is_listed_under_its_title() -> None:
    listed = text_of("docs/decisions/README.md")

    for path in (ROOT / "docs/decisions").glob("[0-9]*.md"):
        number, _, title = (
            path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ").partition(" ")
        )
        assert path.name.startswith(f"{number}-")
        assert f"- [{number}]({path.name}) {title}" in listed


def test_the_versions_held_back_are_those_of_the_project() -> None:
    rows = re.findall(
        r"(?m)^\| (\S+) \| `(\S+)` \|",
        text_of("docs/decisions/0002-versions-that-are-held-back.md"),
    )
    project = text_of("pyproject.toml")

    assert len(rows) >= 4
    for package, limit in rows:
        assert re.search(rf'"{package}[^"]*{re.escape(limit)}"', project), package


def test_the_glossary_has_the_word_of_every_model() -> None:
    words = {
        word.lower() for word in re.findall(r"(?m)^\| \*\*(.+?)\*\*", text_of("docs/glossary.md"))
    }
    models = [model for model in apps.get_models() if model.__module__.startswith("portal.")]

    assert len(models) > 5
    assert {str(model._meta.verbose_name).lower() for model in models} <= words


@pytest.mark.parametrize("name", sorted(connectors()))
def test_a_connectors_page_names_its_streams(name: str) -> None:
    page = text_of(f"docs/connectors/{name}.md")

    assert not [stream for stream in connectors()[name].streams if f"`{stream}`" not in page]


def test_the_measures_are_those_of_the_models() -> None:
    wanted = metrics_page.page()

    assert text_of(metrics_page.PAGE) == wanted, "Run: .venv/bin/python -m tests.house.metrics_page"


def test_every_error_that_operating_explains_is_one_of_ours() -> None:
    rows = text_of("docs/operating.md").partition("## What to do when")[2].splitlines()
    shown = [
        text
        for row in rows
        if row.startswith("| `")
        for text in re.findall(r"`(.+?)`", row.split("|")[1])
    ]

    assert len(shown) > 20
    assert not [text for text in shown if not is_said(text)]


def is_said(shown: str) -> bool:
    pieces = [re.escape(piece.strip()) for piece in shown.split("…")]
    return any(re.search(".*".join(pieces), sentence, re.DOTALL) for sentence in sentences())


@cache
def sentences() -> list[str]:
    """Every text of the product; what is filled in is an ellipsis."""
    product = [
        path for path in files() if path.suffix == ".py" and path.parts[0] in {"portal", "flows"}
    ]
    of_code = [text for path in product for text in texts(text_of(path))]
    of_sources = [
        failure.say for each in connectors().values() for failure in each.failures.values()
    ]
    return of_code + of_sources


def texts(code: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(code)):
        match node:
            case ast.JoinedStr(values=values):
                yield "".join(
                    str(each.value) if isinstance(each, ast.Constant) else "…" for each in values
                )
            case ast.Constant(value=str(text)):
                yield text
