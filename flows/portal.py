"""The portal as a flow run sees it: its REST API, with the worker's service token."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    import requests

TIMEOUT_SECONDS = 30
# What the platform asks for concerns every tenant and may take a while.
PLATFORM = "/api/v1/platform/"
PLATFORM_TIMEOUT_SECONDS = 300
HELD_BACK = "urn:mercurios:held-back"


class PortalUnavailable(Exception):
    """The portal did not answer; the run may be tried again."""


class PortalRefused(Exception):
    """The portal says no, with a sentence for whoever can change that."""


class PortalHeldBack(PortalRefused):
    """No run of the tenant may start now; the sentence says why, and who can change it."""


@dataclass(frozen=True)
class TenantPlace:
    """Where a tenant's data is: under its code, in the warehouse of its engine."""

    code: str
    slug: str
    engine: str


@dataclass(frozen=True)
class Tenant(TenantPlace):
    name: str
    time_zone: str
    currency: str
    country: str

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


@dataclass(frozen=True)
class SweepState:
    """Of a stream: when a whole listing was compared last, and how many deletes were let pass."""

    swept_at: datetime | None
    allowed: int


@dataclass(frozen=True)
class Connection:
    code: str
    name: str
    connector: str
    streams: list[str]
    full_read_streams: list[str]
    history_from: date | None
    kept_personal_fields: dict[str, list[str]]
    # Of an uploaded connector: its version, the digest and the texts of its files.
    connector_document: dict[str, Any] | None = None
    # Of each stream the fields it is known to have, and whether the last whole read had them.
    known_fields: dict[str, dict[str, bool]] = field(default_factory=dict)
    # By stream; those of which nothing is known are left out.
    sweeps: dict[str, SweepState] = field(default_factory=dict)


