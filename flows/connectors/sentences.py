"""What a tenant reads when a source says no."""

from __future__ import annotations

from collections.abc import Mapping

from flows.connectors.client import Refused
from flows.connectors.signin import LoginRefused
from flows.connectors.spec import Connector, Stream


def refusal_sentence(
    *, connector: Connector, stream: Stream, refusal: Refused | LoginRefused
) -> str:
    """The connector's own sentence for the status, if it has one."""
    advice = connector.failures.get(refusal.status or 0)
    if isinstance(refusal, LoginRefused):
        # The sentences for other statuses speak of streams.
        return advice if advice and refusal.status == 401 else str(refusal)
    return advice.replace("{stream}", stream.title) if advice else f"{stream.title}: {refusal}"


def incomplete_sentence(*, connector: Connector, errors: Mapping[str, str]) -> str:
    """One sentence from those of the fields."""
    titles = {name: field.title for name, field in connector.credentials.items()}
    told = " ".join(f"{titles.get(name, name)}: {text}" for name, text in errors.items())
    return f"The credentials for {connector.title} are not complete. {told}"
