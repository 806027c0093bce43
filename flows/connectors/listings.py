"""The lists by which it is found out what a source no longer has, as streams beside the others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flows.connectors.loads import FullLoad
from flows.connectors.spec import Connector
from flows.connectors.streams import Stream

_LISTING = "__listing"


def listing_name(stream: str) -> str:
    """Two underscores in a row are in no name of a stream."""
    return stream + _LISTING


def listed_by(name: str) -> str:
    """The stream that is listed, or the stream itself."""
    return name.removesuffix(_LISTING)


def listing_of(stream: Stream) -> Stream:
    """All that there is of a stream, with its key and perhaps nothing else.

    :raises ValueError: if the stream has no `deletes`
    """
    if stream.deletes is None:
        raise ValueError(f"{stream.title} has no deletes")
    return stream.model_copy(
        update={
            "load": FullLoad(by="full"),
            "path": stream.deletes.path or stream.path,
            "params": {**stream.params, **stream.deletes.params},
            "changed": None,  # a list of ids does not say it
            "has_history": False,
            "fields": {},
            "drift": "evolve",
            "deletes": None,
        }
    )


def with_listings(connector: Connector) -> Connector:
    """The connector, with a listing beside each stream that is read by what changed."""
    listings = {
        listing_name(name): listing_of(stream)
        for name, stream in connector.streams.items()
        if stream.deletes is not None and stream.is_incremental
    }
    if not listings:
        return connector
    return connector.model_copy(update={"streams": {**connector.streams, **listings}})


def listing_in_yaml(spec: Mapping[str, Any]) -> dict[str, Any]:
    """What a connector.yaml would say of the listing of a stream, for whoever plays the source."""
    deletes = spec["deletes"]
    return {
        **spec,
        "load": "full",
        "path": deletes.get("path") or spec.get("path", ""),
        "params": {**(spec.get("params") or {}), **(deletes.get("params") or {})},
    }
