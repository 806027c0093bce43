"""A Prefect server in memory, as far as the portal talks to one, over HTTP on loopback.

Faithful where it matters: a create is an upsert that writes only what is sent and renews schedules,
a page has at most 200 entries, an idempotency key gives one flow run, nothing survives `forget`.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

from croniter import croniter

Json = dict[str, Any]
Answer = tuple[int, Any]

MOST = 200
UNAUTHORIZED: Answer = (401, {"exception_message": "Unauthorized"})
READS = ("/filter", "/health")


class FakePrefect:
    def __init__(self) -> None:
        self.requests: list[tuple[str, str]] = []
        self.password = ""  # as `user:password`, where the server asks for one
        self.ends_as = ""  # what becomes of a flow run at once
        self._lock = Lock()
        self._port = 0
        self._server: ThreadingHTTPServer | None = None
        self.forget()

    def forget(self) -> None:
        """Lose the database, as a server on a throw-away disk does."""
        self.flows: dict[str, Json] = {}
        self.deployments: dict[str, Json] = {}
        self.flow_runs: dict[str, Json] = {}
        self.work_pools: dict[str, Json] = {}
        self.automations: dict[str, Json] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/api"

    @property
    def writes(self) -> list[tuple[str, str]]:
        """What was asked for apart from reading. A flow's id is read with an upsert."""
        return [
            (method, path)
            for method, path in self.requests
            if method != "GET" and not path.endswith(READS) and path != "/flows/"
        ]

    def start(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), _handler(self))
        self._port = self._server.server_address[1]
        Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Afterwards connections are refused at the same address, until it is started again."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def deployment(self, name: str) -> Json:
        return next(each for each in self.deployments.values() if each["name"] == name)

    def deploy_platform(self, flow: str, *names: str, tag: str) -> None:
        """Hold what `prefect deploy --all` brings of one flow."""
        _, held = self._create_flow({"name": flow})
        for name in names:
            body = {"name": name, "flow_id": held["id"], "tags": [tag], "parameters": {}}
            self._create_deployment(body)

    def end_flow_run(self, flow_run_id: str, *, state: str, message: str = "") -> None:
        self.flow_runs[flow_run_id] |= {
            "state_type": state,
            "state": {"type": state, "message": message},
            "end_time": "2026-11-21T05:20:00Z",
        }

    def answer(self, method: str, path: str, body: Json) -> Answer:
        with self._lock:
            self.requests.append((method, path))
            match method, path.strip("/").split("/"):
                case "GET", ["health"]:
                    return 200, True
                case "POST", ["flows"]:
                    return self._create_flow(body)
                case "POST", ["deployments", "filter"]:
                    return _page(self.deployments, body, self._is_chosen_deployment)
                case "POST", ["deployments"]:
                    return self._create_deployment(body)
                case "DELETE", ["deployments" as kind, id_]:
                    return _delete(getattr(self, kind), id_)
                case "POST", ["deployments", id_, "create_flow_run"]:
                    return self._create_flow_run(id_, body)
                case _, ["flow_runs" | "work_pools" | "automations", *_]:
                    return self._answer_other(method, path, body)
        return 404, {"detail": "Not Found"}

    def _answer_other(self, method: str, path: str, body: Json) -> Answer:
        match method, path.strip("/").split("/"):
            case "POST", ["flow_runs", "filter"]:
                return _page(self.flow_runs, body, _is_chosen_flow_run)
            case "POST", ["flow_runs", id_, "set_state"] if id_ in self.flow_runs:
                self.flow_runs[id_] |= {"state_type": body["state"]["type"], "state": body["state"]}
                return 201, {"status": "ACCEPT"}
            case "GET", ["work_pools", name] if name in self.work_pools:
                return 200, self.work_pools[name]
            case "POST", ["work_pools"]:
                self.work_pools[body["name"]] = {"id": str(uuid4()), **body}
                return 201, self.work_pools[body["name"]]
            case "POST", ["automations", "filter"]:
                return _page(self.automations, body, lambda automation, body: True)
            case "POST", ["automations"]:
                id_ = str(uuid4())
                self.automations[id_] = {"id": id_, **body}
                return 201, self.automations[id_]
            case "DELETE", ["automations", id_]:
                return _delete(self.automations, id_)
        return 404, {"detail": "Not Found"}

    def _create_flow(self, body: Json) -> Answer:
        name = body["name"]
        flow = self.flows.setdefault(name, {"id": str(uuid4()), "name": name})
        return 201, flow

    def _create_deployment(self, body: Json) -> Answer:
        if body["flow_id"] not in {flow["id"] for flow in self.flows.values()}:
            return 404, {"detail": "Flow not found"}
        if set(body["name"]) & set("/%&<>"):
            return 422, {"exception_message": f"Invalid name: {body['name']!r}"}
        for schedule in body.get("schedules", []):
            cron = schedule["schedule"].get("cron")
            if cron is not None and not croniter.is_valid(cron):
                return 422, {"exception_message": f"Invalid cron string: {cron!r}"}
        same = [
            each
            for each in self.deployments.values()
            if (each["flow_id"], each["name"]) == (body["flow_id"], body["name"])
        ]
        held = same[0] if same else {"id": str(uuid4()), "paused": False, "schedules": []}
        sent = dict(body)
        limit = sent.pop("concurrency_limit", None)
        if limit is not None:
            sent["global_concurrency_limit"] = {"limit": limit}
        sent["schedules"] = [{"id": str(uuid4()), **each} for each in sent.get("schedules", [])]
        self.deployments[held["id"]] = held | sent
        return 200 if same else 201, self.deployments[held["id"]]

    def _is_chosen_deployment(self, deployment: Json, body: Json) -> bool:
        wanted = body.get("deployments", {})
        names = wanted.get("name", {}).get("any_")
        flows = body.get("flows", {}).get("name", {}).get("any_")
        ids = {each["id"]: name for name, each in self.flows.items()}
        return (
            set(wanted.get("tags", {}).get("all_", [])) <= set(deployment["tags"])
            and (names is None or deployment["name"] in names)
            and (flows is None or ids.get(deployment["flow_id"]) in flows)
        )

    def _create_flow_run(self, deployment_id: str, body: Json) -> Answer:
        deployment = self.deployments.get(deployment_id)
        if deployment is None:
            return 404, {"detail": "Deployment not found"}
        for run in self.flow_runs.values():
            if run["idempotency_key"] == body["idempotency_key"]:
                return 200, run
        run = {
            "id": str(uuid4()),
            "deployment_id": deployment_id,
            "idempotency_key": body["idempotency_key"],
            "parameters": deployment["parameters"] | body.get("parameters", {}),
            "tags": deployment["tags"],
            "state_type": "SCHEDULED",
            "state": {"type": "SCHEDULED", "message": ""},
            "expected_start_time": "2026-11-21T05:15:00Z",
            "end_time": None,
        }
        self.flow_runs[run["id"]] = run
        if self.ends_as:
            self.end_flow_run(run["id"], state=self.ends_as, message="Out of memory.")
        return 201, run


