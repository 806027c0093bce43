"""Where the suite runs on PostgreSQL, its platform does: two empty databases on the same server."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg


@contextmanager
def databases() -> Iterator[dict[str, str]]:
    """The settings that name them; none where the suite runs on SQLite."""
    url = os.environ.get("MERCURIOS_DATABASE_URL")
    if not url:
        yield {}
        return
    portal, prefect = (f"journey_{name}_{uuid4().hex[:8]}" for name in ("portal", "prefect"))
    with psycopg.connect(url, autocommit=True) as server:
        for name in (portal, prefect):
            server.execute(f"create database {name}")
        yield {
            "MERCURIOS_DATABASE_URL": _with(url, database=portal),
            "PREFECT_SERVER_DATABASE_CONNECTION_URL": _with(
                url, database=prefect, scheme="postgresql+asyncpg"
            ),
        }
        for name in (portal, prefect):
            server.execute(f"drop database {name} with (force)")


def _with(url: str, *, database: str, scheme: str = "postgres") -> str:
    return urlunsplit(urlsplit(url)._replace(scheme=scheme, path=f"/{database}"))
