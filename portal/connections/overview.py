"""Connections with all that belongs to them but the secrets."""

from __future__ import annotations

from django.db.models import QuerySet

from portal.connections import selectors
from portal.connections.models import Connection


def connections_in_full() -> QuerySet[Connection]:
    """The connections of the tenant in scope; the sealed credentials stay in the database."""
    found = selectors.connections().select_related("credentials", "pipeline")
    return found.defer("credentials__ciphertext")
