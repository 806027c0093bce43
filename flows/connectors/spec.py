"""The grammar of a connector.yaml: what can be read, how, and what a tenant is asked for.

Pure data. The portal draws its form from it and the flows read with it, so importing it is cheap.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import (
    Discriminator,
    Field,
    Tag,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from flows.connectors.credentials import CredentialField, CredentialsInvalid, check_values
from flows.connectors.defaults import filled_in
from flows.connectors.failures import AnswerRules, Failure, Failures, usual_failures
from flows.connectors.files.grammar import FilesClient, check_pattern
from flows.connectors.grammar import GrammarModel, only_of, placeholders, titled
from flows.connectors.json_path import steps, written
from flows.connectors.loads import ChangedParent
from flows.connectors.mistakes import sentences
from flows.connectors.parents import needed
from flows.connectors.service import Client
from flows.connectors.streams import Stream
from flows.connectors.templates import names_in

# Names become parts of table names and paths; two underscores in a row separate connector and
# stream.
_NAME = r"[a-z][a-z0-9]*(_[a-z0-9]+)*"
Name = Annotated[str, Field(pattern=f"^{_NAME}$", max_length=40)]
# What may stand in a path unquoted, by RFC 3986; the names in braces are filled in quoted.
_SEGMENT = r"(?:[\w.~:@!$&'()*+,;=-]|\{[^{}\s]+\})+"
_RELATIVE = re.compile(rf"{_SEGMENT}(/{_SEGMENT})*", re.ASCII)
_MOST_ANCESTORS = 3
_Titled = TypeVar("_Titled", CredentialField, Stream)


class ConnectorInvalid(Exception):
    """A connector.yaml is wrong; the text says where and what."""


def _kind_of_client(value: Any) -> str:
    has_files = "files" in value if isinstance(value, Mapping) else isinstance(value, FilesClient)
    return "of files" if has_files else "of an API"


class Connector(GrammarModel):
    """`preview` says that not all of its facts could be checked at the source.

    What has no title is called by its name; a status without a sentence has the usual one.
    """

    name: Name
    title: str = Field(default="", validate_default=True)
    preview: bool = False
    credentials: dict[Name, CredentialField]
    client: Annotated[
        Annotated[Client, Tag("of an API")] | Annotated[FilesClient, Tag("of files")],
        Discriminator(_kind_of_client),
    ]
    failures: Failures = Field(default={}, validate_default=True)
    answers: AnswerRules = ()
    streams: dict[Name, Stream] = Field(min_length=1)

    @property
    def api(self) -> Client:
        """How its API is asked.

        :raises TypeError: if it reads files
        """
        if not isinstance(self.client, Client):
            raise TypeError(f"{self.name} reads files and has no API")
        return self.client

    @field_validator("title")
    @classmethod
    def _has_a_title(cls, title: str, info: ValidationInfo) -> str:
        return title or titled(info.data.get("name", ""))

    @field_validator("credentials", "streams")
    @classmethod
    def _have_titles(cls, parts: dict[str, _Titled]) -> dict[str, _Titled]:
        return {
            name: part.model_copy(update={"title": part.title or titled(name)})
            for name, part in parts.items()
        }

    @field_validator("failures")
    @classmethod
    def _and_the_usual_ones(
        cls, own: dict[int, Failure], info: ValidationInfo
    ) -> dict[int, Failure]:
        client, fields = info.data.get("client"), info.data.get("credentials")
        if not isinstance(client, Client) or fields is None or "title" not in info.data:
            return own  # files answer with no status; and what is wrong is told anyway
        needed, address = [*client.auth.fields()], placeholders(client.base_url)
        usual = usual_failures(
            source=info.data["title"],
            keys={
                field.title: field.help
                for name, field in fields.items()
                if name in needed and field.kind != "url"
            },
            address=[field.title for name, field in fields.items() if name in address],
        )
        return usual | own

    @model_validator(mode="after")
    def _fits_together(self) -> Connector:
        if self.client.probe not in self.streams:
            raise ValueError("client.probe: " + only_of("stream", self.client.probe, self.streams))
        if isinstance(self.client, Client):
            self.client.check(self.credentials)
        else:
            self._check_files(self.client)
        for name, stream in self.streams.items():
            self._check_parents(name, stream)
            self._check_templates(name, stream)
            if stream.each is not None:
                self._check_with(name, stream, self.streams[stream.each])
        return self

    def _check_files(self, client: FilesClient) -> None:
        for name in client.fields():
            if name not in self.credentials:
                raise ValueError(f"client.files: There is no credential {name}")
        for name, stream in self.streams.items():
            if stream.counts:
                raise ValueError(
                    f"streams.{name}.load: A file has a time and no counter: write overlap instead"
                )

    def _check_parents(self, name: str, stream: Stream) -> None:
        ancestors: list[str] = []
        here = stream
        while here.each is not None:
            if here.each not in self.streams:
                raise ValueError(
                    f"streams.{name}.each: " + only_of("stream", here.each, self.streams)
                )
            ancestors.append(here.each)
            if here.each == name or len(ancestors) > _MOST_ANCESTORS:
                raise ValueError(
                    f"streams.{name}.each: A stream has at most {_MOST_ANCESTORS} streams above "
                    "it, and never itself"
                )
            here = self.streams[here.each]
        if isinstance(stream.load, ChangedParent) and not self.streams[ancestors[0]].is_incremental:
            raise ValueError(
                f"streams.{name}.load: {ancestors[0]} is read in full each time, so it cannot say "
                "which of its records changed"
            )

    def _check_with(self, name: str, stream: Stream, parent: Stream) -> None:
        # Of one record there is no question which: a shop's time zone can be had without naming it.
        is_one = parent.records.form == "single"
        if not needed(stream) and not (is_one and stream.with_):
            raise ValueError(
                f"streams.{name}.each: Say which {stream.each} is meant, like "
                f"path: {stream.each}/{{{stream.each}.id}}/{name}"
            )
        for field, path in stream.with_.items():
            if _lands(parent, steps(path)[0], written(path)) or not _lands(stream, field):
                continue
            raise ValueError(
                f"streams.{name}.with.{field}: {written(path)} of {stream.each} is personal; "
                "mark it here, too"
            )

    def _check_templates(self, name: str, stream: Stream) -> None:
        at = f"streams.{name}"
        if isinstance(self.client, FilesClient):
            _located(f"{at}.path", check_pattern, stream.path)
            return
        paths = {"path": stream.path}
        if stream.deletes is not None and stream.deletes.path:
            paths["deletes.path"] = stream.deletes.path
        if (job := stream.job) is not None:
            named = {"start.path": job.start.path, "poll": job.poll, "download": job.download}
            paths |= {f"job.{where}": path for where, path in named.items() if path is not None}
        for where, path in paths.items():
            if path or where != "path":
                _located(f"{at}.{where}", _relative, path)
        for where, template in stream.templates():
            for name_in_braces, field in names_in(template):
                self._check_name(f"{at}.{where}", stream, name_in_braces, field)

    def _check_name(self, where: str, stream: Stream, name: str, field: str | None) -> None:
        if field is not None:
            if name != stream.each:
                raise ValueError(f"{where}: {name} is not the stream in each")
            return
        if name in ("since", "until") and ".load." in where:
            return
        if name == "job" and where.endswith((".poll", ".download")):
            return
        credential = self.credentials.get(name)
        if credential is None:
            raise ValueError(f"{where}: There is no credential {name}")
        if not credential.is_safe_in_url or credential.kind == "url":
            raise ValueError(
                f"{where}: {name} is seen by whoever sees the request, so it needs a pattern and "
                "must not be secret"
            )


def parse_connector(*, name: str, document: Mapping[str, Any]) -> Connector:
    """Check a document and give the connector it describes.

    :param name: of its folder, which must be the connector's own
    :raises ConnectorInvalid: one sentence, such as
        `prohandel: streams.sales.pages.by: There is no paging "nummer"; did you mean number? …`
    """
    merged = filled_in(document)
    known: dict[int, list[str]] = {}
    try:
        connector = Connector.model_validate(merged, context=known)
    except ValidationError as error:
        told = sentences(error, document=document, merged=merged, known=known)
        raise ConnectorInvalid(f"{name}: {'; '.join(told)}") from None
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


def _relative(path: str) -> str:
    if not _RELATIVE.fullmatch(path) or ".." in path:
        raise ValueError("Write a path below the base address, like sale or v2/products")
    return path


def _located(where: str, check: Any, text: str) -> None:
    try:
        check(text)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None


def _lands(stream: Stream, *fields: str) -> bool:
    """Whether nothing is said that keeps a field back as personal."""
    return not stream.personal.marked(fields) and not stream.personal.unjudged(fields[:1])