@dataclass(frozen=True)
class Job:
    """What a run that was claimed has to do. It holds no secret.

    :param analytics: whether to transform and publish what was landed, too
    :param frozen_fields: of the raw tables of streams with `drift: freeze`, for each connection of
        the tenant by its code, the fields that it is known to have
    """

    run: str
    fence: int
    tenant: Tenant
    connection: Connection
    analytics: bool = True
    frozen_fields: dict[str, dict[str, list[str]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Secrets:
    """`set_at` is when the credentials were entered, as the portal wants it back."""

    credentials: dict[str, str] = field(repr=False)
    pseudonym_key: bytes = field(repr=False)
    set_at: str


class Portal:
    def __init__(self, *, url: str, token: str) -> None:
        self._url = url
        # Not above: who lands a batch knows what a tenant is, and asks no portal.
        import requests
        from requests.adapters import HTTPAdapter, Retry

        self._failure = requests.RequestException
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy would see the credentials
        self._session.headers["Authorization"] = f"Bearer {token}"
        # Every request here may be repeated: claims, reports and ends are idempotent.
        retry = Retry(
            total=5, backoff_factor=0.5, status_forcelist=(502, 503, 504), allowed_methods=None
        )
        self._session.mount(url, HTTPAdapter(max_retries=retry))
        # A slow answer is no reason to ask again: two reconcilers would work at the same time.
        once = Retry(total=5, read=0, status=0, other=0, backoff_factor=0.5, allowed_methods=None)
        self._session.mount(url + PLATFORM, HTTPAdapter(max_retries=once))

    def claim(self, *, connection: str, flow_run_id: str) -> Job:
        """:raises PortalHeldBack: if a budget keeps the tenant's runs from starting"""
        body = {"connection": connection, "flow_run_id": flow_run_id}
        answer = self._call("POST", "/api/v1/flow/runs", body)
        since = answer["connection"].pop("history_from")
        sweeps = answer["connection"].pop("sweeps", {})
        return Job(
            run=answer["run"],
            fence=answer["fence"],
            tenant=Tenant(**answer["tenant"]),
            connection=Connection(
                **answer["connection"],
                history_from=date.fromisoformat(since) if since else None,
                sweeps={stream: _sweep(said) for stream, said in sweeps.items()},
            ),
            analytics=answer["analytics"],
            frozen_fields=answer.get("frozen_fields", {}),
        )

    def secrets(self, *, run: str) -> Secrets:
        answer = self._call("GET", f"/api/v1/flow/runs/{run}/credentials")
        return Secrets(
            credentials=answer["credentials"],
            pseudonym_key=bytes.fromhex(answer["pseudonym_key"]),
            set_at=answer["set_at"],
        )

    def keep_credentials(self, *, run: str, values: Mapping[str, str], set_at: str) -> None:
        """Save what a login replaced; the other values stay.

        :param set_at: of the secrets that the login was made with
        :raises PortalRefused: if somebody entered others meanwhile
        """
        body = {"credentials": dict(values), "set_at": set_at}
        self._call("PUT", f"/api/v1/flow/runs/{run}/credentials", body)

    def report_stream(self, *, run: str, stream: str, report: dict[str, Any]) -> None:
        self._call("PUT", f"/api/v1/flow/runs/{run}/streams/{stream}", report)

    def finish(self, *, run: str, end: dict[str, Any]) -> None:
        self._call("POST", f"/api/v1/flow/runs/{run}/finish", end)

    def reconcile(self) -> dict[str, Any]:
        return dict(self._call("POST", f"{PLATFORM}reconcile", {}))

    def tenants(self) -> list[TenantPlace]:
        return [TenantPlace(**each) for each in self._call("GET", f"{PLATFORM}tenants")]

    def configurations(self) -> list[dict[str, Any]]:
        """All tenants with their connections, without a secret."""
        return list(self._call("GET", f"{PLATFORM}configurations"))

    def usage(self, *, days: int) -> dict[str, Any]:
        """Prices, tenants, and what runs used for which no account sends a bill.

        :param days: whole days of UTC before today, which is told, too
        """
        return dict(self._call("GET", f"{PLATFORM}usage?days={days}"))

    def ledger(self, *, engine: str, first: date, last: date) -> dict[date, str]:
        """Which days the portal has a ledger of, with the digest of its newest version."""
        said = self._call("GET", f"{PLATFORM}ledger/{engine}?from={first}&to={last}")
        return {date.fromisoformat(each["day"]): each["digest"] for each in said}

    def send_ledger(self, *, engine: str, day: date, ledger: dict[str, Any]) -> dict[str, Any]:
        return dict(self._call("PUT", f"{PLATFORM}ledger/{engine}/{day}", ledger))

    def confirm_ledger(self, *, engine: str, days: Iterable[date]) -> None:
        """Say of days that their ledgers hold all there is; the portal counts on nothing else."""
        body = {"days": [str(day) for day in days]}
        self._call("POST", f"{PLATFORM}ledger/{engine}/seen", body)

    def report_snowflake(self, *, request: str, flow_run_id: str, done: dict[str, Any]) -> None:
        """
        :param request: the code under which the portal asked for it; empty if the schedule did
        """
        body = {"request": request or None, "flow_run_id": flow_run_id, **done}
        self._call("POST", f"{PLATFORM}snowflake", body)

    def close(self) -> None:
        self._session.close()

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        try:
            response = self._session.request(
                method,
                self._url + path,
                json=body,
                timeout=_timeout(path),
                allow_redirects=False,  # the token is for this address alone
            )
        except self._failure as error:
            raise PortalUnavailable(f"The portal does not answer at {self._url}.") from error
        if response.status_code >= 500:
            raise PortalUnavailable(f"The portal answered with status {response.status_code}.")
        if response.is_redirect:
            raise PortalRefused(
                "The portal answered from another address. Set MERCURIOS_PORTAL_URL to its own."
            )
        if not response.ok:
            raise _refusal(response, f"{method} {path}")
        try:
            return response.json() if response.content else None
        except ValueError as error:
            raise PortalUnavailable(f"What answers at {self._url} is no portal.") from error


def _sweep(said: dict[str, Any]) -> SweepState:
    at = said["swept_at"]
    return SweepState(datetime.fromisoformat(at) if at else None, allowed=said["allowed"])


def _timeout(path: str) -> int:
    return PLATFORM_TIMEOUT_SECONDS if path.startswith(PLATFORM) else TIMEOUT_SECONDS


def _refusal(response: requests.Response, asked: str) -> PortalRefused:
    if _said(response, "type") == HELD_BACK:
        return PortalHeldBack(_said(response, "detail"))
    detail = _said(response, "detail") or f"status {response.status_code}"
    return PortalRefused(f"The portal refused {asked}: {detail}")


def _said(response: requests.Response, name: str) -> str:
    """A text of a problem; empty if it is none."""
    try:
        return str(response.json()[name])
    except (ValueError, KeyError, TypeError):
        return ""
