"""The protocol over HTTP: log in, run statements, log out; and the switches for tests."""

from __future__ import annotations

import asyncio
import gzip
import json
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from tests.simulators.snowflake.account_hook import AccountHook
from tests.simulators.snowflake.errors import SqlError
from tests.simulators.snowflake.faults import Fault, Faults
from tests.simulators.snowflake.ledger import Ledger
from tests.simulators.snowflake.patches import binding_value
from tests.simulators.snowflake.results import Result
from tests.simulators.snowflake.session import Session
from tests.simulators.snowflake.sessions import Sessions
from tests.simulators.snowflake.statements import Statements
from tests.simulators.snowflake.usage.shown import ShownUsage

_NO_SESSION = SqlError(
    390111, "08001", "Session no longer exists. New login required to access the service."
)


class Dropped(Response):
    """No answer at all: the connection ends."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Only uvicorn's own object has the connection; its receive() is a method of it.
        receive.__self__.transport.abort()  # type: ignore[attr-defined]
        await asyncio.sleep(0.05)  # until uvicorn has noticed; it would answer 500 otherwise


class Protocol:
    def __init__(
        self,
        sessions: Sessions,
        statements: Statements,
        ledger: Ledger,
        faults: Faults,
        account: AccountHook,
        usage: ShownUsage,
    ) -> None:
        self._sessions = sessions
        self._statements = statements
        self._ledger = ledger
        self._faults = faults
        self._account = account
        self._usage = usage

    def app(self) -> Starlette:
        post, get = ["POST"], ["GET"]
        return Starlette(
            routes=[
                Route("/session/v1/login-request", self.login, methods=post),
                Route("/session/heartbeat", self.heartbeat, methods=post),
                Route("/session", self.session, methods=post),
                Route("/queries/v1/query-request", self.query, methods=post),
                Route("/queries/v1/abort-request", self.abort, methods=post),
                Route("/telemetry/send", self.telemetry, methods=post),
                Route("/_simulator/ledger", self.ledger, methods=["GET", "DELETE"]),
                Route("/_simulator/faults", self.faults, methods=["POST", "DELETE"]),
                Route("/_simulator/account/{switch}", self.account, methods=post),
                Route("/_simulator/usage", self.usage, methods=post),
                Route("/_simulator/sessions", self.open_sessions, methods=get),
            ]
        )

    async def login(self, request: Request) -> Response:
        data = (await _body(request))["data"]
        struck = self._faults.striking(f"login {data.get('LOGIN_NAME')}")

        def work() -> dict[str, Any]:
            return self._sessions.open(data, dict(request.query_params))

        return await self._answered(struck, lambda: run_in_threadpool(work))

    async def query(self, request: Request) -> Response:
        session = self._sessions.find(_token(request))
        if session is None:
            return _refused(_NO_SESSION)
        body = await _body(request)
        struck = self._faults.striking(body["sqlText"])
        request_id = request.query_params.get("requestId") or str(uuid.uuid4())
        return await self._answered(
            struck, lambda: run_in_threadpool(self._run_once, session, request_id, body)
        )

    async def heartbeat(self, request: Request) -> Response:
        session = self._sessions.find(_token(request))
        if session is None:
            return _refused(_NO_SESSION)
        session.touch()
        return _told(None)

    async def session(self, request: Request) -> Response:
        if request.query_params.get("delete"):
            await run_in_threadpool(self._sessions.close, _token(request))
        return _told(None)

    async def abort(self, request: Request) -> Response:
        session = self._sessions.find(_token(request))
        if session is not None and session.running:
            session.is_cancelled = True
            session.connection._duck_conn.interrupt()
        return _told(None)

    async def telemetry(self, request: Request) -> Response:
        return _told(None)

    async def ledger(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._ledger.clear()
        return JSONResponse(self._ledger.rows())

    async def faults(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._faults.clear()
        else:
            self._faults.add(await request.json())
        return JSONResponse({})

    async def account(self, request: Request) -> Response:
        wanted = await request.json()
        return JSONResponse(self._account.switch(request.path_params["switch"], wanted))

    async def usage(self, request: Request) -> Response:
        wanted = await request.json()
        await run_in_threadpool(self._usage.show, **wanted)
        return JSONResponse({})

    async def open_sessions(self, request: Request) -> Response:
        return JSONResponse(self._sessions.rows())

    def _run_once(self, session: Session, request_id: str, body: dict[str, Any]) -> dict[str, Any]:
        """Run a request; one that is sent again after a lost answer gets the first one's."""
        with session.lock:
            if (known := session.answers.get(request_id)) is not None:
                answer: dict[str, Any] = known
                return answer
            session.touch()
            session.running, session.is_cancelled = True, False
            try:
                answer = _success(self._run(session, body))
            except SqlError as refused:
                answer = _failure(refused)
            finally:
                session.running = False
                session.touch()
            session.answers = {**dict(list(session.answers.items())[-20:]), request_id: answer}
            return answer

    def _run(self, session: Session, body: dict[str, Any]) -> dict[str, Any]:
        sql = body["sqlText"]
        for name, value in (body.get("parameters") or {}).items():
            if name.upper() == "QUERY_TAG":
                session.parameters["QUERY_TAG"] = value
        if body.get("describeOnly"):
            described = self._statements.describe(session, sql)
            if described is not None:
                return self._data(session, described)
        entry = self._ledger.record(session, sql)
        try:
            result = self._batch(session, sql, body.get("bindings") or {})
        except SqlError as refused:
            entry.error = refused.errno
            raise
        return self._data(session, result)

    def _batch(self, session: Session, sql: str, bindings: dict[str, Any]) -> Result:
        if not any(isinstance(binding["value"], list) for binding in bindings.values()):
            return self._statements.run(session, sql, _bound(bindings))
        columns = [bindings[str(place)] for place in range(1, len(bindings) + 1)]
        rows = [
            [
                binding_value({**column, "value": value})
                for column, value in zip(columns, values, strict=True)
            ]
            for values in zip(*(column["value"] for column in columns), strict=True)
        ]
        return self._statements.run_many(session, sql, rows)

    def _data(self, session: Session, result: Result) -> dict[str, Any]:
        session.last_query = str(uuid.uuid4())
        return {
            "parameters": [{"name": "TIMEZONE", "value": "Etc/UTC"}],
            "queryId": session.last_query,
            "finalDatabaseName": session.database,
            "finalSchemaName": session.schema,
            "finalRoleName": session.role,
            "finalWarehouseName": session.warehouse,
            **result.data(),
        }

    async def _answered(
        self, struck: list[Fault], work: Callable[[], Awaitable[dict[str, Any]]]
    ) -> Response:
        for fault in struck:
            if fault.kind == "delay":
                await asyncio.sleep(fault.seconds)
            elif fault.kind == "unavailable":
                return JSONResponse({"success": False}, status_code=503)
            elif fault.kind == "refuse":
                return _refused(SqlError(fault.errno, fault.sqlstate, fault.message))
            elif fault.kind == "lose_request":
                return Dropped()
        try:
            answer = await work()
        except SqlError as refused:
            return _refused(refused)
        if any(fault.kind == "lose_answer" for fault in struck):
            return Dropped()
        return JSONResponse(answer)


async def _body(request: Request) -> dict[str, Any]:
    body = await request.body()
    if request.headers.get("Content-Encoding") == "gzip":
        body = gzip.decompress(body)
    read: dict[str, Any] = json.loads(body)
    return read


def _bound(bindings: dict[str, Any]) -> Any:
    if not bindings:
        return None
    if all(key.isdigit() for key in bindings):
        return [binding_value(bindings[str(place)]) for place in range(1, len(bindings) + 1)]
    return {name: binding_value(binding) for name, binding in bindings.items()}


def _token(request: Request) -> str:
    return request.headers.get("Authorization", "").removeprefix('Snowflake Token="').rstrip('"')


def _success(data: dict[str, Any] | None) -> dict[str, Any]:
    return {"data": data, "code": None, "message": None, "success": True}


def _failure(refused: SqlError) -> dict[str, Any]:
    code = f"{refused.errno:06d}"
    data = {"errorCode": code, "sqlState": refused.sqlstate, "nextAction": None}
    return {"data": data, "code": code, "message": refused.message, "success": False}


def _told(data: dict[str, Any] | None) -> Response:
    return JSONResponse(_success(data))


def _refused(refused: SqlError) -> Response:
    return JSONResponse(_failure(refused))