def _page(held: dict[str, Json], body: Json, chosen: Callable[[Json, Json], bool]) -> Answer:
    limit = body.get("limit", MOST)
    if limit > MOST:
        return 422, {"detail": "limit must be at most 200"}
    found = [each for each in held.values() if chosen(each, body)]
    found.sort(key=lambda each: each.get("name") or each["id"])
    start = body.get("offset", 0)
    return 200, found[start : start + limit]


def _is_chosen_flow_run(run: Json, body: Json) -> bool:
    wanted = body.get("flow_runs", {})
    ids = wanted.get("id", {}).get("any_")
    states = wanted.get("state", {}).get("type", {}).get("any_")
    since = wanted.get("expected_start_time", {}).get("after_", "")
    return (
        (ids is None or run["id"] in ids)
        and set(wanted.get("tags", {}).get("all_", [])) <= set(run["tags"])
        and (states is None or run["state_type"] in states)
        and run["expected_start_time"] >= since
    )


def _delete(held: dict[str, Json], id_: str) -> Answer:
    return (204, None) if held.pop(id_, None) else (404, {"detail": "Not found"})


def _handler(prefect: FakePrefect) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"{}")
            path = self.path.removeprefix("/api")
            allowed = self._is_allowed()
            status, answer = prefect.answer(self.command, path, body) if allowed else UNAUTHORIZED
            content = b"" if answer is None else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def _is_allowed(self) -> bool:
            expected = b64encode(prefect.password.encode()).decode()
            given = self.headers.get("Authorization", "").removeprefix("Basic ")
            return not prefect.password or given == expected

        do_GET = do_POST = do_DELETE = _serve

        def log_message(self, format: str, *args: object) -> None:
            """What is asked is kept in `requests`; the test's output stays clean."""

    return Handler
