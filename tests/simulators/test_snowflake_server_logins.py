"""Who the local Snowflake lets in, and with which numbers it turns the others away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import snowflake.connector
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from snowflake.connector.errors import DatabaseError

from tests.simulators.snowflake.process import SnowflakeServer


class Key:
    """A key pair: the private half as the connector takes it, the public one as a PEM file."""

    def __init__(self, file: Path) -> None:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.private = key.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        self.file = file
        file.write_bytes(
            key.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        )

    @property
    def body(self) -> str:
        """The public key as ALTER USER takes it: without its first and last line."""
        return "".join(self.file.read_text().splitlines()[1:-1])


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Key]:
    folder = tmp_path_factory.mktemp("keys")
    return {name: Key(folder / f"{name}.pem") for name in ("first", "second", "foreign")}


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, keys: dict[str, Key]
) -> Iterator[SnowflakeServer]:
    with SnowflakeServer(
        tmp_path_factory.mktemp("snowflake"),
        users={"ALICE": [keys["first"].file, keys["second"].file]},
        passwords={"BOB": "builder"},
        expired_passwords={"CHARLIE": "yesterday"},
    ) as started:
        yield started


def log_in(server: SnowflakeServer, **login: object) -> None:
    parameters = server.parameters(**login)
    if "private_key" in parameters:
        del parameters["password"]
    with snowflake.connector.connect(**parameters) as connection:
        connection.cursor().execute("select 1")


@pytest.mark.parametrize("name", ["first", "second"])
def test_both_keys_of_a_user_are_right(
    server: SnowflakeServer, keys: dict[str, Key], name: str
) -> None:
    log_in(server, user="alice", private_key=keys[name].private)


def test_a_foreign_key_is_no_valid_token(server: SnowflakeServer, keys: dict[str, Key]) -> None:
    with pytest.raises(DatabaseError) as refused:
        log_in(server, user="ALICE", private_key=keys["foreign"].private)

    assert refused.value.errno == 390144


def test_a_key_is_its_users_alone(server: SnowflakeServer, keys: dict[str, Key]) -> None:
    with pytest.raises(DatabaseError) as refused:
        log_in(server, user="BOB", private_key=keys["first"].private)

    assert refused.value.errno == 390144


def test_the_right_password_lets_in(server: SnowflakeServer) -> None:
    log_in(server, user="BOB", password="builder")


@pytest.mark.parametrize(
    ("user", "password", "errno"),
    [
        ("BOB", "wrong", 390100),
        ("NOBODY", "builder", 390100),
        ("ALICE", "she has keys only", 390100),
        ("CHARLIE", "yesterday", 390106),
    ],
)
def test_a_wrong_or_expired_password_is_told_by_its_number(
    server: SnowflakeServer, user: str, password: str, errno: int
) -> None:
    with pytest.raises(DatabaseError) as refused:
        log_in(server, user=user, password=password)

    assert refused.value.errno == errno


def test_a_key_is_rotated_by_sql_and_stays_after_a_restart(
    tmp_path: Path, keys: dict[str, Key]
) -> None:
    with SnowflakeServer(
        tmp_path, users={"BOB": keys["foreign"].file}, passwords={"ALICE": "admin"}
    ) as server:
        with snowflake.connector.connect(**server.parameters(password="admin")) as admin:
            body = keys["first"].body
            admin.cursor().execute(f"alter user BOB set rsa_public_key_2 = '{body}'")
            log_in(server, user="BOB", private_key=keys["first"].private)
            log_in(server, user="BOB", private_key=keys["foreign"].private)
            admin.cursor().execute("alter user BOB unset rsa_public_key_2")
        with pytest.raises(DatabaseError, match="JWT token is invalid"):
            log_in(server, user="BOB", private_key=keys["first"].private)


def test_without_users_everybody_is_let_in(tmp_path: Path, keys: dict[str, Key]) -> None:
    with SnowflakeServer(tmp_path) as server:
        log_in(server, user="ANYBODY", password="anything")
        log_in(server, user="ANYBODY", private_key=keys["foreign"].private)
