"""What docs/connectors/kit.md writes is a connector that keeps every promise."""

from __future__ import annotations

import re
from pathlib import Path

from flows.connectors.kit.conformance import OF_CONNECTORS, OF_STREAMS, check_folder
from flows.connectors.kit.findings import Outcome
from flows.connectors.kit.folder import read_folder
from tests.house.repository import text_of

PAGE = text_of("docs/connectors/kit.md")
ALIKE = ("survives ", "ends with ")


def blocks(kind: str) -> list[str]:
    return re.findall(rf"(?ms)^```{kind}\n(.*?)^```", PAGE)


def test_the_folder_of_the_page_passes(tmp_path: Path) -> None:
    folder = tmp_path / "tillpoint"
    (folder / "samples").mkdir(parents=True)
    [connector] = blocks("yaml")
    outlets, sales = blocks("json")
    (folder / "connector.yaml").write_text(connector, encoding="utf-8")
    (folder / "samples" / "outlets.json").write_text(outlets, encoding="utf-8")
    (folder / "samples" / "sales.json").write_text(sales, encoding="utf-8")

    findings = check_folder(read_folder(folder))

    assert [each.sentence for each in findings if each.outcome is Outcome.FAILED] == []
    assert {each.check for each in findings if each.outcome is Outcome.PASSED} > {
        "goes on from any bookmark",
        "secrets stay secret",
        "leaves people out",
    }


def test_the_page_names_every_check() -> None:
    listed = " ".join(re.findall(r"(?m)^\| (.+?) \|", PAGE))

    for check in (*OF_STREAMS, *OF_CONNECTORS):
        if not check.name.startswith(ALIKE):
            assert all(word in listed for word in check.name.split()), check.name
    assert all(word in listed for word in ALIKE)
