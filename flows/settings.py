"""What a worker has to be told, from its environment. `docs/settings.md` lists it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent


class SettingMissing(Exception):
    """An operator has to set an environment variable of the worker."""


@dataclass(frozen=True)
class WorkerSettings:
    home: Path
    lake: str
    portal_url: str
    allow_private_hosts: bool
    service_token: str = field(repr=False)

    @property
    def warehouses(self) -> Path:
        return self.home / "warehouse"

    @property
    def dbt(self) -> Path:
        return self.home / "dbt"

    @property
    def work(self) -> Path:
        return self.home / "work"

    @property
    def limits(self) -> Path:
        return self.home / "limits"


def worker_settings() -> WorkerSettings:
    """:raises SettingMissing: naming the variable"""
    home = Path(os.environ.get("MERCURIOS_HOME") or PROJECT / "var").resolve()
    return WorkerSettings(
        home=home,
        lake=os.environ.get("MERCURIOS_LAKE") or str(home / "lake"),
        portal_url=_required("MERCURIOS_PORTAL_URL").rstrip("/"),
        allow_private_hosts=os.environ.get("MERCURIOS_ALLOW_PRIVATE_HOSTS", "").lower()
        in {"1", "true", "yes", "on"},
        service_token=_required("MERCURIOS_SERVICE_TOKEN"),
    )


def _required(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise SettingMissing(f"Set {name} in the environment of the worker.")
    return value
