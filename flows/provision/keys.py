"""A service user's key is replaced by a new one: beside the old first, instead of it at the end."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from flows.provision import statements
from flows.provision.account import Account, AccountFailure
from flows.provision.names import ADMIN, checked

SLOTS = ("RSA_PUBLIC_KEY", "RSA_PUBLIC_KEY_2")
BITS = 3072


class NewKeyRefused(AccountFailure):
    """The new key does not log in. The old one is as good as before."""


class KeyUnknown(AccountFailure):
    """Nobody can say which of a user's two keys may be replaced."""


@dataclass(frozen=True)
class Rotation:
    """`old` is empty for a user's first key."""

    user: str
    new: str
    old: str


@dataclass(frozen=True)
class Pair:
    private: RSAPrivateKey = field(repr=False)

    @classmethod
    def made(cls) -> Pair:
        return cls(generate_private_key(public_exponent=65537, key_size=BITS))

    def pem(self, passphrase: str = "") -> str:
        encryption = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
        return self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption).decode()

    @property
    def public(self) -> bytes:
        return self.private.public_key().public_bytes(
            Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        )

    @property
    def public_pem(self) -> str:
        return (
            self.private.public_key()
            .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            .decode()
        )

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.public)


def fingerprint(public: bytes) -> str:
    """As DESCRIBE USER shows a key."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(public).digest()).decode()


def fingerprint_of(pem: str, passphrase: str = "") -> str:
    """The fingerprint of a private key; empty if it is none, or does not open."""
    try:
        key = load_pem_private_key(pem.strip().encode(), passphrase.encode() or None)
    except (ValueError, TypeError):
        return ""
    return Pair(key).fingerprint if isinstance(key, RSAPrivateKey) else ""


def rotate(
    account: Account,
    *,
    user: str,
    current: str,
    prove: Callable[[Pair], None],
    keep: Callable[[Pair], None],
    make: Callable[[], Pair] = Pair.made,
) -> Rotation:
    """Give a user a new key. Whenever it breaks off, a key that is kept logs in.

    :param current: the fingerprint of the key that is in use; empty if there is none
    :param prove: logs in with a pair, and raises an `AccountFailure` if that does not work
    :param keep: puts a pair where the current one is
    :raises NewKeyRefused: if the new key does not log in; then it is taken off again
    :raises KeyUnknown: if neither of two keys is the current one
    """
    account.run(statements.use_role(ADMIN))
    held = _fingerprints(account, user)
    free = _free(held, current, user)
    pair, name = make(), checked(user)
    account.run(f"ALTER USER {name} SET {free} = '{base64.b64encode(pair.public).decode()}'")
    try:
        prove(pair)
    except AccountFailure as error:
        account.run(f"ALTER USER {name} UNSET {free}")
        raise NewKeyRefused(
            f"Snowflake took the new key of {user} but does not let it in, so the old one stays:"
            f" {error}"
        ) from error
    # If this fails, both stay: who knows which of them was kept?
    keep(pair)
    for slot in SLOTS:
        if slot != free and held[slot]:
            account.run(f"ALTER USER {name} UNSET {slot}")
    return Rotation(user=user, new=pair.fingerprint, old=held[SLOTS[1 - SLOTS.index(free)]])


def _fingerprints(account: Account, user: str) -> dict[str, str]:
    said = {
        str(row["property"]): str(row["value"] or "")
        for row in account.rows(f"DESCRIBE USER {checked(user)}")
    }
    found = {slot: said.get(f"{slot}_FP", "") for slot in SLOTS}
    return {slot: "" if told == "null" else told for slot, told in found.items()}


def _free(held: dict[str, str], current: str, user: str) -> str:
    """Not that of the key in use. What is in neither use nor empty broke off; it is replaced."""
    empty = [slot for slot in SLOTS if not held[slot]]
    if empty:
        return empty[0]
    others = [slot for slot in SLOTS if held[slot] != current]
    if len(others) == len(SLOTS):
        raise KeyUnknown(
            f"{user} has two keys in Snowflake, and the one that is kept here is neither of them."
            f" Find out which is still used, and unset the other: ALTER USER {user} UNSET …"
        )
    return others[0]
