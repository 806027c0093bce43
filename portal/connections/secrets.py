"""The seam behind which credentials are kept. `settings.SECRET_STORE` names the class in use."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Protocol, cast

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.module_loading import import_string
from django_scopes import scopes_disabled

from portal.connections.models import Connection, Credentials
from portal.lib.crypto import CannotDecrypt, Keyring, Sealed
from portal.lib.errors import Refused


class SecretStore(Protocol):
    """Keeps one set of credentials for each connection."""

    def put(
        self,
        *,
        connection: Connection,
        values: Mapping[str, str],
        at: datetime,
        by: AbstractBaseUser | None,
    ) -> None: ...

    def get(self, *, connection: Connection) -> dict[str, str]:
        """:raises Refused: if there are none, or if they are not provably this connection's"""
        ...

    def forget(self, *, connection: Connection) -> None: ...

    def reseal(self) -> int:
        """Bring everything under the newest key, so that older ones can be withdrawn.

        Gives how many credentials were sealed anew.

        :raises Refused: if one cannot be opened; those before it stay resealed
        """
        ...


def secret_store() -> SecretStore:
    return cast("SecretStore", import_string(settings.SECRET_STORE)())


class EncryptedColumn:
    """Credentials in the portal's database, under versioned keys, bound to their row and tenant."""

    def __init__(self) -> None:
        self._keyring = Keyring.parse(settings.CREDENTIAL_KEYS)

    def put(
        self,
        *,
        connection: Connection,
        values: Mapping[str, str],
        at: datetime,
        by: AbstractBaseUser | None,
    ) -> None:
        sealed = self._keyring.seal(json.dumps(dict(values)).encode(), bound_to=_row(connection))
        with scopes_disabled():  # the connection is named in the call
            Credentials.objects.update_or_create(
                connection=connection,
                defaults={
                    "key_version": sealed.key_version,
                    "ciphertext": sealed.ciphertext,
                    "set_at": at,
                    "set_by_id": by.pk if by else None,
                },
            )

    def get(self, *, connection: Connection) -> dict[str, str]:
        with scopes_disabled():  # the connection is named in the call
            row = Credentials.objects.filter(connection=connection).first()  # one at most
        if row is None:
            raise Refused(f"{connection} has no credentials yet. Enter them in the portal.")
        sealed = Sealed(key_version=row.key_version, ciphertext=bytes(row.ciphertext))
        try:
            plaintext = self._keyring.open(sealed, bound_to=_row(connection))
        except CannotDecrypt as error:
            raise Refused(
                f"The credentials of {connection} cannot be read: {error} Enter them again, or"
                " restore the key that MERCURIOS_CREDENTIAL_KEYS has lost."
            ) from error
        return cast("dict[str, str]", json.loads(plaintext))

    def forget(self, *, connection: Connection) -> None:
        with scopes_disabled():  # the connection is named in the call
            Credentials.objects.filter(connection=connection).delete()

    def reseal(self) -> int:
        with scopes_disabled():  # keys are the platform's, whatever the tenant
            older = Credentials.objects.exclude(key_version=self._keyring.current)
            found = list(older.select_related("connection__tenant", "set_by"))
        for row in found:
            with transaction.atomic():
                values = self.get(connection=row.connection)
                self.put(connection=row.connection, values=values, at=row.set_at, by=row.set_by)
        return len(found)


def _row(connection: Connection) -> str:
    """What a ciphertext belongs to: moved to another row or tenant, it does not open."""
    return f"tenant:{connection.tenant.code}/connection:{connection.code}"
