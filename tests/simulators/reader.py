"""The simplest client of the API there can be, for tests that look at what is served."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import requests

from tests.simulators.process import Company, Simulator

_SECONDS = 60


def ask_for_token(simulator: Simulator, *, api_key: str, secret: str) -> requests.Response:
    body = {"apiKey": api_key, "secret": secret}
    return requests.post(f"{simulator.auth_url}/token", json=body, timeout=_SECONDS)


@dataclass
class Reader:
    simulator: Simulator
    company: Company
    tokens: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        answer = ask_for_token(
            self.simulator, api_key=self.company.api_key, secret=self.company.secret
        )
        answer.raise_for_status()
        self.tokens = answer.json()

    @property
    def access(self) -> str:
        value: str = self.tokens["token"]["token"]["value"]
        return value

    def refresh(self) -> None:
        address = f"{self.simulator.auth_url}/token/refresh"
        value = self.tokens["token"]["refreshToken"]["value"]
        answer = requests.post(address, headers=_bearer(value), timeout=_SECONDS)
        answer.raise_for_status()
        self.tokens = answer.json()

    def get(self, path: str, **query: str | int) -> requests.Response:
        address = f"{self.tokens['serverUrl']}/api/v2/{path}"
        return requests.get(address, params=query, headers=_bearer(self.access), timeout=_SECONDS)

    def pages(self, path: str, *, size: int = 1000) -> list[list[dict[str, Any]]]:
        """Every page, until the header says that there are no more. Numbers are exact."""
        pages: list[list[dict[str, Any]]] = []
        has_more = True
        while has_more:
            response = self.get(path, page=len(pages) + 1, pagesize=size)
            response.raise_for_status()
            pages.append(response.json(parse_float=Decimal))
            has_more = response.headers["X-More-Pages-Available"] == "True"
        return pages

    def rows(self, path: str, *, size: int = 1000) -> list[dict[str, Any]]:
        return [row for page in self.pages(path, size=size) for row in page]


def _bearer(value: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {value}", "Accept": "application/json"}
