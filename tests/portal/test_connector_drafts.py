"""`manage.py connector from-openapi`: a folder is made once, and a refusal leaves nothing."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
import yaml
from django.core.management import CommandError, call_command

OPENAPI = Path(__file__).parents[1] / "connectors" / "openapi" / "tillpoint.yaml"


def called(*arguments: str) -> str:
    said = StringIO()
    call_command("connector", "from-openapi", *arguments, stdout=said)
    return said.getvalue()


def test_a_folder_is_drafted_and_says_what_to_do_next(tmp_path: Path) -> None:
    said = called(str(OPENAPI), "--out", str(tmp_path))

    assert "receipts, customers, stock, events, lines" in said
    assert "lines are marked with `check:`" in said
    assert (tmp_path / "tillpoint" / "connector.yaml").is_file()
    assert (tmp_path / "tillpoint" / "samples" / "stock.json").is_file()


def test_a_list_that_cannot_be_drafted_is_named(tmp_path: Path) -> None:
    document = yaml.safe_load(OPENAPI.read_text())
    document["paths"]["/shops/{shop}/tills/{till}/lines"] = document["paths"]["/stock"]
    file = tmp_path / "tillpoint.json"
    file.write_text(json.dumps(document))

    said = called(str(file), "--out", str(tmp_path))

    assert "not drafted: /shops/{shop}/tills/{till}/lines" in said


def test_the_name_is_the_one_that_was_asked_for(tmp_path: Path) -> None:
    said = json.loads(called(str(OPENAPI), "--out", str(tmp_path), "--name", "corner", "--json"))

    assert said["folder"] == str(tmp_path / "corner")
    assert "name: corner\n" in (tmp_path / "corner" / "connector.yaml").read_text()


def test_a_folder_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    called(str(OPENAPI), "--out", str(tmp_path))
    (tmp_path / "tillpoint" / "connector.yaml").write_text("mine\n")

    with pytest.raises(CommandError, match="is there already"):
        called(str(OPENAPI), "--out", str(tmp_path))

    assert (tmp_path / "tillpoint" / "connector.yaml").read_text() == "mine\n"


@pytest.mark.parametrize("name", ["../evil", "a/b", "Tillpoint", "till__point", "x" * 41])
def test_a_name_that_is_none_leads_nowhere(tmp_path: Path, name: str) -> None:
    with pytest.raises(CommandError):
        called(str(OPENAPI), "--name", name, "--out", str(tmp_path / "out"))

    assert not (tmp_path / "out").exists()


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"nothing\.yaml cannot be read"):
        called(str(tmp_path / "nothing.yaml"))
