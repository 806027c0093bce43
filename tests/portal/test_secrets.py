"""Sealed texts open with their key, in their row, unaltered, or not at all; keys are rotated."""

from __future__ import annotations

import base64

import pytest
from pytest_django import Settings

from portal.connections.models import Connection, Credentials
from portal.connections.secrets import secret_store
from portal.lib.crypto import CannotDecrypt, Keyring, KeyringInvalid, Sealed
from portal.lib.errors import Refused
from tests.portal.conftest import NOW

FIRST = base64.b64encode(b"1" * 32).decode()
SECOND = base64.b64encode(b"2" * 32).decode()
SECRET = {"api_key": "alster-key", "api_secret": "alster-secret-ä"}

ROW = "tenant:a/connection:b"


def test_what_was_sealed_opens_again() -> None:
    keyring = Keyring.parse(f"1:{FIRST}")

    sealed = keyring.seal(b"till", bound_to=ROW)

    assert keyring.open(sealed, bound_to=ROW) == b"till"
    assert b"till" not in sealed.ciphertext


def test_the_same_text_is_never_sealed_the_same_way() -> None:
    keyring = Keyring.parse(f"1:{FIRST}")

    sealed = {keyring.seal(b"till", bound_to=ROW).ciphertext for _ in range(50)}

    assert len(sealed) == 50


def test_another_key_of_the_same_version_does_not_open_it() -> None:
    sealed = Keyring.parse(f"1:{FIRST}").seal(b"till", bound_to=ROW)

    with pytest.raises(CannotDecrypt):
        Keyring.parse(f"1:{SECOND}").open(sealed, bound_to=ROW)


def test_a_version_that_is_not_configured_is_named() -> None:
    sealed = Keyring.parse(f"1:{FIRST}").seal(b"till", bound_to=ROW)

    with pytest.raises(CannotDecrypt, match="key 1 is not configured"):
        Keyring.parse(f"2:{SECOND}").open(sealed, bound_to=ROW)


def test_a_text_moved_to_another_row_does_not_open() -> None:
    keyring = Keyring.parse(f"1:{FIRST}")
    sealed = keyring.seal(b"till", bound_to=ROW)

    with pytest.raises(CannotDecrypt):
        keyring.open(sealed, bound_to="tenant:a/connection:c")


@pytest.mark.parametrize("place", [0, 5, 12, -1])
def test_one_altered_byte_keeps_it_shut(place: int) -> None:
    keyring = Keyring.parse(f"1:{FIRST}")
    altered = bytearray(keyring.seal(b"till", bound_to=ROW).ciphertext)
    altered[place] ^= 1

    with pytest.raises(CannotDecrypt):
        keyring.open(Sealed(key_version=1, ciphertext=bytes(altered)), bound_to=ROW)


@pytest.mark.parametrize("length", [0, 5, 12, 20])
def test_a_text_that_was_cut_off_stays_shut(length: int) -> None:
    keyring = Keyring.parse(f"1:{FIRST}")
    sealed = keyring.seal(b"till", bound_to=ROW).ciphertext[:length]

    with pytest.raises(CannotDecrypt):
        keyring.open(Sealed(key_version=1, ciphertext=sealed), bound_to=ROW)


def test_after_a_rotation_old_texts_open_and_new_ones_use_the_new_key() -> None:
    old = Keyring.parse(f"1:{FIRST}").seal(b"till", bound_to=ROW)

    rotated = Keyring.parse(f"2:{SECOND}, 1:{FIRST}")

    assert rotated.open(old, bound_to=ROW) == b"till"
    assert rotated.seal(b"till", bound_to=ROW).key_version == 2


@pytest.mark.parametrize(
    "text",
    [
        "",
        " , ",
        FIRST,
        f"x:{FIRST}",
        f"-1:{FIRST}",
        f"²:{FIRST}",
        f"1:{FIRST},1:{SECOND}",
        "1:not base64!",
        "1:" + base64.b64encode(b"short").decode(),
    ],
)
def test_a_malformed_setting_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(KeyringInvalid) as refused:
        Keyring.parse(text)

    assert FIRST not in str(refused.value)


def test_a_keyring_does_not_print_its_keys() -> None:
    assert FIRST not in repr(Keyring.parse(f"1:{FIRST}"))
    assert "1" * 32 not in repr(Keyring.parse(f"1:{FIRST}"))


def stored(connection: Connection) -> Credentials:
    secret_store().put(connection=connection, values=SECRET, at=NOW, by=None)
    return Credentials.objects.get(connection=connection)


@pytest.mark.usefixtures("every_tenant")
def test_in_the_database_credentials_are_unreadable(tills: Connection) -> None:
    row = stored(tills)

    assert b"alster" not in bytes(row.ciphertext)
    assert "alster" not in repr(row)


@pytest.mark.usefixtures("every_tenant")
def test_credentials_survive_a_rotation_and_a_lost_key_says_what_to_do(
    tills: Connection, settings: Settings
) -> None:
    settings.CREDENTIAL_KEYS = f"1:{FIRST}"
    stored(tills)

    settings.CREDENTIAL_KEYS = f"2:{SECOND},1:{FIRST}"
    rotated = secret_store().get(connection=tills)
    settings.CREDENTIAL_KEYS = f"2:{SECOND}"

    assert rotated == SECRET
    with pytest.raises(Refused, match="Enter them again, or restore the key"):
        secret_store().get(connection=tills)


@pytest.mark.usefixtures("every_tenant")
def test_after_a_rotation_the_old_key_can_be_withdrawn(
    tills: Connection, settings: Settings
) -> None:
    settings.CREDENTIAL_KEYS = f"1:{FIRST}"
    secret_store().put(connection=tills, values=SECRET, at=NOW, by=None)
    settings.CREDENTIAL_KEYS = f"2:{SECOND},1:{FIRST}"

    resealed = [secret_store().reseal(), secret_store().reseal()]

    settings.CREDENTIAL_KEYS = f"2:{SECOND}"
    assert resealed == [1, 0]
    assert secret_store().get(connection=tills) == SECRET
    assert Credentials.objects.get().set_at == NOW
