"""What files may be called, and how long they may get."""

from __future__ import annotations

import re

from tests.house.repository import files, text_of

PYTHON = [path for path in files() if path.suffix == ".py"]
WRITTEN = [
    path
    for path in files()
    if path.suffix in {".py", ".sql", ".yml", ".yaml", ".toml", ".html", ".js", ".css", ".md", ""}
    and "vendor" not in path.parts
]
MOST_LINES = 400


def test_no_file_is_named_after_nothing_in_particular() -> None:
    vague = re.compile(r"(utils?|helpers?|common|managers?|misc)", re.IGNORECASE)

    assert not [
        path for path in files() for part in path.parts if vague.fullmatch(part.split(".")[0])
    ]


def test_every_file_can_be_read_in_one_sitting() -> None:
    lines = {str(path): text_of(path).count("\n") for path in PYTHON}

    assert not {path: count for path, count in lines.items() if count > MOST_LINES}


def test_nothing_is_left_for_later() -> None:
    unfinished = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")

    assert not [str(path) for path in WRITTEN if unfinished.search(text_of(path))]


def test_only_one_module_runs_dbt() -> None:
    runs_dbt = re.compile(r"dbt\.cli\.main|bin/dbt\b")
    product = [path for path in PYTHON if path.parts[0] in {"portal", "flows"}]

    assert [str(path) for path in product if runs_dbt.search(text_of(path))] == ["flows/dbt.py"]
