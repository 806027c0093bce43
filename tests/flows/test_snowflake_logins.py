"""Who the worker is to Snowflake: keys, passphrases, passwords, and what is missing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from flows.references import ReferenceBroken
from flows.warehouse import snowflake_connection
from flows.warehouse.snowflake_account import (
    Login,
    SnowflakeAccount,
    connect,
    snowflake_account,
)
from flows.warehouse.snowflake_connection import SnowflakeConnection
from flows.warehouse.tag import Tag
from flows.warehouse.warehouse import WarehouseRefused, WarehouseUnavailable
from tests.flows.engines import account_on
from tests.processes import free_port
from tests.simulators.snowflake.process import SnowflakeServer


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SnowflakeServer]:
    """A server that knows Alice's key, and whom Charlie's password has expired on."""
    folder = tmp_path_factory.mktemp("guarded")
    key_pair(folder / "alice.pem")
    with SnowflakeServer(folder / "server", users={"ALICE": folder / "alice.pem.pub"}) as server:
        yield server


def key_pair(file: Path, *, passphrase: bytes = b"") -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    lock = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock))
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    file.with_name(f"{file.name}.pub").write_bytes(public)


def log_in(account: SnowflakeAccount, login: Login) -> SnowflakeConnection:
    return connect(
        replace(account, login=login), role="LOADER", warehouse="LOADING", tag=Tag(tenant="t")
    )


def with_key(server: SnowflakeServer, file: Path, folder: Path) -> SnowflakeConnection:
    login = Login(user="ALICE", private_key=f"file:{file}")
    return log_in(account_on(server, folder), login)


def test_the_right_key_logs_in(guarded: SnowflakeServer, tmp_path: Path) -> None:
    session = with_key(guarded, guarded.folder.parent / "alice.pem", tmp_path)

    assert session.rows("select 1") == [(1,)]
    session.close()


def test_a_key_may_have_a_passphrase(guarded: SnowflakeServer, tmp_path: Path) -> None:
    key_pair(tmp_path / "locked.pem", passphrase=b"looking-glass")
    (tmp_path / "passphrase").write_text("looking-glass\n")
    login = Login(
        user="ALICE",
        private_key=f"file:{tmp_path}/locked.pem",
        passphrase=f"file:{tmp_path}/passphrase",
    )

    assert login.key_text.startswith("-----BEGIN PRIVATE KEY-----")


def test_a_wrong_key_is_refused(guarded: SnowflakeServer, tmp_path: Path) -> None:
    key_pair(tmp_path / "charlie.pem")

    with pytest.raises(WarehouseRefused, match=r"does not know the worker's key\. Register"):
        with_key(guarded, tmp_path / "charlie.pem", tmp_path)


def test_what_is_no_key_is_refused_without_showing_it(
    guarded: SnowflakeServer, tmp_path: Path
) -> None:
    (tmp_path / "torn.pem").write_text("-----BEGIN PRIVATE KEY-----\nCANARY-key")

    with pytest.raises(WarehouseRefused, match=r"cannot be opened\. Put a PEM file") as refused:
        with_key(guarded, tmp_path / "torn.pem", tmp_path)

    assert "CANARY" not in str(refused.value)


def test_a_key_that_is_not_there_is_named(guarded: SnowflakeServer, tmp_path: Path) -> None:
    with pytest.raises(ReferenceBroken, match=r"missing\.pem cannot be read\. Put it there"):
        with_key(guarded, tmp_path / "missing.pem", tmp_path)


def test_a_secret_in_place_of_its_reference_is_refused_without_showing_it() -> None:
    with pytest.raises(ReferenceBroken, match="begins with file: or secret:") as refused:
        Login(user="ALICE", password="CANARY-password").password_text  # noqa: B018

    assert "CANARY" not in str(refused.value)


def test_a_wrong_password_is_refused(guarded: SnowflakeServer, tmp_path: Path) -> None:
    account = account_on(guarded, tmp_path)

    with pytest.raises(WarehouseRefused, match="does not know this user and password"):
        log_in(account, account.login)


def test_an_expired_password_is_refused(snowflake: SnowflakeServer, tmp_path: Path) -> None:
    account = account_on(snowflake, tmp_path)
    snowflake.fault("refuse", "login ALICE", errno=390106, message="Specified password has expired")

    with pytest.raises(WarehouseRefused, match=r"has expired\. Give the user a key instead"):
        log_in(account, account.login)


def test_an_account_that_does_not_answer_may_be_tried_again(
    snowflake: SnowflakeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snowflake_connection, "LOGIN_SECONDS", 2)
    nobody = replace(account_on(snowflake, tmp_path), port=free_port())
    begun = time.monotonic()

    with pytest.raises(WarehouseUnavailable, match="does not answer"):
        log_in(nobody, nobody.login)

    assert time.monotonic() - begun < 20


@pytest.mark.parametrize("missing", ["ACCOUNT", "USER", "PRIVATE_KEY"])
def test_a_worker_that_was_not_told_its_account_names_what_is_missing(missing: str) -> None:
    told = {f"MERCURIOS_SNOWFLAKE_{name}": "x" for name in ("ACCOUNT", "USER", "PRIVATE_KEY")}
    del told[f"MERCURIOS_SNOWFLAKE_{missing}"]

    with pytest.raises(WarehouseRefused, match=f"^Set MERCURIOS_SNOWFLAKE_{missing} "):
        snowflake_account(told)


def test_the_name_of_a_database_is_a_name() -> None:
    told = {
        "MERCURIOS_SNOWFLAKE_ACCOUNT": "x",
        "MERCURIOS_SNOWFLAKE_USER": "x",
        "MERCURIOS_SNOWFLAKE_PASSWORD": "file:/x",
        "MERCURIOS_SNOWFLAKE_DATABASE": "x; drop database y",
    }

    with pytest.raises(WarehouseRefused, match="DATABASE is no plain name"):
        snowflake_account(told)
