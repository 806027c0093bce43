"""The demo's first runs: begun, or found going on, and watched until there are figures."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone
from django_scopes import scopes_disabled

from portal.cli.demo import CONNECTION
from portal.cli.processes import CannotStart, Programs
from portal.connections.models import Connection
from portal.pipelines.prefect import PrefectApi, prefect_api
from portal.pipelines.services import deploy
from portal.publications.lake import lake
from portal.publications.reader import NothingPublished, current_publication
from portal.runs.models import Run
from portal.runs.selectors import latest_run
from portal.runs.services import run_now
from portal.runs.settle import settle_runs

RUN_SECONDS = 600.0
# Prefect is asked now and then: a run that died cannot tell the portal.
SETTLE_EVERY = timedelta(seconds=10)


def bury_dead_runs(api: PrefectApi) -> None:
    """What still goes on while no worker has been started yet died with the last one."""
    for flow_run in api.flow_runs_going_on():
        api.crash_flow_run(flow_run["id"], message="It was stopped together with its worker.")


def demo_connection(slug: str) -> Connection | None:
    with scopes_disabled():  # the tenant is named in the call
        found: Connection | None = (
            Connection.objects.select_related("tenant", "schedule")
            .filter(tenant__slug=slug, name=CONNECTION)
            .first()  # the pair is unique
        )
    return found


def begin_first_runs(connections: list[Connection]) -> None:
    """Start a run of each connection without figures, unless one is on its way."""
    api, now = prefect_api(), timezone.now()
    for connection in connections:
        if has_published(connection):
            continue
        deploy(connection=connection, api=api, at=now)
        if not is_on_its_way(connection):
            run_now(connection=connection, api=api, at=now)


def wait_for_figures(
    connections: list[Connection], *, programs: Programs, say: Callable[[str], None]
) -> None:
    """:raises CannotStart: if a connection has no figures and nothing is going on to bring them"""
    settled_at = timezone.now()

    def all_published() -> bool:
        nonlocal settled_at
        if timezone.now() - settled_at > SETTLE_EVERY:
            settled_at = timezone.now()
            settle_runs(api=prefect_api(), at=settled_at)
        say("; ".join(progress_of(connection) for connection in connections))
        waiting = [each for each in connections if not has_published(each)]
        for connection in waiting:
            check_on_its_way(connection)
        return not waiting

    programs.wait_until(is_ready=all_published, what="The first runs", seconds=RUN_SECONDS)


def has_published(connection: Connection) -> bool:
    """Asked of the lake: a run may have been killed between publishing and saying so."""
    try:
        current_publication(lake=lake(), tenant=connection.tenant.code)
    except NothingPublished:
        return False
    return True


def is_on_its_way(connection: Connection) -> bool:
    with scopes_disabled():  # the connection is named in the call
        runs = Run.objects.filter(connection=connection)
        return bool(runs.exclude(status__in=Run.ENDED).exists())


def check_on_its_way(connection: Connection) -> None:
    # Looked at once more: between two questions a run may have ended well.
    if is_on_its_way(connection) or has_published(connection):
        return
    run = latest_run(connection)
    said = f"{run.get_status_display()}: {run.message}" if run else "it has not begun."
    raise CannotStart(f"The run of {connection} brought no figures. {said}")


def progress_of(connection: Connection) -> str:
    run = latest_run(connection)
    if run is None:
        return f"{connection.tenant} waits"
    if run.status in Run.ENDED:
        return f"{connection.tenant} {run.get_status_display().lower()}"
    landed = len(run.streams.all())
    if landed == len(connection.streams):
        return f"{connection.tenant} builds and tests"
    return f"{connection.tenant} {landed} of {len(connection.streams)} streams"
