"""Everything one run works with. Not a dataclass: Prefect looks into those that tasks are given."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from flows.connectors.alone import StillHeld, alone
from flows.connectors.credentials import Secret
from flows.connectors.listings import with_listings
from flows.connectors.reader import Reader
from flows.connectors.retries import GaveUp, Trouble
from flows.connectors.streams import Stream
from flows.connectors.uploaded import connector_of_job
from flows.extract import Privacy
from flows.parts import lake_at, warehouses_for
from flows.portal import Job, Portal
from flows.report import Steps
from flows.settings import WorkerSettings
from flows.warehouse.tag import Tag
from flows.warehouse.warehouse import Batch, Known, Landed

# As long as one login may go on being tried.
LONGEST_LOGIN_SECONDS = 600.0


def now() -> datetime:
    return datetime.now(UTC)


class Session:
    def __init__(self, *, job: Job, portal: Portal, settings: WorkerSettings) -> None:
        secrets = portal.secrets(run=job.run)
        self._set_at = secrets.set_at
        self._limits = settings.limits
        self.job = job
        self.portal = portal
        self.connector = connector_of_job(
            job.connection.connector, job.connection.connector_document
        )
        self.lake = lake_at(settings.lake)
        self.steps = Steps()
        self.warehouses = warehouses_for(
            job.tenant.engine, folder=settings.warehouses, lake=self.lake, tag=self._tag
        )
        self.dbt_folder = settings.dbt / job.tenant.code
        # Taken to decide what to build, and kept until the end: what is published was built by us.
        self.turn = self.warehouses.turn(job.tenant)
        self.folder = settings.work / job.run
        self.folder.mkdir(parents=True, exist_ok=True)
        self.reader = Reader(
            with_listings(self.connector),
            secrets.credentials,
            allow_private=settings.allow_private_hosts,
            time_zone=job.tenant.zone,
            clock=now,
            keep=self._keep,
            alone=self._alone,
            limits_folder=settings.limits,
        )
        self._pseudonym_key = secrets.pseudonym_key
        # Of each stream of which nothing was known: the fields that it has.
        self.learned: dict[str, tuple[str, ...]] = {}
        # What the warehouse knew when the run began, and what was read since and brought nothing.
        self.known: Known | None = None
        self.unchanged: list[tuple[Batch, Landed]] = []

    def stream(self, name: str) -> Stream:
        return self.connector.streams[name]

    def privacy(self, stream: str) -> Privacy:
        kept = self.job.connection.kept_personal_fields.get(stream, [])
        return Privacy(kept=frozenset(kept), pseudonym_key=self._pseudonym_key)

    def stream_folder(self, stream: str) -> Path:
        """An empty folder: what an earlier attempt left is of no use."""
        folder = self.folder / stream
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder

    def _keep(self, values: Mapping[str, str]) -> None:
        self.portal.keep_credentials(run=self.job.run, values=values, set_at=self._set_at)

    @contextmanager
    def _alone(self) -> Iterator[Mapping[str, Secret]]:
        """Around a login that replaces a credential, of all runs of the connection on this machine.

        What another run's login left is in the portal. What somebody entered meanwhile is not for
        this run, which has begun with the others: saving will be refused.

        :raises GaveUp: if another run has been logging in for too long
        """
        try:
            with alone(self._login_lock(), longest=LONGEST_LOGIN_SECONDS):
                secrets = self.portal.secrets(run=self.job.run)
                is_ours = secrets.set_at == self._set_at
                yield {
                    name: Secret(value) for name, value in secrets.credentials.items() if is_ours
                }
        except StillHeld:
            raise GaveUp(Trouble(reason="Another run of this connection is logging in")) from None

    def _login_lock(self) -> Path:
        return self._limits / f"login-{UUID(self.job.connection.code)}.lock"

    def _tag(self) -> Tag:
        return Tag(
            tenant=self.job.tenant.code,
            connection=self.job.connection.code,
            run=self.job.run,
            step=self.steps.current,
        )

    def close(self) -> None:
        self.turn.end()
        self.warehouses.close()
        self.reader.close()
        shutil.rmtree(self.folder, ignore_errors=True)
