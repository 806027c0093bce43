"""The grammar of one stream: where its records are, what tells them apart, and how to read them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from flows.connectors.deletes import Deletes
from flows.connectors.formats import Records, RecordsIn
from flows.connectors.grammar import GrammarModel, JsonPath
from flows.connectors.jobs import Job
from flows.connectors.json_path import steps, written
from flows.connectors.loads import (
    ChangedClient,
    ChangedFilter,
    ChangedParameter,
    ChangedParent,
    FullLoad,
    Load,
)
from flows.connectors.moments import Change
from flows.connectors.pages import NoPages, Pages
from flows.connectors.parameters import as_texts
from flows.connectors.personal import Personal

CONTENT = "content"
Key = Annotated[
    tuple[JsonPath, ...], BeforeValidator(lambda key: () if key == CONTENT else _not_empty(key))
]


# How a field is read where it becomes a column; `transforms/macros/kinds.sql` says what each means.
Kind = Literal[
    "text", "key", "whole", "quantity", "percent", "money", "flag", "day", "moment", "json"
]


class Stream(GrammarModel):
    """One list of records.

    `has_history` marks a list of things that happened, where a tenant may choose from when on it
    is read. What is, such as master data and stock, is always read from its beginning: an article
    that has not changed for years is still sold.

    A stream with `each` is asked for once per record of that stream, whose fields `with` are added
    to its own. An empty `key` means that the source has none: then the content is the key.

    `fields` are the top-level fields that become columns on arrival, in the engine that can do so.
    """

    path: str = ""
    title: str = ""
    key: Key
    method: Literal["get", "post"] | None = None
    params: dict[str, str] = {}
    body: dict[str, Any] | list[Any] | None = None
    graphql: str | None = Field(default=None, min_length=1)
    records: RecordsIn = Records()
    fields: dict[str, Kind] = {}
    each: str | None = None
    with_: dict[str, JsonPath] = Field(default={}, alias="with")
    changed: Change | None = None
    load: Load
    deletes: Deletes | None = None
    drift: Literal["evolve", "freeze", "quarantine"] = "evolve"
    pages: Pages = NoPages()
    job: Job | None = None
    personal: Personal = Personal()
    required: bool = False
    has_history: bool = False

    @field_validator("params", mode="before")
    @classmethod
    def _are_texts(cls, params: Any) -> Any:
        return as_texts(params)

    @model_validator(mode="after")
    def _lands_what_reading_needs(self) -> Stream:
        paths = [
            steps(path) for path in (*self.key, *([self.changed.take] if self.changed else []))
        ]
        needed = {path[0] for path in paths}
        whole = {".".join(path) for path in paths}
        if private := self.personal.marked(needed | whole):
            raise ValueError(f"Needed for reading, so it cannot be personal: {', '.join(private)}")
        if missing := self.personal.unjudged(needed):
            raise ValueError(f"Needed for reading, so add it to known: {', '.join(missing)}")
        inside = sorted({".".join(path) for path in paths if len(path) > 1})
        if inside and self.personal.known is not None:
            raise ValueError(
                f"Needed for reading, but known lets no object land: {', '.join(inside)}"
            )
        return self

    @model_validator(mode="after")
    def _can_be_read(self) -> Stream:
        if not self.path and self.job is None:
            raise ValueError("Say where it is: path is missing")
        if self.is_incremental and not self.counts and self.changed is None:
            raise ValueError("Reading what changed needs to know the field: add changed")
        if self.has_history and not self.is_incremental:
            raise ValueError("A stream read in full has no beginning to choose: drop has_history")
        if self.has_history and self.counts:
            raise ValueError("A counter knows no days, so none can be chosen: drop has_history")
        if self.method == "get" and self.is_post:
            raise ValueError("A GET has no body: drop method, or write method: post")
        if self.graphql is not None and not isinstance(self.body or {}, dict):
            raise ValueError("The body of GraphQL is an object with variables")
        self._check_places()
        self._check_parent()
        self._check_deletes()
        return self

    def _check_places(self) -> None:
        if isinstance(self.load, ChangedParameter | ChangedFilter):
            has_body = self.is_post if self.job is None else self.job.start.method == "post"
            if self.load.place == "body" and not has_body:
                raise ValueError("Only a POST has a body: add method: post")
        if not isinstance(self.pages, NoPages) and self.pages.place == "body" and not self.is_post:
            raise ValueError("Only a POST has a body: add method: post")

    def _check_parent(self) -> None:
        if self.each is None and self.with_:
            raise ValueError("with is for a stream that is asked for each record of another")
        if isinstance(self.load, ChangedParent):
            take = self.changed.take if self.changed else ""
            if self.each is None or written(take) not in self.with_:
                raise ValueError(
                    "The parent's time of change has to be in the record: "
                    "add it to with, and take it in changed"
                )

    def _check_deletes(self) -> None:
        if self.deletes is None:
            return
        mistake = self.deletes.mistake(
            has_content_key=self.has_content_key, is_incremental=self.is_incremental
        )
        if mistake:
            raise ValueError(mistake)

    @property
    def is_incremental(self) -> bool:
        return not isinstance(self.load, FullLoad)

    @property
    def counts(self) -> bool:
        """Whether what changed is told by a number that the source counts."""
        return not isinstance(self.load, FullLoad) and self.load.counter is not None

    @property
    def needs_probe(self) -> bool:
        """Whether it has to be tried if the source can say what changed in this stream."""
        return not isinstance(self.load, FullLoad) and self.load.probe

    @property
    def has_content_key(self) -> bool:
        """Whether a record is known by its content, because the source has no key."""
        return not self.key

    @property
    def is_post(self) -> bool:
        return self.method == "post" or self.body is not None or self.graphql is not None

    @property
    def drops_older(self) -> bool:
        """Whether what did not change is dropped here."""
        return isinstance(self.load, ChangedClient)

    def templates(self) -> Iterator[tuple[str, str]]:
        """The texts into which credentials and fields of the parent may be filled, with places."""
        yield "path", self.path
        for name, text in self.params.items():
            yield f"params.{name}", text
        yield from _texts("body", self.body)
        if self.deletes is not None:
            yield "deletes.path", self.deletes.path
            yield from _texts("deletes.params", self.deletes.params)
        if isinstance(self.load, ChangedFilter):
            yield "load.write", self.load.write
            yield "load.until", self.load.until or ""
        if self.job is not None:
            yield "job.start.path", self.job.start.path
            for name, text in self.job.start.params.items():
                yield f"job.start.params.{name}", text
            yield from _texts("job.start.body", self.job.start.body)
            yield "job.poll", self.job.poll
            yield "job.download", self.job.download or ""


def _not_empty(key: object) -> object:
    if not isinstance(key, list | tuple) or not key:
        raise ValueError("Write the fields that tell records apart, like [id], or content")
    return key


def _texts(where: str, value: Any) -> Iterator[tuple[str, str]]:
    match value:
        case str():
            yield where, value
        case dict():
            for name, member in value.items():
                yield from _texts(f"{where}.{name}", member)
        case list():
            for place, item in enumerate(value):
                yield from _texts(f"{where}.{place}", item)
