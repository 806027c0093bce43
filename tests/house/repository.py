"""The repository as files: what there is to read, and where it begins."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


@cache
def files() -> list[Path]:
    """What is, or could be, committed; relative to the root."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [
        path
        for line in sorted(listed.stdout.splitlines())
        if (ROOT / (path := Path(line))).is_file()
    ]


def text_of(path: str | Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8")
