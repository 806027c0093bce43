"""Encryption under versioned keys. It fails closed: what is not provably authentic stays shut."""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12
KEY_BYTES = 32


class KeyringInvalid(Exception):
    """The configured keys are not usable; an operator has to correct the setting."""


class CannotDecrypt(Exception):
    """The ciphertext, its key or the row it is bound to is not the one it was written with."""


@dataclass(frozen=True)
class Sealed:
    key_version: int
    ciphertext: bytes


@dataclass(frozen=True, repr=False)
class Keyring:
    """AES-256-GCM keys by version; the first one listed encrypts."""

    keys: dict[int, bytes]
    current: int

    @classmethod
    def parse(cls, text: str) -> Keyring:
        """Read `2:<base64>,1:<base64>`, newest first.

        :raises KeyringInvalid: if a version or key is malformed, repeated or missing
        """
        keys: dict[int, bytes] = {}
        for part in filter(None, (part.strip() for part in text.split(","))):
            version, _, encoded = part.partition(":")
            if not re.fullmatch("[0-9]{1,9}", version) or int(version) in keys:
                raise KeyringInvalid("Give each credential key a version of its own: 1:<key>.")
            keys[int(version)] = _decoded(encoded)
        if not keys:
            raise KeyringInvalid("No credential key is configured.")
        return cls(keys=keys, current=next(iter(keys)))

    def seal(self, plaintext: bytes, *, bound_to: str) -> Sealed:
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = AESGCM(self.keys[self.current]).encrypt(nonce, plaintext, bound_to.encode())
        return Sealed(key_version=self.current, ciphertext=nonce + sealed)

    def open(self, sealed: Sealed, *, bound_to: str) -> bytes:
        """:raises CannotDecrypt: if the key is unknown or anything was altered or moved"""
        key = self.keys.get(sealed.key_version)
        if key is None:
            raise CannotDecrypt(f"Credential key {sealed.key_version} is not configured.")
        nonce, body = sealed.ciphertext[:NONCE_BYTES], sealed.ciphertext[NONCE_BYTES:]
        try:
            return AESGCM(key).decrypt(nonce, body, bound_to.encode())
        except (InvalidTag, ValueError) as error:
            raise CannotDecrypt("The stored credentials were altered or moved.") from error


def _decoded(encoded: str) -> bytes:
    try:
        key = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise KeyringInvalid("A credential key is not valid base64.") from error
    if len(key) != KEY_BYTES:
        raise KeyringInvalid(f"A credential key must have {KEY_BYTES} bytes.")
    return key
