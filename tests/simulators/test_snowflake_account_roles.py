"""Roles and users in the model of an account, by Snowflake's documentation."""

from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.simulators.snowflake.account import Account
from tests.simulators.snowflake.account.client import Client


@pytest.fixture
def alice() -> Client:
    return Client(Account.fresh())


@pytest.fixture(scope="module")
def key() -> bytes:
    public = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _bob(alice: Client, role: str) -> Client:
    """Bob, a user with one role that Alice makes for him."""
    alice.run(
        "CREATE USER IF NOT EXISTS bob",
        f"CREATE ROLE IF NOT EXISTS {role}",
        f"GRANT ROLE {role} TO USER bob",
    )
    return Client(alice.account, user="BOB", role=role.upper())


def test_a_new_account_has_the_system_roles(alice: Client) -> None:
    names = {row["name"] for row in alice.records("SHOW ROLES")}

    assert names == {"ACCOUNTADMIN", "SECURITYADMIN", "USERADMIN", "SYSADMIN", "PUBLIC"}


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        ("SYSADMIN", "CREATE WAREHOUSE w"),
        ("SYSADMIN", "CREATE DATABASE d"),
        ("USERADMIN", "CREATE ROLE r"),
        ("USERADMIN", "CREATE USER u"),
        ("SECURITYADMIN", "CREATE USER u"),
        ("SECURITYADMIN", "CREATE NETWORK POLICY p ALLOWED_IP_LIST = ('192.0.2.0/24')"),
        ("SECURITYADMIN", "GRANT CREATE DATABASE ON ACCOUNT TO ROLE useradmin"),
        ("ACCOUNTADMIN", "ALTER ACCOUNT SET TIMEZONE = 'UTC'"),
    ],
)
def test_system_roles_do_what_they_are_for(alice: Client, role: str, statement: str) -> None:
    alice.run(f"USE ROLE {role}", statement)


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        ("SYSADMIN", "CREATE ROLE r"),
        ("SYSADMIN", "GRANT CREATE DATABASE ON ACCOUNT TO ROLE useradmin"),
        ("USERADMIN", "CREATE WAREHOUSE w"),
        ("USERADMIN", "CREATE DATABASE d"),
        ("SECURITYADMIN", "ALTER ACCOUNT SET TIMEZONE = 'UTC'"),
        ("PUBLIC", "CREATE ROLE r"),
    ],
)
def test_system_roles_do_nothing_else(alice: Client, role: str, statement: str) -> None:
    alice.run(f"USE ROLE {role}")

    assert alice.refusal(statement).errno == 3001


def test_a_role_is_used_only_where_it_was_granted(alice: Client) -> None:
    alice.run("CREATE ROLE staff")

    refused = alice.refusal("USE ROLE staff")
    assert (refused.errno, refused.sqlstate) == (3013, "42501")
    alice.run("GRANT ROLE staff TO USER admin", "USE ROLE staff")
    assert alice.role == "STAFF"


def test_a_role_granted_to_a_granted_role_is_used_too(alice: Client) -> None:
    alice.run("CREATE ROLE staff", "GRANT ROLE staff TO ROLE sysadmin", "USE ROLE staff")

    assert alice.role == "STAFF"


def test_roles_inherit_downwards_only(alice: Client) -> None:
    alice.run(
        "CREATE WAREHOUSE loading",
        "CREATE ROLE child",
        "CREATE ROLE parent",
        "GRANT ROLE child TO ROLE parent",
        "GRANT USAGE ON WAREHOUSE loading TO ROLE child",
        "GRANT OPERATE ON WAREHOUSE loading TO ROLE parent",
    )

    matrix = alice.account.matrix()
    assert matrix["PARENT", "WAREHOUSE LOADING"] == {"USAGE", "OPERATE"}
    assert matrix["CHILD", "WAREHOUSE LOADING"] == {"USAGE"}


def test_roles_form_no_circle(alice: Client) -> None:
    alice.run("CREATE ROLE a", "CREATE ROLE b", "CREATE ROLE c")
    alice.run("GRANT ROLE a TO ROLE b", "GRANT ROLE b TO ROLE c")

    assert "cycle" in alice.refusal("GRANT ROLE c TO ROLE a").message
    assert "cycle" in alice.refusal("GRANT ROLE a TO ROLE a").message


def test_who_owns_no_role_grants_it_to_nobody(alice: Client) -> None:
    bob = _bob(alice, "staff")

    assert bob.refusal("GRANT ROLE staff TO ROLE public").errno == 3001


def test_owning_a_role_is_not_having_its_privileges(alice: Client) -> None:
    alice.run("CREATE WAREHOUSE loading", "GRANT CREATE ROLE ON ACCOUNT TO ROLE public")
    bob = _bob(alice, "staff")
    bob.run("CREATE ROLE helper")
    alice.run("GRANT USAGE ON WAREHOUSE loading TO ROLE helper")

    assert bob.refusal("USE WAREHOUSE loading").errno == 2043


