"""The form of the answers: bare arrays with paging headers, and errors."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

_VERSIONS = ", ".join(["2.0", *(f"2.{minor}" for minor in range(5, 30))])


def array(encoded: Sequence[bytes], *, page: int, size: int, has_more: bool) -> Response:
    headers = {
        "X-Page": str(page),
        "X-Pagesize": str(size),
        "X-More-Pages-Available": str(has_more),
        "X-Correlation-ID": str(uuid.uuid4()),
        "api-supported-versions": _VERSIONS,
    }
    body = b"[" + b",".join(encoded) + b"]"
    return Response(body, media_type="application/json; charset=utf-8", headers=headers)


def error(status: int, name: str, message: str) -> Response:
    correlation = str(uuid.uuid4())
    body = {"error": name, "message": message, "correlationId": correlation}
    return JSONResponse(body, status_code=status, headers={"X-Correlation-ID": correlation})


def unauthorized() -> Response:
    response = error(401, "unauthorized", "The token or the key is not valid.")
    response.headers["www-authenticate"] = 'Bearer error="invalid_token"'
    return response


async def not_found(request: Request, problem: Exception) -> Response:
    return error(404, "not_found", "There is nothing at this address.")


async def unknown_company(request: Request, problem: Exception) -> Response:
    return error(404, "unknown_company", str(problem))
