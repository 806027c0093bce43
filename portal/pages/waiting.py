"""What a tenant's page says before the first numbers are published: what happens next."""

from __future__ import annotations

from portal.connections.selectors import connections
from portal.runs.models import Run
from portal.runs.selectors import runs


def next_step() -> str:
    """One or two sentences for the tenant in scope, who may wait or may have to act."""
    if not connections().exists():
        return (
            "No till is connected yet. Your administrator adds a connection and enters the"
            " credentials; the numbers appear here after the first run."
        )
    latest = runs().first()
    if latest is None:
        return (
            "A till is connected, but has not been read yet. The first run starts by its schedule,"
            " or when your administrator starts it."
        )
    match latest.status:
        case Run.Status.SCHEDULED | Run.Status.RUNNING:
            return (
                "The till is being read right now. The first time takes longest, since the whole"
                " history is read; reload this page in a few minutes."
            )
        case Run.Status.COMPLETED:
            return (
                "The till was read, but held no records yet. Reload this page after the next run."
            )
        case _:
            return f"The latest run did not complete. {latest.message}".strip()