def test_whoever_drops_a_role_gets_what_it_owned(alice: Client) -> None:
    alice.run("GRANT CREATE DATABASE ON ACCOUNT TO ROLE public")
    _bob(alice, "staff").run("CREATE DATABASE shop")

    alice.run("DROP ROLE staff")

    assert [r["owner"] for r in alice.records("SHOW DATABASES LIKE 'shop'")] == ["ACCOUNTADMIN"]
    assert alice.records("SHOW GRANTS TO USER bob") == []


def test_system_roles_cannot_be_dropped(alice: Client) -> None:
    assert alice.refusal("DROP ROLE sysadmin").errno == 3001


def test_secondary_roles_help_to_read_but_not_to_create(alice: Client) -> None:
    alice.run("CREATE DATABASE shop", "CREATE WAREHOUSE loading")
    bob = _bob(alice, "staff")
    _bob(alice, "keeper")
    alice.run(
        "GRANT USAGE, CREATE SCHEMA ON DATABASE shop TO ROLE keeper",
        "GRANT USAGE ON WAREHOUSE loading TO ROLE keeper",
    )
    bob.run("USE SECONDARY ROLES ALL", "USE WAREHOUSE loading", "USE DATABASE shop")

    assert bob.refusal("CREATE SCHEMA mine").errno == 3001


def test_a_service_has_no_password(alice: Client) -> None:
    refused = alice.refusal("CREATE USER loader TYPE = SERVICE PASSWORD = 'x'")

    assert "PASSWORD" in refused.message
    alice.run("CREATE USER loader TYPE = SERVICE")
    alice.refusal("ALTER USER loader SET PASSWORD = 'x'")


def test_describe_user_shows_the_fingerprint_of_each_key(alice: Client, key: bytes) -> None:
    written = base64.b64encode(key).decode()
    alice.run(f"CREATE USER loader TYPE = SERVICE RSA_PUBLIC_KEY = '{written}'")

    shown = {row["property"]: row["value"] for row in alice.records("DESC USER loader")}
    digest = base64.b64encode(hashlib.sha256(key).digest()).decode()
    assert shown["RSA_PUBLIC_KEY_FP"] == f"SHA256:{digest}"
    assert shown["RSA_PUBLIC_KEY_2_FP"] is None


def test_two_keys_are_good_at_once_so_that_one_can_be_rotated(alice: Client, key: bytes) -> None:
    written = base64.b64encode(key).decode()
    alice.run(f"CREATE USER loader RSA_PUBLIC_KEY = '{written}'")

    alice.run(f"ALTER USER loader SET RSA_PUBLIC_KEY_2 = '{written}'")
    assert len(alice.account.public_keys("LOADER")) == 2
    alice.run("ALTER USER loader UNSET RSA_PUBLIC_KEY")
    assert len(alice.account.public_keys("LOADER")) == 1


@pytest.mark.parametrize("wrong", ["no key", "-----BEGIN PUBLIC KEY-----", "AAAA"])
def test_a_key_is_a_public_key_without_its_header(alice: Client, wrong: str) -> None:
    alice.refusal(f"CREATE USER loader RSA_PUBLIC_KEY = '{wrong}'")


def test_nobody_reads_a_password_again(alice: Client) -> None:
    alice.run("CREATE USER bob PASSWORD = 'open sesame'")

    assert "open sesame" not in str(alice.records("DESC USER bob"))
    assert alice.records("SHOW USERS LIKE 'bob'")[0]["has_password"] == "true"


def test_users_alter_their_own_defaults_and_no_more(alice: Client) -> None:
    bob = _bob(alice, "staff")

    bob.run("ALTER USER bob SET DEFAULT_WAREHOUSE = loading")
    assert bob.refusal("ALTER USER bob SET DISABLED = FALSE").errno == 3001
    assert bob.refusal("ALTER USER admin SET DEFAULT_WAREHOUSE = loading").errno == 3001


def test_a_login_gets_its_users_defaults(alice: Client) -> None:
    bob = _bob(alice, "staff")
    alice.run("ALTER USER bob SET DEFAULT_ROLE = staff DEFAULT_WAREHOUSE = loading")
    bob.role = None

    alice.account.log_in(bob)

    assert [bob.role, bob.warehouse] == ["STAFF", "LOADING"]


def test_a_login_with_somebody_elses_role_is_refused(alice: Client) -> None:
    bob = _bob(alice, "staff")
    bob.role = "ACCOUNTADMIN"

    with pytest.raises(Exception, match="specified in the connect string") as refused:
        alice.account.log_in(bob)
    assert getattr(refused.value, "errno", None) == 390189
