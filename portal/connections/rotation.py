"""Save what a login at a source replaced, such as a refresh token that is good only once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime

from django.db import connections

from flows.connectors.credentials import check_values
from flows.connectors.grants import LoginAuth
from flows.connectors.service import Client
from flows.connectors.spec import Connector
from portal.connections.models import Connection
from portal.connections.secrets import secret_store
from portal.connections.selectors import credentials_set_at
from portal.lib.errors import Refused
from portal.marketplace.bounded import check_values_in_time


def keep_rotated(
    *,
    connection: Connection,
    spec: Connector,
    bound_to: str,
    values: Mapping[str, str],
    set_at: datetime | None,
    who: str,
) -> None:
    """Replace what a login at this source replaces, and nothing else.

    :param spec: what the login was made with, and `bound_to` what it does with credentials
    :param set_at: when the credentials that the login was made with were entered
    :param who: who logged in, for the audit: `run 0a1b…`
    :raises Refused: if the source does not replace a field, a value is malformed, or others were
        entered meanwhile
    """
    rotates = rotated_field(spec)
    for name in values:
        if name != rotates:
            raise Refused(
                f"A login at {spec.title} does not replace {name}. Leave it out.", field=name
            )
    if set_at is None:
        raise Refused(f"{connection} has no credentials any more.")
    if bound_to:  # uploaded, and the source chose the value that its pattern is tried on
        check_values_in_time(spec, values)
    fields = {name: spec.credentials[name] for name in values}
    clean, errors = check_values(fields=fields, values=values)
    # An optional field may be left empty by people, but no login replaces a value by nothing.
    for name in values:
        if name not in clean:
            raise Refused(errors.get(name, "Enter a value."), field=name)
    secret_store().replace(
        connection=connection, values=clean, set_at=set_at, bound_to=bound_to, who=who
    )


def keeper_of(
    connection: Connection, *, spec: Connector, bound_to: str, who: str
) -> Callable[[Mapping[str, str]], None]:
    """Saves what a login replaces while a source is tried, which logs in on a thread of its own.

    To be made before the credentials are read, so that newer ones stay.
    """
    set_at, here = credentials_set_at(connection), threading.get_ident()

    def keep(values: Mapping[str, str]) -> None:
        try:
            keep_rotated(
                connection=connection,
                spec=spec,
                bound_to=bound_to,
                values=values,
                set_at=set_at,
                who=who,
            )
        finally:
            if threading.get_ident() != here:
                connections.close_all()  # those of this thread, which nobody else would close

    return keep


def rotated_field(spec: Connector) -> str | None:
    """The credential that a login replaces, if it does."""
    auth = spec.client.auth if isinstance(spec.client, Client) else None
    return auth.rotates if isinstance(auth, LoginAuth) else None
