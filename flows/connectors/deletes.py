"""The grammar of deletes: how it is found out that a source no longer has a record."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from flows.connectors.grammar import Duration, GrammarModel
from flows.connectors.parameters import as_texts

A_DAY = timedelta(days=1)


class Deletes(GrammarModel):
    """What a whole listing does not name is gone from the source.

    `blocked_above` is the percentage of the records held that may vanish at once; beyond it none is
    marked. A stream that is read by what changed needs a listing of its own, which is asked for
    once per `every`: its whole list, with another `path` and more `params` if it has to be.
    """

    by: Literal["sweep"]
    blocked_above: int = Field(default=20, ge=0, le=100)
    every: Duration | None = None
    path: str = ""
    params: Annotated[dict[str, str], BeforeValidator(as_texts)] = {}

    @property
    def pause(self) -> timedelta:
        """How long no listing is asked for after one."""
        return A_DAY if self.every is None else self.every

    def mistake(self, *, has_content_key: bool, is_incremental: bool) -> str:
        """Why a stream cannot have it; empty if it can."""
        if has_content_key:
            return (
                "Records known by their content cannot be told to be gone: one that changed is"
                " another one. Drop deletes, or name a key"
            )
        said: dict[str, Any] = {"every": self.every, "path": self.path, "params": self.params}
        if not is_incremental and (extra := [name for name, value in said.items() if value]):
            return f"A stream read in full is its own listing: drop {', '.join(extra)} of deletes"
        return ""


def may_be_marked(
    *, held: int, missing: int, listed: int, blocked_above: int, allowed: int = 0, rejected: int = 0
) -> bool:
    """Whether it is plausible that what a whole listing does not name is gone.

    :param held: records that were there before, and were not gone
    :param blocked_above: the percentage of them that may vanish at once
    :param allowed: so many that are missing were let pass by somebody, and do not count
    :param rejected: records of the listing of which nobody knows which they are
    """
    if rejected:
        return False
    if not listed:
        return missing <= allowed
    return (missing - allowed) * 100 <= blocked_above * held
