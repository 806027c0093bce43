"""What a tenant reads when a source says no."""

from __future__ import annotations

from collections.abc import Mapping

from flows.connectors.client import Refused
from flows.connectors.signin import LoginRefused
from flows.connectors.spec import Connector
from flows.connectors.streams import Stream


def refusal_sentence(
    *, connector: Connector, stream: Stream, refusal: Refused | LoginRefused
) -> str:
    """The connector's own sentence, if it has one for this."""
    if isinstance(refusal, Refused):
        return str(refusal)
    # Of its sentences only that for 401 is about the key; the others speak of streams.
    failure = connector.failures.get(401) if refusal.status == 401 else None
    return failure.say.replace("{stream}", stream.title) if failure else str(refusal)


def incomplete_sentence(*, connector: Connector, errors: Mapping[str, str]) -> str:
    """One sentence from those of the fields."""
    titles = {name: field.title for name, field in connector.credentials.items()}
    told = " ".join(f"{titles.get(name, name)}: {text}" for name, text in errors.items())
    return f"The credentials for {connector.title} are not complete. {told}"
