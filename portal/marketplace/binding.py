"""What credentials are bound to: what a connector asks for, and where it sends it.

Credentials were entered for one connector as it was then. Another version that asks for other
values, or sends them elsewhere, does not get them: somebody has to enter them again.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any
from urllib.parse import urlsplit

from flows.connectors.service import Client
from flows.connectors.spec import Connector

# Of a client, what decides neither where a request goes nor what signs it.
NOT_BINDING = frozenset(
    {"limits", "requests_per_second", "throttle", "wait", "at_once", "probe", "headers"}
)
# How a field is explained may change.
WORDS = frozenset({"title", "help"})


def binding_of(connector: Connector) -> str:
    """Equal for two versions that credentials may be kept for."""
    text = json.dumps(_bound(connector), sort_keys=True, default=_in_order)
    return hashlib.sha256(text.encode()).hexdigest()


def addresses_of(connector: Connector) -> list[str]:
    """Where it sends credentials, in words: with their gaps, such as https://{shop}.example."""
    if not isinstance(connector.client, Client):
        return ["the place that is entered with them"]
    api = connector.client
    templates = [api.base_url, *(address for _, address in api.auth.templates())]
    return list(dict.fromkeys(_in_words(connector, _host(each)) for each in templates))


def _in_words(connector: Connector, host: str) -> str:
    """An address that is a credential itself is called by its title."""
    field = connector.credentials.get(host.strip("{}"))
    return host if field is None or field.kind != "url" else f"the address entered as {field.title}"


def _bound(connector: Connector) -> dict[str, Any]:
    dumped = connector.model_dump()
    client = {name: each for name, each in dumped["client"].items() if name not in NOT_BINDING}
    if "base_url" in client:
        # Below the same host a path may change, as from one version of the API to the next.
        client["base_url"] = _host(client["base_url"])
    credentials = {
        name: {key: each for key, each in field.items() if key not in WORDS}
        for name, field in dumped["credentials"].items()
    }
    elsewhere = [
        found for stream in dumped["streams"].values() for found in _hosts_of(stream) if found
    ]
    return {
        "name": connector.name,
        "client": client,
        "credentials": credentials,
        "elsewhere": sorted(elsewhere),
    }


def _in_order(value: object) -> object:
    """A set has no order, and would bind differently in each process."""
    return sorted(value) if isinstance(value, frozenset) else str(value)


def _hosts_of(value: Any) -> list[str]:
    """Other hosts that a stream's results may be fetched from."""
    if isinstance(value, dict):
        own = [str(each) for each in value.get("result_hosts") or []]
        return own + [host for inner in value.values() for host in _hosts_of(inner)]
    return []


def _host(template: str) -> str:
    if not template.startswith("https://"):
        # The address itself is a credential, as in {address}/api.
        return template.partition("/")[0]
    parts = urlsplit(template.replace("{", "(").replace("}", ")"))
    return f"{parts.scheme}://{parts.netloc}".replace("(", "{").replace(")", "}")
