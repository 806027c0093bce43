"""Prefect's REST API, as far as the portal needs it: a thin layer over `requests`.

The portal's processes do not import Prefect: its SDK costs each of them seconds and 50 MB.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast
from uuid import UUID

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter, Retry

Json = dict[str, Any]

PAGE = 200  # the most the API gives at once
CONNECT_SECONDS = 5
TIMEOUT_SECONDS = 30


class PrefectUnavailable(Exception):
    """Prefect did not answer. The desired state is safe in the portal and is applied later."""


class PrefectRefused(Exception):
    """Prefect answered that the request is not possible; an operator has to look at it."""

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class PrefectApi:
    """
    :param is_patient: wait for a Prefect that is just starting. A person who waits for a page would
        rather read that it is down; then everything after the first failure fails at once.
    """

    def __init__(self, *, url: str, auth_string: str = "", is_patient: bool = True) -> None:
        self._url = url.rstrip("/")
        self._is_patient = is_patient
        self._outage: PrefectUnavailable | None = None
        self._session = requests.Session()
        if auth_string:
            user, _, password = auth_string.partition(":")
            self._session.auth = (user, password)
        # An idle connection may have been closed by the server. Creates are safe to repeat here:
        # deployments are upserts, and flow runs carry an idempotency key.
        retry = Retry(
            total=4 if is_patient else 1,
            backoff_factor=0.3,
            status_forcelist=(502, 503, 504),
            allowed_methods=None,
            raise_on_status=False,
        )
        self._session.mount(self._url, HTTPAdapter(max_retries=retry))

    def flow_id(self, name: str) -> str:
        return cast("str", self._call("POST", "/flows/", {"name": name})["id"])

    def deployments(
        self, *, tag: str, flow: str | None = None, name: str | None = None
    ) -> Iterator[Json]:
        chosen: Json = {"tags": {"all_": [tag]}}
        if name is not None:
            chosen["name"] = {"any_": [name]}
        body: Json = {"deployments": chosen, "sort": "NAME_ASC"}
        if flow is not None:
            body["flows"] = {"name": {"any_": [flow]}}
        return self._pages("/deployments/filter", body)

    def create_deployment(self, body: Json) -> str:
        return cast("str", self._call("POST", "/deployments/", body)["id"])

    def delete_deployment(self, deployment_id: str) -> None:
        """One that is gone already is fine."""
        self._call_or_none("DELETE", f"/deployments/{deployment_id}")

    def create_flow_run(
        self, *, deployment_id: UUID, idempotency_key: str, parameters: Json | None = None
    ) -> str:
        """
        :param parameters: instead of the deployment's own of those names
        """
        body: Json = {"idempotency_key": idempotency_key, "state": {"type": "SCHEDULED"}}
        if parameters:
            body["parameters"] = parameters
        answer = self._call("POST", f"/deployments/{deployment_id}/create_flow_run", body)
        return cast("str", answer["id"])

    def cancel_flow_run(self, flow_run_id: UUID) -> None:
        body = {"state": {"type": "CANCELLING", "name": "Cancelling"}}
        self._call("POST", f"/flow_runs/{flow_run_id}/set_state", body)

    def crash_flow_run(self, flow_run_id: str, *, message: str) -> None:
        """Write down that a run is dead, which frees its slot. Only for who knows that it is."""
        state = {"type": "CRASHED", "name": "Crashed", "message": message}
        self._call("POST", f"/flow_runs/{flow_run_id}/set_state", {"state": state, "force": True})

    def flow_runs_going_on(self) -> Iterator[Json]:
        states = {"any_": ["PENDING", "RUNNING", "CANCELLING"]}
        return self._pages("/flow_runs/filter", {"flow_runs": {"state": {"type": states}}})

    def flow_runs(self, ids: list[str]) -> list[Json]:
        found: list[Json] = []
        for start in range(0, len(ids), PAGE):
            body = {"flow_runs": {"id": {"any_": ids[start : start + PAGE]}}, "limit": PAGE}
            found += self._call("POST", "/flow_runs/filter", body)
        return found

    def flow_runs_that_failed(self, *, tag: str, since: str) -> Iterator[Json]:
        """Runs of tagged deployments that were expected after a moment (ISO 8601) and ended badly.

        Those that go on or completed have told the portal of themselves.
        """
        body = {
            "flow_runs": {
                "expected_start_time": {"after_": since},
                "tags": {"all_": [tag]},
                "state": {"type": {"any_": ["FAILED", "CRASHED", "CANCELLED"]}},
            },
            "sort": "EXPECTED_START_TIME_ASC",
        }
        return self._pages("/flow_runs/filter", body)

    def work_pool(self, name: str) -> Json | None:
        return self._call_or_none("GET", f"/work_pools/{name}")

    def create_work_pool(self, *, name: str, kind: str, template: Json | None = None) -> None:
        """
        :param template: of the jobs; without one the first worker brings that of its kind
        """
        job = {} if template is None else {"base_job_template": template}
        self._call("POST", "/work_pools/", {"name": name, "type": kind, **job})

    def change_job_template(self, *, work_pool: str, template: Json) -> None:
        self._call("PATCH", f"/work_pools/{work_pool}", {"base_job_template": template})

    def automations(self) -> list[Json]:
        return cast("list[Json]", self._call("POST", "/automations/filter", {"limit": PAGE}))

    def create_automation(self, body: Json) -> None:
        self._call("POST", "/automations/", body)

    def delete_automation(self, automation_id: str) -> None:
        self._call("DELETE", f"/automations/{automation_id}")

    def is_healthy(self) -> bool:
        try:
            return bool(self._call("GET", "/health"))
        except (PrefectUnavailable, PrefectRefused):
            return False

    def _pages(self, path: str, body: Json) -> Iterator[Json]:
        offset = 0
        while True:
            page = self._call("POST", path, {**body, "limit": PAGE, "offset": offset})
            yield from page
            if len(page) < PAGE:
                return
            offset += PAGE

    def _call_or_none(self, method: str, path: str) -> Json | None:
        response = self._send(method, path, None)
        return None if response.status_code == 404 else cast("Json", self._answer(response))

    def _call(self, method: str, path: str, body: Json | None = None) -> Any:
        return self._answer(self._send(method, path, body))

    def _send(self, method: str, path: str, body: Json | None) -> requests.Response:
        if self._outage is not None:
            raise self._outage
        try:
            return self._session.request(
                method, self._url + path, json=body, timeout=(CONNECT_SECONDS, TIMEOUT_SECONDS)
            )
        except requests.RequestException as error:
            outage = PrefectUnavailable(
                f"Prefect does not answer at {self._url}. Start it, or correct PREFECT_API_URL."
            )
            self._outage = None if self._is_patient else outage
            raise outage from error

    def _answer(self, response: requests.Response) -> Any:
        if response.status_code == 401:
            raise PrefectRefused(
                "Prefect refused the portal. Correct PREFECT_API_AUTH_STRING.", status=401
            )
        if response.status_code >= 500:
            raise PrefectUnavailable(f"Prefect answered with status {response.status_code}.")
        if not response.ok:
            raise PrefectRefused(
                f"Prefect refused {response.request.method} {response.request.path_url} with status"
                f" {response.status_code}: {response.text[:300]}",
                status=response.status_code,
            )
        return response.json() if response.content else None


def prefect_api(*, is_patient: bool = True) -> PrefectApi:
    return PrefectApi(
        url=settings.PREFECT_API_URL,
        auth_string=settings.PREFECT_API_AUTH_STRING,
        is_patient=is_patient,
    )


def ui_link(kind: str, id_: UUID | str) -> str:
    """The page of a `deployments/deployment` or a `runs/flow-run` in Prefect's own interface."""
    base = settings.PREFECT_UI_URL.rstrip("/")
    return f"{base if base.endswith('/v2') else base + '/v2'}/{kind}/{id_}"
