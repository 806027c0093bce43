"""Where credentials are kept. `settings.SECRET_STORE` names the class that new ones go to.

Each row says which store holds its credentials, so that another setting loses none of the old ones:
they are read where they are until `manage.py move_secrets` has moved them.
"""

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

from portal.connections.models import IN_THE_DATABASE, Connection, Credentials, CredentialUse
from portal.connections.selectors import enter_again
from portal.connections.uses import record_use
from portal.lib.crypto import CannotDecrypt, Keyring, Sealed
from portal.lib.errors import Refused

IN_SECRETS_MANAGER = "portal.connections.secrets_aws.SecretsManager"
A_PROGRAM = "a program"


class SecretStore(Protocol):
    """Keeps one set of credentials for each connection; the last one put is the one it has."""

    def seal(self, *, connection: Connection, values: Mapping[str, str]) -> Sealed:
        """Keep them. Gives what the portal's row has to remember."""
        ...

    def open(self, *, connection: Connection, sealed: Sealed) -> dict[str, str]:
        """:raises Refused: if they are not there, or not provably this connection's"""
        ...

    def forget(self, *, connection: Connection) -> None:
        """Remove them; that there are none is fine."""
        ...

    def is_newest(self, sealed: Sealed) -> bool:
        """Whether they are under the newest key, so that older ones can be withdrawn."""
        ...


class EncryptedColumn:
    """Credentials in the portal's database, under versioned keys, bound to their row and tenant."""

    def __init__(self) -> None:
        self._keyring = Keyring.parse(settings.CREDENTIAL_KEYS)

    def seal(self, *, connection: Connection, values: Mapping[str, str]) -> Sealed:
        return self._keyring.seal(json.dumps(dict(values)).encode(), bound_to=_row(connection))

    def open(self, *, connection: Connection, sealed: Sealed) -> dict[str, str]:
        try:
            plaintext = self._keyring.open(sealed, bound_to=_row(connection))
        except CannotDecrypt as error:
            raise Refused(
                f"The credentials of {connection} cannot be read: {error} Enter them again, or"
                " restore the key that MERCURIOS_CREDENTIAL_KEYS has lost."
            ) from error
        return cast("dict[str, str]", json.loads(plaintext))

    def forget(self, *, connection: Connection) -> None:
        """They are in the row, which the caller removes or overwrites."""

    def is_newest(self, sealed: Sealed) -> bool:
        return sealed.key_version == self._keyring.current


class Keeper:
    """The credentials of all connections, wherever each of them is; writes down every use."""

    def put(
        self,
        *,
        connection: Connection,
        values: Mapping[str, str],
        at: datetime,
        by: AbstractBaseUser | None,
        bound_to: str | None = None,
    ) -> None:
        """
        :param bound_to: what the connector does with them; left out, it is what it was
        """
        path = settings.SECRET_STORE
        with transaction.atomic(), scopes_disabled():  # the connection is named in the call
            self._finish_move(connection)
            row = _locked(connection)
            sealed = _store(path).seal(connection=connection, values=values)
            Credentials.objects.update_or_create(
                connection=connection,
                defaults={
                    **_remembered(sealed, store=path, before=row),
                    **({} if bound_to is None else {"bound_to": bound_to}),
                    "set_at": at,
                    "set_by_id": by.pk if by else None,
                },
            )
            who = by.get_username() if by else A_PROGRAM
            record_use(connection, act=CredentialUse.Act.SET, who=who, store=path)
        # Until the new ones are certain, those in another store may be needed again.
        transaction.on_commit(lambda: self._finish_move(connection), robust=True)

    def replace(
        self,
        *,
        connection: Connection,
        values: Mapping[str, str],
        set_at: datetime,
        bound_to: str,
        who: str,
    ) -> None:
        """Put other values for some fields; that somebody entered them at `set_at` stays.

        :param who: what replaces them, for the audit: `run 0a1b…`
        :raises Refused: if others were entered meanwhile; those stay as they are then
        """
        with transaction.atomic(), scopes_disabled():  # the connection is named in the call
            row = _locked(connection)
            if row is None or (row.set_at, row.bound_to) != (set_at, bound_to):
                raise Refused(f"Other credentials were entered for {connection} meanwhile.")
            whole = {**_opened(connection, row), **values}
            sealed = _store(row.store).seal(connection=connection, values=whole)
            _remember(row, {"key_version": sealed.key_version, "ciphertext": sealed.ciphertext})
            record_use(connection, act=CredentialUse.Act.SET, who=who, store=row.store)

    def get(
        self, *, connection: Connection, reader: str = A_PROGRAM, bound_to: str = ""
    ) -> dict[str, str]:
        """
        :param reader: what they are read for, for the audit: `run 0a1b…`
        :param bound_to: what the connector that is to have them does with them
        :raises Refused: if there are none, if they are not provably this connection's, or if they
            were entered for a connector that did something else with them
        """
        with scopes_disabled():  # the connection is named in the call
            row = Credentials.objects.filter(connection=connection).first()  # one at most
        if row is None:
            raise Refused(f"{connection} has no credentials yet. Enter them in the portal.")
        if row.bound_to != bound_to:
            raise Refused(enter_again(connection))
        values = _opened(connection, row)
        record_use(connection, act=CredentialUse.Act.READ, who=reader, store=row.store)
        return values

    def forget(self, *, connection: Connection, by: str = A_PROGRAM) -> None:
        """:raises Refused: if the store does not let go of them; nothing is removed then"""
        with transaction.atomic(), scopes_disabled():  # the connection is named in the call
            row = _locked(connection)
            if row is None:
                return
            for path in filter(None, {row.store, row.left_in}):
                _store(path).forget(connection=connection)
            row.delete()
            record_use(connection, act=CredentialUse.Act.REMOVED, who=by, store=row.store)

    def reseal(self) -> int:
        """Bring everything under the newest key, so that older ones can be withdrawn.

        Gives how many credentials were sealed anew.

        :raises Refused: if one cannot be opened; those before it stay resealed
        """
        with scopes_disabled():  # keys are the platform's, whatever the tenant
            found = list(Credentials.objects.select_related("connection__tenant"))
            return sum(self._reseal(row.connection) for row in found if not _is_newest(row))

    def move(self, *, connection: Connection, to: str, by: str) -> bool:
        """Bring credentials to another store, if they are not there already; says whether.

        They are read back before the row names the new store, and leave the old one after that. A
        move that died goes on where it stopped.

        :param to: the path of a class
        :raises Refused: if a store refuses them; they are where they were then
        """
        with scopes_disabled():  # the connection is named in the call
            self._finish_move(connection)
            with transaction.atomic():
                row = _locked(connection)
                if row is None or row.store == to:
                    return False
                sealed = _copied(connection, row, to)
                _remember(row, _remembered(sealed, store=to, before=row))
                record_use(connection, act=CredentialUse.Act.MOVED, who=by, store=to)
            self._finish_move(connection)
        return True

    def _finish_move(self, connection: Connection) -> None:
        """Remove the copy in the store that credentials were moved from, if there may be one."""
        with scopes_disabled():  # the connection is named in the call
            row = Credentials.objects.filter(connection=connection).exclude(left_in="").first()
            if row is not None:
                _store(row.left_in).forget(connection=connection)
                Credentials.objects.filter(pk=row.pk, left_in=row.left_in).update(left_in="")

    def _reseal(self, connection: Connection) -> int:
        with transaction.atomic():
            row = _locked(connection)
            if row is None or _is_newest(row):
                return 0
            sealed = _store(row.store).seal(connection=connection, values=_opened(connection, row))
            _remember(row, {"key_version": sealed.key_version, "ciphertext": sealed.ciphertext})
        return 1


