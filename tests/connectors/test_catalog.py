from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from flows.connectors.catalog import UnknownConnector, broken_connectors, connector, connectors
from flows.connectors.document import DocumentInvalid, read_document
from tests.connectors import shop


def write(folder: Path, *, name: str = "till", text: str | None = None) -> Path:
    folder.mkdir(parents=True)
    # JSON is YAML.
    (folder / "connector.yaml").write_text(text or json.dumps(shop.document(name=name)))
    return folder


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MERCURIOS_CONNECTORS_PATH", str(tmp_path))
    return tmp_path


def test_prohandel_is_there_and_nothing_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MERCURIOS_CONNECTORS_PATH", raising=False)

    assert "prohandel" in connectors()
    assert broken_connectors() == []


def test_an_unknown_name_lists_the_known() -> None:
    with pytest.raises(UnknownConnector, match=r"There is no connector kasse\. Known: .*prohandel"):
        connector("kasse")


def test_a_folder_of_connectors_is_read(outside: Path) -> None:
    write(outside / "till")

    assert connector("till").title == "Till"


def test_a_connector_folder_itself_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = write(tmp_path / "one" / "till")
    many = write(tmp_path / "many" / "kasse", name="kasse").parent
    monkeypatch.setenv("MERCURIOS_CONNECTORS_PATH", os.pathsep.join([str(one), str(many)]))

    assert {"till", "kasse", "prohandel"} <= set(connectors())


def test_a_broken_folder_is_named_and_breaks_no_other(outside: Path) -> None:
    write(outside / "till")
    broken = write(outside / "kasse", text='{"name": "kasse", "titel": "Kasse"}')

    assert "till" in connectors()
    [sentence] = broken_connectors()
    assert sentence.startswith(f"{broken}: kasse: ")
    assert "titel: Extra inputs are not permitted" in sentence


def test_a_name_is_given_once(outside: Path) -> None:
    twin = write(outside / "prohandel", name="prohandel")

    assert connector("prohandel").title == "ProHandel"
    assert broken_connectors() == [
        f"{twin}: There already is a connector prohandel; rename this one."
    ]


def test_a_folder_that_is_not_there_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MERCURIOS_CONNECTORS_PATH", str(tmp_path / "gone"))

    assert broken_connectors() == [f"{tmp_path / 'gone'}: There is no such folder."]


def test_an_edited_file_is_read_again(outside: Path) -> None:
    folder = write(outside / "till")
    assert connector("till").title == "Till"

    (folder / "connector.yaml").write_text(json.dumps(shop.document(title="The new till")))

    assert connector("till").title == "The new till"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: &x [1]\nb: *x\n", "line 2: Aliases are not allowed"),
        ("a: 1\nb: 2\na: 3\n", "line 3: a is there twice"),
        ("streams: {sale: {path: a, path: b}}\n", "path is there twice"),
        ("a: !!python/object/apply:os.system ['true']\n", "line 1: could not determine"),
        ("a: " + "[" * 3000, "nested too deeply"),
        ("a: " + "{a: " * 30, "nested too deeply"),
        ("<<: {a: 1}\n", "A name must be a plain word"),
        ("? [a, b]\n: 1\n", "A name must be a plain word"),
        ("- a\n- b\n", "It must be a mapping"),
        ("a: [1\n", "line 2"),
        ("a: 1\n---\nb: 2\n", "found another document"),
        ("a: \x00\n", "not YAML"),
        ("a: 2026-99-99\n", "not YAML"),
        ("# " + "x" * 262_144, "larger than 256 KiB"),
    ],
)
def test_a_file_that_is_not_plain_yaml_gets_a_sentence(
    outside: Path, text: str, reason: str
) -> None:
    write(outside / "till", text=text)

    [sentence] = broken_connectors()

    assert reason in sentence
    assert "till" not in connectors()


def test_a_file_that_cannot_be_read_gets_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(DocumentInvalid, match="It cannot be read: No such file"):
        read_document(tmp_path / "connector.yaml")


def test_importing_the_catalog_loads_no_http_library() -> None:
    code = (
        "import sys; import flows.connectors.catalog; "
        "print({'requests', 'urllib3', 'django', 'prefect', 'duckdb', 'dbt'} & set(sys.modules))"
    )

    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert said.stdout.strip() == "set()"
