"""Gives a service user of ours a new key, and keeps it where the old one is."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from flows.provision.key_places import write_secret
from flows.provision.keys import Pair, Rotation, fingerprint_of, rotate
from flows.provision.session import ConnectorAccount, admin_login, place
from flows.provision.settings import ProvisionSettings
from flows.references import ReferenceBroken, secret_at
from flows.settings import SettingMissing
from flows.warehouse.snowflake_account import Login


@dataclass(frozen=True)
class Kept:
    """References: where a user's private key is, and what locks it."""

    key: str
    passphrase: str = ""


@dataclass(frozen=True)
class NewLogin(Login):
    """A login with a key that is kept nowhere yet."""

    pair: Pair = field(default_factory=Pair.made, repr=False)

    @property
    def key_text(self) -> str:
        return self.pair.pem()


def rotate_key(settings: ProvisionSettings, *, user: str = "", keep: str = "") -> Rotation:
    """
    :param user: the worker's unless given
    :param keep: where the key is kept, unless the environment says so
    :raises SettingMissing: if the user is none of ours, or nobody says where its key is kept
    :raises ReferenceBroken: if it cannot be kept; then both keys log in
    """
    user = user.upper() or settings.worker_user
    if user not in (settings.worker_user, settings.provisioner_user):
        raise SettingMissing(
            f"{user} is no service user of ours. Choose {settings.worker_user} or"
            f" {settings.provisioner_user}."
        )
    account, login = place(), admin_login()
    kept = Kept(keep, _passphrase(user, settings)) if keep else _kept(user, login, settings)
    passphrase = secret_at(kept.passphrase).strip() if kept.passphrase else ""

    def prove(pair: Pair) -> None:
        with ConnectorAccount(account, login=NewLogin(user, pair=pair)):
            pass

    with ConnectorAccount(account, login=login) as session:
        return rotate(
            session,
            user=user,
            current=fingerprint_of(_current(kept.key), passphrase),
            prove=prove,
            keep=lambda pair: write_secret(kept.key, pair.pem(passphrase)),
        )


def _passphrase(user: str, settings: ProvisionSettings) -> str:
    """What the worker will open its key with, wherever it is kept."""
    is_workers = user == settings.worker_user
    return os.environ.get("MERCURIOS_SNOWFLAKE_PRIVATE_KEY_PASSPHRASE", "") if is_workers else ""


def _kept(user: str, login: Login, settings: ProvisionSettings) -> Kept:
    if user == login.user.upper():
        return Kept(login.private_key, login.passphrase)
    key = os.environ.get("MERCURIOS_SNOWFLAKE_PRIVATE_KEY", "")
    if user != settings.worker_user or not key:
        raise SettingMissing(
            f"Nobody says where the key of {user} is kept. Give --keep file:/path/to/key.pem, or"
            " set MERCURIOS_SNOWFLAKE_PRIVATE_KEY for the worker's."
        )
    return Kept(key, os.environ.get("MERCURIOS_SNOWFLAKE_PRIVATE_KEY_PASSPHRASE", ""))


def _current(reference: str) -> str:
    try:
        return secret_at(reference)
    except ReferenceBroken:
        return ""  # the user's first key: nothing is there yet
