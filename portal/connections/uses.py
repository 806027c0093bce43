"""The audit of credentials: who set, read, moved or removed them, and when."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from portal.connections.models import Connection, CredentialUse

if TYPE_CHECKING:
    from django.db.models import QuerySet

# Every run reads once; what people did is kept for good.
READS_KEPT = timedelta(days=90)
MOST_CHARACTERS = 160


def record_use(connection: Connection, *, act: str, who: str, store: str) -> CredentialUse:
    use = CredentialUse.objects.create(
        connection_code=connection.code,
        connection_name=str(connection),
        act=act,
        who=who[:MOST_CHARACTERS],
        store=store,
    )
    if act == CredentialUse.Act.READ:
        older = uses_of(connection).filter(act=act, at__lt=use.at - READS_KEPT)
        older.delete()
    return use


def uses_of(connection: Connection) -> QuerySet[CredentialUse]:
    """Newest first."""
    found = CredentialUse.objects.filter(connection_code=connection.code)
    return found.order_by("-at", "-pk")
