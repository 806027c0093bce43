"""A fault sees every call and may answer in the API's place."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date

import httpx
from starlette.applications import Starlette
from starlette.responses import Response

from tests.simulators.prohandel.app import build_app
from tests.simulators.prohandel.cloud import Cloud
from tests.simulators.prohandel.faults import Call, Fault
from tests.simulators.prohandel.plans import CompanyPlan
from tests.simulators.prohandel.retailer import Retailer
from tests.simulators.prohandel.tokens import ACCESS, REFRESH, Tokens

PLAN = CompanyPlan("alice-mode", "alice-key-1", "alice-secret-1", lines=50, seed=51)


@dataclass
class BusyOnce:
    """Answers 429 to the second call of a list."""

    calls: list[Call] = field(default_factory=list)

    async def alter(self, *, call: Call, response: Response) -> Response:
        self.calls.append(call)
        if call.entity == "sale" and call.number == 2:
            return Response(status_code=429, headers={"Retry-After": "1"})
        return response


class Stamped:
    async def alter(self, *, call: Call, response: Response) -> Response:
        response.headers["X-Stamped"] = str(response.status_code)
        return response


def test_without_faults_every_answer_is_the_apis_own() -> None:
    answers = asyncio.run(_read_pages([]))

    assert [answer.status_code for answer in answers] == [200, 200, 200]


def test_faults_are_asked_in_order_about_every_call() -> None:
    busy = BusyOnce()

    answers = asyncio.run(_read_pages([busy, Stamped()]))

    assert [answer.status_code for answer in answers] == [200, 429, 200]
    assert [answer.headers["X-Stamped"] for answer in answers] == ["200", "429", "200"]
    assert [(call.company, call.entity, call.kind, call.page) for call in busy.calls] == [
        ("", "token", "issued", 0),
        ("alice-mode", "sale", "full", 1),
        ("alice-mode", "sale", "full", 2),
        ("alice-mode", "sale", "changed", 1),
    ]


def test_a_token_holds_until_its_time_is_up() -> None:
    now = [0.0]
    tokens = Tokens(access_seconds=1800, clock=lambda: now[0])
    granted = tokens.issue(company="alice-mode")
    access, refresh = (str(_value(granted[kind])) for kind in ("token", "refreshToken"))

    held = []
    for now[0] in (1799.0, 1800.0, 86_399.0, 86_400.0):
        held.append(
            (
                tokens.company(value=access, kind=ACCESS),
                tokens.company(value=refresh, kind=REFRESH),
            )
        )

    assert held == [
        ("alice-mode", "alice-mode"),
        (None, "alice-mode"),
        (None, "alice-mode"),
        (None, None),
    ]


async def _read_pages(faults: list[Fault]) -> list[httpx.Response]:
    retailer = Retailer(plan=PLAN, first_today=date(2025, 6, 30).toordinal())
    tokens = Tokens(access_seconds=1800, clock=lambda: 0.0)
    cloud = Cloud({PLAN.name: retailer}, tokens, "http://simulator", faults=faults)
    access = _value(tokens.issue(company=PLAN.name)["token"])
    transport = httpx.ASGITransport(build_app(cloud=cloud, lifespan=_no_lifespan))
    async with httpx.AsyncClient(transport=transport, base_url="http://simulator") as client:
        await client.post("/api/v4/token", json={"apiKey": "wrong", "secret": "wrong"})
        client.headers["Authorization"] = f"Bearer {access}"
        paths = ("sale?page=1", "sale?page=2", "sale/changed/2025-01-01")
        return [await client.get(f"/alice-mode/api/v2/{path}") for path in paths]


def _value(token: object) -> object:
    assert isinstance(token, dict)
    return token["value"]


@asynccontextmanager
async def _no_lifespan(app: Starlette) -> AsyncIterator[None]:
    yield
