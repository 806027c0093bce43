"""`compose.yaml` with the values of an env file filled in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import yaml

from tests.house.repository import text_of

VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?P<must>:\?)?\}")


@dataclass(frozen=True)
class Service:
    name: str
    settings: dict[str, Any]

    @property
    def environment(self) -> dict[str, str]:
        return dict(self.settings.get("environment", {}))

    @property
    def command(self) -> list[str]:
        return list(self.settings.get("command", []))

    @property
    def waits_for(self) -> dict[str, str]:
        return {name: how["condition"] for name, how in self.settings.get("depends_on", {}).items()}

    @property
    def is_ours(self) -> bool:
        return "build" in self.settings


def variables() -> set[str]:
    return {found["name"] for found in VARIABLE.finditer(text_of("compose.yaml"))}


def env_example() -> dict[str, str]:
    lines = text_of(".env.example").splitlines()
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name: value for name, _, value in pairs}


def composition(values: dict[str, str]) -> dict[str, Any]:
    """
    :raises KeyError: if a variable has no value
    """
    filled = VARIABLE.sub(lambda found: values[found["name"]], text_of("compose.yaml"))
    loaded: dict[str, Any] = yaml.safe_load(filled)
    return loaded


def services(values: dict[str, str]) -> dict[str, Service]:
    return {
        name: Service(name=name, settings=settings)
        for name, settings in composition(values)["services"].items()
    }
