"""The doors: tokens, lists, and the simulator's own switches under /_simulator."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.simulators.prohandel import replies
from tests.simulators.prohandel.cloud import Cloud, UnknownCompany
from tests.simulators.prohandel.faults import Call
from tests.simulators.prohandel.lists import BadPage, Selection, page_of, select
from tests.simulators.prohandel.moments import NotALocalTime
from tests.simulators.prohandel.request_log import CHANGED, FULL, ISSUED, REFRESHED, TOKEN
from tests.simulators.prohandel.tokens import ACCESS, REFRESH
from tests.simulators.prohandel.truth import truth

_MOST_DAYS = 3660
Lifespan = Callable[[Starlette], AbstractAsyncContextManager[None]]


def build_app(*, cloud: Cloud, lifespan: Lifespan) -> Starlette:
    doors = Doors(cloud)
    routes = [
        Route("/api/v4/token", doors.token, methods=["POST"]),
        Route("/api/v4/token/refresh", doors.refresh, methods=["POST"]),
        Route("/_simulator/advance", doors.advance, methods=["POST"]),
        Route("/_simulator/truth", doors.truth),
        Route("/_simulator/requests", doors.requests),
        Route("/_simulator/reset-requests", doors.reset_requests, methods=["POST"]),
        Route("/_simulator/expire-tokens", doors.expire_tokens, methods=["POST"]),
        Route("/{company}/api/v2/{path:path}", doors.page),
    ]
    return Starlette(
        routes=routes,
        lifespan=lifespan,
        exception_handlers={
            404: replies.not_found,
            405: replies.not_found,
            UnknownCompany: replies.unknown_company,
        },
    )


class Doors:
    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    async def token(self, request: Request) -> Response:
        company = self._cloud.company_of(credentials=await _credentials(request))
        if company is None:
            return await self._altered(company="", kind=ISSUED, response=replies.unauthorized())
        return await self._tokens(company, ISSUED)

    async def refresh(self, request: Request) -> Response:
        company = self._cloud.tokens.company(value=_bearer(request), kind=REFRESH)
        if company is None:
            return await self._altered(company="", kind=REFRESHED, response=replies.unauthorized())
        return await self._tokens(company, REFRESHED)

    async def page(self, request: Request) -> Response:
        company, path = request.path_params["company"], request.path_params["path"]
        if company not in self._cloud.retailers:
            return replies.error(404, "not_found", "There is nothing at this address.")
        if self._cloud.tokens.company(value=_bearer(request), kind=ACCESS) != company:
            return replies.unauthorized()
        selection = select(path)
        kind = CHANGED if selection.since_text else FULL
        number = self._cloud.requests.count(company=company, entity=selection.entity, kind=kind)
        try:
            page = page_of(request.query_params)
            response = self._page(company, selection, *page)
        except (BadPage, NotALocalTime) as problem:
            page, response = (0, 0), replies.error(400, "bad_request", f"Cannot read {problem}.")
        call = Call(company, selection.entity, kind, page[0], number)
        return await self._consult(call, response)

    async def advance(self, request: Request) -> Response:
        text = request.query_params.get("days", "1")
        if not text.isdigit() or not 1 <= int(text) <= _MOST_DAYS:
            return replies.error(400, "bad_request", f"Advance by 1 to {_MOST_DAYS} days.")
        company = request.query_params.get("company")
        return JSONResponse(self._cloud.advance(days=int(text), company=company))

    async def truth(self, request: Request) -> Response:
        retailer = self._cloud.retailer(request.query_params.get("company", ""))
        return JSONResponse(truth(retailer))

    async def requests(self, request: Request) -> Response:
        return JSONResponse(self._cloud.requests.report())

    async def reset_requests(self, request: Request) -> Response:
        self._cloud.requests.reset()
        return JSONResponse({})

    async def expire_tokens(self, request: Request) -> Response:
        return JSONResponse({"expired": self._cloud.tokens.expire_access()})

    def _page(self, company: str, selection: Selection, page: int, size: int) -> Response:
        retailer = self._cloud.retailers[company]
        entity = selection.entity.split("/")[0]
        if entity in retailer.plan.forbidden:
            return replies.error(403, "forbidden", f"This key may not read {entity}.")
        rows = self._cloud.rows(company=company, selection=selection)
        if rows is None:
            return replies.error(404, "not_found", "There is nothing at this address.")
        first, last = (page - 1) * size, min(page * size, len(rows))
        encoded = [rows.encoded(position) for position in range(first, last)]
        kind = CHANGED if selection.since_text else FULL
        self._cloud.requests.add_rows(
            company=company, entity=selection.entity, kind=kind, rows=len(encoded)
        )
        return replies.array(encoded, page=page, size=size, has_more=last < len(rows))

    async def _tokens(self, company: str, kind: str) -> Response:
        body = {
            "token": self._cloud.tokens.issue(company=company),
            "serverUrl": f"{self._cloud.base_url}/{company}",
            "requiredActions": [],
        }
        response = JSONResponse(body, headers={"X-Correlation-ID": str(uuid.uuid4())})
        return await self._altered(company=company, kind=kind, response=response)

    async def _altered(self, *, company: str, kind: str, response: Response) -> Response:
        number = self._cloud.requests.count(company=company, entity=TOKEN, kind=kind)
        return await self._consult(Call(company, TOKEN, kind, 0, number), response)

    async def _consult(self, call: Call, response: Response) -> Response:
        for fault in self._cloud.faults:
            response = await fault.alter(call=call, response=response)
        return response


async def _credentials(request: Request) -> tuple[str, str]:
    """(key, secret) of the body, in either casing; empty texts where there is none."""
    try:
        body = await request.json()
    except ValueError:
        return "", ""
    if not isinstance(body, Mapping):
        return "", ""
    fields = {str(name).lower(): str(value) for name, value in body.items()}
    return fields.get("apikey", ""), fields.get("secret", "")


def _bearer(request: Request) -> str:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" else ""