def secret_store() -> Keeper:
    return Keeper()


def check_store(path: str) -> None:
    """:raises Refused: if it is neither a store of ours nor the one in the settings"""
    _store(path)


def _store(path: str) -> SecretStore:
    # Only these: a row must not be able to name just any class.
    known = list(dict.fromkeys([IN_THE_DATABASE, IN_SECRETS_MANAGER, settings.SECRET_STORE]))
    if path not in known:
        raise Refused(f"{path} is no store of credentials. Name one of {', '.join(known)}.")
    try:
        return cast("SecretStore", import_string(path)())
    except ImportError as error:
        raise Refused(f"{path} cannot be imported. Correct MERCURIOS_SECRET_STORE.") from error


def _opened(connection: Connection, row: Credentials) -> dict[str, str]:
    return _store(row.store).open(connection=connection, sealed=_sealed(row))


def _copied(connection: Connection, row: Credentials, to: str) -> Sealed:
    """:raises Refused: if what the other store gives back is not what it was given"""
    values, target = _opened(connection, row), _store(to)
    sealed = target.seal(connection=connection, values=values)
    if target.open(connection=connection, sealed=sealed) != values:
        raise Refused(f"{to} gave other credentials back for {connection}. Nothing was moved.")
    return sealed


def _remembered(sealed: Sealed, *, store: str, before: Credentials | None) -> dict[str, object]:
    moves = before is not None and before.store != store
    return {
        "store": store,
        "left_in": before.store if before is not None and moves else "",
        "key_version": sealed.key_version,
        "ciphertext": sealed.ciphertext,
    }


def _remember(row: Credentials, values: Mapping[str, object]) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    row.save(update_fields=list(values))


def _is_newest(row: Credentials) -> bool:
    return _store(row.store).is_newest(_sealed(row))


def _sealed(row: Credentials) -> Sealed:
    return Sealed(key_version=row.key_version, ciphertext=bytes(row.ciphertext))


def _locked(connection: Connection) -> Credentials | None:
    """The connection's row, if any; nobody else puts, moves or removes until the end."""
    # `no_key`: runs that begin and end meanwhile refer to the connection, and do not have to wait.
    Connection.objects.select_for_update(no_key=True).filter(pk=connection.pk).first()
    found: Credentials | None = Credentials.objects.filter(connection=connection).first()
    return found


def _row(connection: Connection) -> str:
    """What a ciphertext belongs to: moved to another row or tenant, it does not open."""
    return f"tenant:{connection.tenant.code}/connection:{connection.code}"
