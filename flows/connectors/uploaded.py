"""A connector that was uploaded into the portal: it comes as text, and not from a folder."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flows.connectors.catalog import connector
from flows.connectors.document import DocumentInvalid, parse_document
from flows.connectors.graphql import with_questions
from flows.connectors.spec import Connector, ConnectorInvalid, parse_connector


@dataclass(frozen=True)
class ConnectorDocument:
    """One version: `text` is its connector.yaml, `questions` its files of GraphQL by name."""

    version: int
    digest: str
    text: str
    questions: Mapping[str, str] = field(default_factory=dict)


def digest_of(text: str, questions: Mapping[str, str]) -> str:
    """The SHA-256 of all texts of a version. None of them holds the byte that parts them."""
    texts = [text, *(part for name in sorted(questions) for part in (name, questions[name]))]
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def connector_from(name: str, document: ConnectorDocument) -> Connector:
    """:raises ConnectorInvalid: if it is none, is another one, or is not what was uploaded"""
    if digest_of(document.text, document.questions) != document.digest:
        raise ConnectorInvalid(f"{name}: Its text was changed after it was uploaded")
    try:
        found = with_questions(parse_document(document.text), document.questions)
    except DocumentInvalid as error:
        raise ConnectorInvalid(f"{name}: {error}") from None
    return parse_connector(name=name, document=found)


def connector_of_job(name: str, sent: Mapping[str, Any] | None) -> Connector:
    """What a run reads with: the version that came with its job, or else the one we have.

    :raises ConnectorInvalid: if what was sent is no connector
    :raises UnknownConnector: if nothing was sent and there is none of that name
    """
    if sent is None:
        return connector(name)
    return connector_from(name, ConnectorDocument(**sent))
