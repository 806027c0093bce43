"""What can be done with a connection from the admin: one sentence comes back for each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages

from portal.connections.models import Connection
from portal.lib.errors import Refused
from portal.pipelines.models import Pipeline
from portal.pipelines.prefect import PrefectApi, PrefectRefused, PrefectUnavailable
from portal.pipelines.services import deploy, pause, resume
from portal.runs.models import Run
from portal.runs.services import run_now


@dataclass(frozen=True)
class Done:
    """What became of it. `run` is the run that was started, if one was."""

    message: str
    level: int = messages.SUCCESS
    run: Run | None = None


def _run(connection: Connection, api: PrefectApi, at: datetime) -> Done:
    run = run_now(connection=connection, api=api, at=at)
    return Done(f"{connection} runs as soon as a worker is free.", run=run)


def _pause(connection: Connection, api: PrefectApi, at: datetime) -> Done:
    return applied(pause(connection=connection, api=api, at=at), f"{connection} is paused")


def _resume(connection: Connection, api: PrefectApi, at: datetime) -> Done:
    return applied(resume(connection=connection, api=api, at=at), f"{connection} is resumed")


def _redeploy(connection: Connection, api: PrefectApi, at: datetime) -> Done:
    return applied(deploy(connection=connection, api=api, at=at), f"{connection} is deployed")


def applied(pipeline: Pipeline, done: str) -> Done:
    if pipeline.problem:
        later = "It is saved and will be applied as soon as Prefect agrees."
        return Done(f"{done} in the portal only. {pipeline.problem} {later}", messages.WARNING)
    return Done(f"{done}.")


Act = Callable[[Connection, PrefectApi, datetime], Done]
ACTS: dict[str, Act] = {
    "run": _run,
    "pause": _pause,
    "resume": _resume,
    "redeploy": _redeploy,
}


def act_on(connection: Connection, act: Act, *, api: PrefectApi, at: datetime) -> Done:
    """Raises nothing that a person could have caused."""
    try:
        return act(connection, api, at)
    except Refused as refused:
        return Done(refused.message, messages.ERROR)
    except (PrefectUnavailable, PrefectRefused) as error:
        return Done(f"{connection} was not started: {error}", messages.ERROR)
