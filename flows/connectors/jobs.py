"""Reports that a source makes while we wait: ask for it, look whether it is done, fetch it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from flows.connectors.grammar import Duration, GrammarModel, JsonPath

HostName = Annotated[str, Field(pattern=r"^(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)+$")]


class JobStart(GrammarModel):
    """The question that starts the report. The stream's load adds to it what is asked for."""

    path: str
    method: Literal["post", "get"] = "post"
    params: dict[str, str] = {}
    body: dict[str, Any] | None = None


class Job(GrammarModel):
    """`{job}` in a path is what was found at `id` in the answer to the start.

    `state` in the answer to a poll is compared with the lists without regard to case; what is in
    none of them is still being made. The records are at the address found at `result`, or at
    `download`. A result on another host is fetched, without a key, only if `result_hosts` names it.
    """

    start: JobStart
    id: JsonPath
    poll: str
    every: Duration
    at_most: Duration
    state: JsonPath
    done: tuple[str, ...] = Field(min_length=1)
    failed: tuple[str, ...] = ()
    cancelled: tuple[str, ...] = ()
    result: JsonPath | None = None
    download: str | None = None
    result_hosts: frozenset[HostName] = frozenset()

    @field_validator("every", "at_most")
    @classmethod
    def _is_some_time(cls, duration: Any) -> Any:
        if duration.total_seconds() <= 0:
            raise ValueError("Write a duration longer than nothing")
        return duration

    @model_validator(mode="after")
    def _fits_together(self) -> Job:
        if (self.result is None) == (self.download is None):
            raise ValueError("Say where the records are: either result or download")
        if self.result_hosts and self.result is None:
            raise ValueError("result_hosts is for a result: drop it")
        states = [state.casefold() for state in (*self.done, *self.failed, *self.cancelled)]
        if twice := sorted({state for state in states if states.count(state) > 1}):
            raise ValueError(f"A state has one meaning: {', '.join(twice)}")
        return self
