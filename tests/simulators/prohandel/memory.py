"""What survives a restart: how many days each company has advanced. The rest follows from that."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

from tests.simulators.prohandel.retailer import Retailer

_FORMAT = 1


class ForeignState(ValueError):
    """The state file belongs to other companies, or to another first day."""


def save(*, path: Path, retailers: Iterable[Retailer]) -> None:
    """Write the file whole or not at all."""
    companies = {r.plan.name: {**_origin(r), "days": r.days} for r in retailers}
    draft = path.with_name(f"{path.name}.draft")
    with draft.open("w") as file:
        json.dump({"format": _FORMAT, "companies": companies}, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def restore(*, path: Path, retailers: Iterable[Retailer]) -> None:
    """Advance the companies to where the file says they were. A missing file means day 0.

    :raises ForeignState: if a company was started differently when the file was written
    """
    if not path.exists():
        return
    saved = json.loads(path.read_text())["companies"]
    for retailer in retailers:
        entry = saved.get(retailer.plan.name)
        if entry is None:
            continue
        days = entry.pop("days")
        if entry != _origin(retailer):
            raise ForeignState(
                f"Start {retailer.plan.name} as it was when {path} was written, or remove the file."
            )
        for _ in range(days):
            retailer.advance()


def _origin(retailer: Retailer) -> dict[str, object]:
    plan = retailer.plan
    return {
        "lines": plan.lines,
        "seed": plan.seed,
        "shops": [shop.number for shop in plan.shops],
        "first_today": retailer.first_today,
    }
