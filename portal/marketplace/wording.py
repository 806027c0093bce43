"""Sentences about connectors, for every page that shows or offers one."""

from __future__ import annotations

from flows.connectors.spec import Connector

PREVIEW = (
    "This connector is a preview: not everything in it could be checked against the vendor's own"
    " documents or a live account. Compare what it reads with what you see there."
)


def preview_sentence(connector: Connector | None) -> str:
    """Empty for a connector that is none."""
    return PREVIEW if connector is not None and connector.preview else ""


def name_in_lists(connector: Connector) -> str:
    return f"{connector.title} (preview)" if connector.preview else connector.title
