"""The grammar of a connector.yaml: what can be read, how, and what a tenant is asked for.

Pure data. The portal draws its form from it and the flows read with it, so importing it is cheap.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from flows.connectors.auth import Auth, SessionAuth
from flows.connectors.credentials import CredentialField, CredentialsInvalid, check_values
from flows.connectors.grammar import GrammarModel, Template, placeholders
from flows.connectors.loads import Change, FullLoad, Load
from flows.connectors.pages import Ask, NoPages, Pages
from flows.connectors.personal import Personal

# Names become parts of table names and paths; two underscores in a row separate connector and
# stream.
_NAME = r"[a-z][a-z0-9]*(_[a-z0-9]+)*"
Name = Annotated[str, Field(pattern=f"^{_NAME}$", max_length=40)]


class ConnectorInvalid(Exception):
    """A connector.yaml is wrong; the text says where and what."""


def _relative(path: str) -> str:
    if not re.fullmatch(r"[\w.~-]+(/[\w.~-]+)*", path, re.ASCII) or ".." in path:
        raise ValueError("Write a path below the base address, like sale or v2/products")
    return path


class Stream(GrammarModel):
    """One list of records. `records` is the path of the list; without it the answer is the list.

    `has_history` marks a list of things that happened, where a tenant may choose from when on it
    is read. What is, such as master data and stock, is always read from its beginning: an article
    that has not changed for years is still sold.
    """

    path: Annotated[str, AfterValidator(_relative)]
    title: str = ""
    key: tuple[str, ...] = Field(min_length=1)
    records: str | None = None
    changed: Change | None = None
    load: Load
    pages: Pages = NoPages()
    personal: Personal = Personal()
    required: bool = False
    has_history: bool = False

    @model_validator(mode="after")
    def _can_be_read(self) -> Stream:
        needed = {*self.key, *([self.changed.take] if self.changed else [])}
        if private := self.personal.marked(needed):
            raise ValueError(f"Needed for reading, so it cannot be personal: {', '.join(private)}")
        if missing := self.personal.unjudged(needed):
            raise ValueError(f"Needed for reading, so add it to known: {', '.join(missing)}")
        if self.is_incremental and self.changed is None:
            raise ValueError("Reading what changed needs to know the field: add changed")
        if self.has_history and not self.is_incremental:
            raise ValueError("A stream read in full has no beginning to choose: drop has_history")
        return self

    @property
    def is_incremental(self) -> bool:
        return not isinstance(self.load, FullLoad)

    @property
    def needs_probe(self) -> bool:
        """Whether it has to be tried if the source can say what changed in this stream."""
        return not isinstance(self.load, FullLoad) and self.load.probe

    def opening(
        self, *, since: datetime | None, time_zone: tzinfo, limit: int | None = None
    ) -> tuple[str, Ask]:
        """The path and the first question of a read. The overlap is taken off `since` here."""
        ask = self.pages.first(limit=limit)
        if since is None or isinstance(self.load, FullLoad) or self.changed is None:
            return self.path, ask
        text = self.changed.write(since - self.load.overlap, time_zone=time_zone)
        return self.load.path(self.path, text), Ask(params={**ask.params, **self.load.params(text)})


class Client(GrammarModel):
    """Where to knock and how often. `{host}` in the base address is the host the login named."""

    base_url: Template
    auth: Auth
    requests_per_second: float = Field(gt=0, le=100)
    probe: str


def _final_status(failures: dict[int, str]) -> dict[int, str]:
    for status, sentence in failures.items():
        if not 400 <= status <= 499 or status in (408, 429):
            raise ValueError(f"{status} is not final: it is tried again")
        if not sentence.strip() or set(placeholders(sentence)) - {"stream"}:
            raise ValueError(f"{status} needs a sentence; only {{stream}} can be filled in")
    return failures


class Connector(GrammarModel):
    name: Name
    title: str = Field(min_length=1)
    credentials: dict[Name, CredentialField]
    client: Client
    failures: Annotated[dict[int, str], AfterValidator(_final_status)] = {}
    streams: dict[Name, Stream] = Field(min_length=1)

    @field_validator("streams")
    @classmethod
    def _have_titles(cls, streams: dict[str, Stream]) -> dict[str, Stream]:
        return {
            name: stream.model_copy(update={"title": stream.title or _title(name)})
            for name, stream in streams.items()
        }

    @model_validator(mode="after")
    def _fits_together(self) -> Connector:
        if self.client.probe not in self.streams:
            raise ValueError(f"client.probe: There is no stream {self.client.probe}")
        for name in self.client.auth.fields():
            if name not in self.credentials:
                raise ValueError(f"client.auth: There is no credential {name}")
        for where, template in (("base_url", self.client.base_url), *self.client.auth.templates()):
            self._check_address(f"client.{where}", template)
        return self

    def _check_address(self, where: str, template: str) -> None:
        """An address may only be built from what cannot lead elsewhere and may be seen in a log."""
        host = isinstance(self.client.auth, SessionAuth) and self.client.auth.host
        for name in placeholders(template):
            if name == "host" and host and where == "client.base_url":
                continue
            field = self.credentials.get(name)
            if field is None:
                raise ValueError(f"{where}: There is no credential {name}")
            if not field.is_safe_in_url:
                raise ValueError(
                    f"{where}: {name} becomes part of an address, so it needs a pattern and must "
                    "not be secret"
                )
            if field.kind == "url" and not template.startswith(f"{{{name}}}"):
                raise ValueError(f"{where}: {name} is a whole address, so it has to come first")
        if not template.startswith(("https://", "{")):
            raise ValueError(f"{where}: Write an address that begins with https://")


def parse_connector(*, name: str, document: Mapping[str, Any]) -> Connector:
    """Check a document and give the connector it describes.

    :param name: of its folder, which must be the connector's own
    :raises ConnectorInvalid: one sentence, such as
        `prohandel: streams.sales.pth: Extra inputs are not permitted`
    """
    defaults = document.get("defaults") or {}
    streams = document.get("streams")
    merged = {key: value for key, value in document.items() if key != "defaults"}
    if isinstance(defaults, Mapping) and isinstance(streams, Mapping):
        merged["streams"] = {
            stream: {**defaults, **own} if isinstance(own, Mapping) else own
            for stream, own in streams.items()
        }
    try:
        connector = Connector.model_validate(merged)
    except ValidationError as error:
        raise ConnectorInvalid(
            f"{name}: {'; '.join(_sentences(error, document, merged))}"
        ) from None
    if connector.name != name:
        raise ConnectorInvalid(f"{name}: name: It must be the name of its folder, {name}")
    return connector


def validate_credentials(connector: Connector, values: Mapping[str, str | None]) -> dict[str, str]:
    """The values trimmed and complete, defaults included; empty optional fields are left out.

    :raises CredentialsInvalid: with a sentence for each field, none of which repeats a value
    """
    clean, errors = check_values(fields=connector.credentials, values=values)
    if errors:
        raise CredentialsInvalid(errors)
    return clean


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _sentences(
    error: ValidationError, document: Mapping[str, Any], merged: Mapping[str, Any]
) -> Iterator[str]:
    told = set()
    for problem in error.errors(include_input=False, include_url=False):
        path = _path(problem["loc"], document, merged)
        sentence = problem["msg"].removeprefix("Value error, ")
        told.add(f"{path}: {sentence}" if path else sentence)
    yield from sorted(told)


def _path(loc: tuple[int | str, ...], document: Mapping[str, Any], merged: Any) -> str:
    """Where it stands in the file: without the tags pydantic adds, and in `defaults` if there."""
    steps: list[str] = []
    here = merged
    for step in loc:
        is_inside = isinstance(here, Mapping) and step in here
        if is_inside or step == loc[-1]:
            steps.append(str(step))
        if is_inside:
            here = here[step]
    if len(steps) > 2 and steps[0] == "streams":
        own = document["streams"].get(steps[1])
        if isinstance(own, Mapping) and steps[2] not in own and steps[2] in document["defaults"]:
            steps[:2] = ["defaults"]
    return ".".join(steps)
