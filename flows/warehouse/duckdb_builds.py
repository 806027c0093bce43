"""By what the models of a DuckDB warehouse were built: noted before a build, and after it."""

from __future__ import annotations

import json
from datetime import datetime

import duckdb

from flows.warehouse.moments import naive
from flows.warehouse.warehouse import Recipe

BEGIN = "insert into raw.builds values (?, ?, ?, ?, null)"
# A build that died has no end, so the last one may be one of many.
FINISH = """
    update raw.builds set finished_at = ?
    where begun_at = (select max(begun_at) from raw.builds)
"""
# Whatever began after the last whole build that ended, and that build itself, shaped the tables.
SHAPED_BY = """
    select distinct transforms, settings
    from raw.builds
    where begun_at >= (
        select max(begun_at) from raw.builds where is_whole and finished_at is not null
    )
"""
LAST_BEGUN = "select max(begun_at) + to_microseconds(1) from raw.builds"


class BuildLog:
    """The part of a DuckDB warehouse that knows its builds."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._db = connection

    def begin_build(self, recipe: Recipe, *, is_whole: bool, at: datetime) -> None:
        (after_the_last,) = self._db.execute(LAST_BEGUN).fetchall()[0]
        begun_at = max(filter(None, (naive(at), after_the_last)))
        self._db.execute(BEGIN, [begun_at, recipe.transforms, _text(recipe), is_whole])

    def finish_build(self, *, at: datetime) -> None:
        self._db.execute(FINISH, [naive(at)])

    def is_built_by(self, recipe: Recipe) -> bool:
        shaped_by: list[tuple[str, str]] = self._db.execute(SHAPED_BY).fetchall()
        return shaped_by == [(recipe.transforms, _text(recipe))]


def _text(recipe: Recipe) -> str:
    return json.dumps(recipe.settings, sort_keys=True)
