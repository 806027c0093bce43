"""Bringing the credentials of all connections from one store to another."""

from __future__ import annotations

from dataclasses import dataclass, field

from django_scopes import scopes_disabled

from portal.connections.models import Credentials
from portal.connections.secrets import check_store, secret_store
from portal.lib.errors import Refused


@dataclass
class Moved:
    moved: list[str] = field(default_factory=list)
    were_there: int = 0
    refused: list[str] = field(default_factory=list)  # a sentence each; they are where they were


def move_secrets(*, to: str, by: str) -> Moved:
    """Move one connection after the other; each is wholly in one store at every moment.

    Doing it again does the rest: of a run that died, and of what was refused.

    :param to: the path of a store's class
    :raises Refused: if there is no such store
    """
    check_store(to)
    done, keeper = Moved(), secret_store()
    with scopes_disabled():  # stores are the platform's, whatever the tenant
        rows = Credentials.objects.select_related("connection__tenant").order_by("pk")
        for connection in [row.connection for row in rows]:
            try:
                if keeper.move(connection=connection, to=to, by=by):
                    done.moved.append(str(connection))
                else:
                    done.were_there += 1
            except Refused as refused:
                done.refused.append(refused.message)
    return done
