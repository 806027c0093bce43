"""Who may log in: public keys and passwords by user, checked as an account checks them."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from tests.simulators.snowflake.errors import SqlError

_JWT_INVALID = SqlError(390144, "08001", "JWT token is invalid.")
_WRONG_PASSWORD = SqlError(390100, "08001", "Incorrect username or password was specified.")
_PASSWORD_EXPIRED = SqlError(
    390106,
    "08001",
    "Specified password has expired. Password must be changed using the Snowflake web console.",
)
_DISABLED = SqlError(
    390101, "08001", "User access disabled. Contact your local system administrator."
)
_USER_STATEMENT = re.compile(
    r'(?is)^\s*(create(?:\s+or\s+replace)?|alter|drop)\s+user\s+(?:if\s+(?:not\s+)?exists\s+)?"?(\w+)"?(.*)'
)
_ASSIGNMENT = re.compile(
    r"(?is)\b(rsa_public_key_2|rsa_public_key|password|disabled)\s*=\s*(?:'([^']*)'|(\w+))"
)


@dataclass
class User:
    """`keys` are RSA_PUBLIC_KEY and RSA_PUBLIC_KEY_2 as the base64 of their DER."""

    keys: dict[str, str] = field(default_factory=dict)
    password: str | None = None
    is_password_expired: bool = False
    is_disabled: bool = False


class Logins:
    """The users of an account. Without any, everybody is let in.

    Users from the command line come first; those that SQL creates or alters are kept in `file`.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._users: dict[str, User] = {}
        self.is_open = True
        if file.exists():
            known = json.loads(file.read_text())
            self._users = {name: User(**user) for name, user in known.items()}

    def add_key(self, name: str, file: Path) -> None:
        """Register a user's public key (PEM); the second one is RSA_PUBLIC_KEY_2."""
        self.is_open = False
        user = self._user(name)
        key = _stored(file.read_text())
        if key not in user.keys.values():
            free = "RSA_PUBLIC_KEY" if "RSA_PUBLIC_KEY" not in user.keys else "RSA_PUBLIC_KEY_2"
            user.keys[free] = key

    def add_password(self, name: str, password: str, *, is_expired: bool = False) -> None:
        self.is_open = False
        user = self._user(name)
        user.password, user.is_password_expired = password, is_expired

    def check(self, data: Mapping[str, Any]) -> None:
        """:raises SqlError: with the number of the refusal, as the login request answers it"""
        if self.is_open:
            return
        user = self._users.get(str(data.get("LOGIN_NAME", "")).upper())
        is_key_pair = data.get("AUTHENTICATOR") == "SNOWFLAKE_JWT"
        if is_key_pair:
            self._check_token(user, data)
        elif user is None or user.password is None or user.password != data.get("PASSWORD"):
            raise _WRONG_PASSWORD
        assert user is not None
        if user.is_disabled:
            raise _DISABLED
        if not is_key_pair and user.is_password_expired:
            raise _PASSWORD_EXPIRED

    def observe(self, sql: str) -> None:
        """Take over what CREATE, ALTER and DROP USER say of keys and passwords."""
        if not (found := _USER_STATEMENT.match(sql)):
            return
        verb, name, rest = found[1].lower(), found[2].upper(), found[3]
        if verb == "drop":
            self._users.pop(name, None)
        elif re.match(r"(?is)\s*unset\s", rest):
            for key in re.findall(r"(?i)rsa_public_key(?:_2)?", rest):
                self._user(name).keys.pop(key.upper(), None)
        else:
            for field_name, text, word in _ASSIGNMENT.findall(rest):
                self._assign(self._user(name), field_name.upper(), text or word)
        self._save()

    def fingerprints(self, name: str) -> dict[str, str]:
        """RSA_PUBLIC_KEY_FP and RSA_PUBLIC_KEY_2_FP of a user, as DESCRIBE USER shows them."""
        user = self._users.get(name.upper(), User())
        return {f"{key}_FP": _fingerprint(base64.b64decode(der)) for key, der in user.keys.items()}

    def _assign(self, user: User, name: str, value: str) -> None:
        if name == "PASSWORD":
            user.password, user.is_password_expired = value, False
        elif name == "DISABLED":
            user.is_disabled = value.lower() == "true"
        else:
            user.keys[name] = _stored(value)

    def _check_token(self, user: User | None, data: Mapping[str, Any]) -> None:
        name = f"{data.get('ACCOUNT_NAME', '')}.{data.get('LOGIN_NAME', '')}".upper()
        for stored in (user or User()).keys.values():
            der = base64.b64decode(stored)
            key = serialization.load_der_public_key(der)
            assert isinstance(key, RSAPublicKey)
            try:
                jwt.decode(
                    str(data.get("TOKEN", "")),
                    key,
                    algorithms=["RS256"],
                    issuer=f"{name}.{_fingerprint(der)}",
                    subject=name,
                    leeway=60,
                    options={"require": ["iss", "sub", "iat", "exp"]},
                )
            except jwt.InvalidTokenError:
                continue
            return
        raise _JWT_INVALID

    def _user(self, name: str) -> User:
        return self._users.setdefault(name.upper(), User())

    def _save(self) -> None:
        self._file.write_text(
            json.dumps({name: asdict(user) for name, user in self._users.items()})
        )


def _stored(text: str) -> str:
    """The base64 of a key's DER, from PEM with or without its first and last line."""
    inner = re.sub(r"-----[^-]+-----", "", text)
    return "".join(inner.split())


def _fingerprint(der: bytes) -> str:
    return "SHA256:" + base64.b64encode(hashlib.sha256(der).digest()).decode()
