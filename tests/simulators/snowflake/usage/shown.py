"""The account's records of its own use, as views of the server over a world's files."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path

from flows.costs.views import SNOWFLAKE_VIEWS, View
from tests.simulators.snowflake.engine import Engine
from tests.simulators.snowflake.session import Session

DATABASE = "SNOWFLAKE"


class ShownUsage:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def show(self, folder: str, as_of: str, without: Collection[str]) -> None:
        """Make the views anew, so that they show what was to be seen at a moment.

        :param folder: one Parquet file per view, as `World.write_shown` writes them
        """
        then = datetime.fromisoformat(as_of).astimezone(UTC).replace(tzinfo=None)
        session = Session(user="SYSTEM")
        self._engine.open(session, None, None)
        try:
            if DATABASE not in self._engine.databases():
                self._engine.attach(DATABASE)
            for name, view in SNOWFLAKE_VIEWS.items():
                schema = view.source.rpartition(".")[0]
                self._engine.native(session, f"CREATE SCHEMA IF NOT EXISTS {schema}")
                self._engine.native(session, f"DROP VIEW IF EXISTS {view.source}")
                if name not in without:
                    file = Path(folder) / f"{name}.parquet"
                    self._engine.native(session, _creation(view, file, then))
        finally:
            session.connection.close()


def _creation(view: View, file: Path, then: datetime) -> str:
    columns = ", ".join(_column(name, kind) for name, kind in view.columns.items())
    # What else a view has may be asked for in a condition.
    known = ", ".join([*view.columns, "day", "visible_from", "visible_until"])
    return (
        f"CREATE VIEW {view.source} AS SELECT {columns}, * EXCLUDE ({known})"
        f" FROM read_parquet('{file}')"
        f" WHERE visible_from <= TIMESTAMP '{then}'"
        f" AND coalesce(visible_until > TIMESTAMP '{then}', true)"
    )


def _column(name: str, kind: str) -> str:
    """Moments are points in time, which each session sees in its own zone: TIMESTAMP_LTZ."""
    value = f"timezone('UTC', {name})" if kind == "timestamp" else f"CAST({name} AS {kind})"
    return f"{value} AS {name.upper()}"
