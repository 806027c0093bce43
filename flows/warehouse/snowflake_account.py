"""Where the Snowflake account is, and who the worker is there. `docs/settings.md` lists it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from flows.references import secret_at
from flows.warehouse.snowflake_connection import SnowflakeConnection, Way
from flows.warehouse.tag import Tag
from flows.warehouse.warehouse import WarehouseRefused

NAME = r"[A-Za-z_][A-Za-z0-9_]{0,250}"


@dataclass(frozen=True)
class Login:
    """Who logs in, and how: references to secrets, never the secrets themselves."""

    user: str
    private_key: str = ""
    passphrase: str = ""
    password: str = ""

    @property
    def key_text(self) -> str:
        """The private key as PEM, unlocked; empty if the login is by password.

        :raises WarehouseRefused: if it is no key, or the passphrase does not open it
        """
        if not self.private_key:
            return ""
        return _unlocked(
            secret_at(self.private_key),
            secret_at(self.passphrase).strip() if self.passphrase else "",
        )

    @property
    def password_text(self) -> str:
        return secret_at(self.password).strip() if self.password else ""


def _unlocked(pem: str, passphrase: str) -> str:
    try:
        key = load_pem_private_key(pem.strip().encode(), passphrase.encode() or None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise WarehouseRefused(
            "The private key for Snowflake cannot be opened. Put a PEM file, with its first and"
            " last line, where MERCURIOS_SNOWFLAKE_PRIVATE_KEY leads, and its passphrase where"
            " MERCURIOS_SNOWFLAKE_PRIVATE_KEY_PASSPHRASE leads."
        ) from error
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@dataclass(frozen=True)
class SnowflakeAccount:
    account: str
    login: Login
    database: str = "MERCURIOS_DATA"
    loader_role: str = "MERCURIOS_LOADER"
    transformer_role: str = "MERCURIOS_TRANSFORMER"
    api_role: str = "MERCURIOS_API"
    loading_warehouse: str = "MERCURIOS_LOADING_WH"
    analytics_warehouse: str = "MERCURIOS_ANALYTICS_WH"
    host: str = ""
    port: int = 443
    protocol: str = "https"

    @property
    def address(self) -> str:
        return self.host or f"{self.account}.snowflakecomputing.com"


def snowflake_account(environment: Mapping[str, str] | None = None) -> SnowflakeAccount:
    """The account that the worker's environment names.

    :raises WarehouseRefused: naming the variable that is missing or malformed
    """
    said = os.environ if environment is None else environment

    def getenv(name: str, default: str = "") -> str:
        return said.get(name) or default

    for name in ("MERCURIOS_SNOWFLAKE_ACCOUNT", "MERCURIOS_SNOWFLAKE_USER"):
        if not getenv(name):
            raise WarehouseRefused(
                f"Set {name} in the environment of the worker: a tenant's engine is Snowflake."
            )
    if not getenv("MERCURIOS_SNOWFLAKE_PRIVATE_KEY") and not getenv("MERCURIOS_SNOWFLAKE_PASSWORD"):
        raise WarehouseRefused(
            "Set MERCURIOS_SNOWFLAKE_PRIVATE_KEY in the environment of the worker to where its key"
            " is, such as file:/run/secrets/snowflake.pem."
        )
    for name in ("MERCURIOS_SNOWFLAKE_DATABASE", "MERCURIOS_SNOWFLAKE_LOADER_ROLE"):
        if getenv(name) and not re.fullmatch(NAME, getenv(name)):
            raise WarehouseRefused(f"{name} is no plain name. Use letters, digits and underscores.")
    if not getenv("MERCURIOS_SNOWFLAKE_PORT", "443").isdecimal():
        raise WarehouseRefused("MERCURIOS_SNOWFLAKE_PORT is no number. Write one, such as 443.")
    return SnowflakeAccount(
        account=getenv("MERCURIOS_SNOWFLAKE_ACCOUNT"),
        login=Login(
            user=getenv("MERCURIOS_SNOWFLAKE_USER"),
            private_key=getenv("MERCURIOS_SNOWFLAKE_PRIVATE_KEY"),
            passphrase=getenv("MERCURIOS_SNOWFLAKE_PRIVATE_KEY_PASSPHRASE"),
            password=getenv("MERCURIOS_SNOWFLAKE_PASSWORD"),
        ),
        database=getenv("MERCURIOS_SNOWFLAKE_DATABASE", "MERCURIOS_DATA").upper(),
        loader_role=getenv("MERCURIOS_SNOWFLAKE_LOADER_ROLE", "MERCURIOS_LOADER").upper(),
        host=getenv("MERCURIOS_SNOWFLAKE_HOST"),
        port=int(getenv("MERCURIOS_SNOWFLAKE_PORT", "443")),
        protocol=getenv("MERCURIOS_SNOWFLAKE_PROTOCOL", "https"),
    )


def connect(
    account: SnowflakeAccount,
    *,
    role: str,
    warehouse: str,
    tag: Tag,
    schema: str = "",
    login: Login | None = None,
) -> SnowflakeConnection:
    """Log in.

    :raises WarehouseRefused: if key, password, role or account are not what Snowflake knows
    :raises WarehouseUnavailable: if the account does not answer
    """
    login = login or account.login
    return SnowflakeConnection.to(
        Way(
            account=account.account,
            address=account.address,
            port=account.port,
            protocol=account.protocol,
            user=login.user,
            private_key=login.key_text,
            password=login.password_text,
            role=role,
            warehouse=warehouse,
            database=account.database,
            schema=schema,
            tag=tag.text,
        )
    )
