"""Everything one run works with. Not a dataclass: Prefect looks into those that tasks are given."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

from flows.connectors.reader import Reader
from flows.connectors.streams import Stream
from flows.connectors.uploaded import connector_of_job
from flows.extract import Privacy
from flows.parts import lake_at, warehouses_for
from flows.portal import Job, Portal
from flows.report import Steps
from flows.settings import WorkerSettings
from flows.warehouse.tag import Tag


def now() -> datetime:
    return datetime.now(UTC)


class Session:
    def __init__(self, *, job: Job, portal: Portal, settings: WorkerSettings) -> None:
        secrets = portal.secrets(run=job.run)
        set_at = secrets.set_at
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
            self.connector,
            secrets.credentials,
            allow_private=settings.allow_private_hosts,
            time_zone=job.tenant.zone,
            clock=now,
            keep=lambda values: portal.keep_credentials(run=job.run, values=values, set_at=set_at),
            limits_folder=settings.limits,
        )
        self._pseudonym_key = secrets.pseudonym_key

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
