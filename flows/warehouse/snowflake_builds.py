"""By what the models of a Snowflake warehouse were built: noted before a build, and after it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime

from flows.warehouse import snowflake_sql as sql
from flows.warehouse.moments import naive
from flows.warehouse.snowflake_connection import SnowflakeConnection
from flows.warehouse.warehouse import Recipe


class SnowflakeBuildLog:
    """The part of a Snowflake warehouse that knows its builds."""

    _loader: Callable[[], SnowflakeConnection]

    def begin_build(self, recipe: Recipe, *, is_whole: bool, at: datetime) -> None:
        (after_the_last,) = self._loader().rows(sql.LAST_BEGUN)[0]
        begun_at = max(filter(None, (naive(at), after_the_last)))
        self._loader().run(
            sql.BEGIN_BUILD,
            {
                "begun_at": begun_at.isoformat(sep=" ", timespec="microseconds"),
                "transforms": recipe.transforms,
                "settings": _text(recipe),
                "is_whole": is_whole,
            },
        )

    def finish_build(self, *, at: datetime) -> None:
        finished_at = naive(at).isoformat(sep=" ", timespec="microseconds")
        self._loader().run(sql.FINISH_BUILD, {"finished_at": finished_at})

    def is_built_by(self, recipe: Recipe) -> bool:
        return self._loader().rows(sql.SHAPED_BY) == [(recipe.transforms, _text(recipe))]


def _text(recipe: Recipe) -> str:
    return json.dumps(recipe.settings, sort_keys=True)
