"""The tables of `docs/metrics.md`, from the models' own YAML.

`python -m tests.house.metrics_page` writes them anew.
"""

from __future__ import annotations

from typing import Any

import yaml

from tests.house.repository import ROOT, text_of

PAGE = "docs/metrics.md"
MARK = "<!-- From here on written by `python -m tests.house.metrics_page`. -->"


def published_models() -> list[dict[str, Any]]:
    found = []
    for path in sorted((ROOT / "transforms/models/analytics").glob("*.yml")):
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]:
            if model.get("config", {}).get("meta", {}).get("published"):
                found.append(model)
    return found


def tables() -> str:
    return "\n".join(_table(model) for model in published_models())


def page() -> str:
    head, _, _ = text_of(PAGE).partition(MARK)
    return f"{head}{MARK}\n\n{tables()}"


def _table(model: dict[str, Any]) -> str:
    lines = [f"## {model['name']}", "", _one_line(model["description"]), ""]
    lines += ["| Column | Type | Meaning |", "|---|---|---|"]
    lines += [
        f"| `{column['name']}` | {column['data_type']} | {_one_line(column['description'])} |"
        for column in model["columns"]
    ]
    return "\n".join(lines) + "\n"


def _one_line(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    (ROOT / PAGE).write_text(page(), encoding="utf-8")
