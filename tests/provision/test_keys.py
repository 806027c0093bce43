"""A key is replaced while it is in use: at every moment one that is kept logs in."""

from __future__ import annotations

import base64
import stat
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from flows.provision.account import LoginRefused
from flows.provision.apply import apply
from flows.provision.key_places import write_secret
from flows.provision.keys import (
    KeyUnknown,
    NewKeyRefused,
    Pair,
    fingerprint,
    fingerprint_of,
    rotate,
)
from flows.references import ReferenceBroken, secret_at
from tests.provision.conftest import wanted_for
from tests.provision.model_account import ModelAccount

USER = "MERCURIOS_WORKER"
# Making one takes a second.
PAIRS = [Pair.made() for _ in range(3)]


@pytest.fixture
def with_user(account: ModelAccount) -> ModelAccount:
    apply(account, wanted_for(), whole=True)
    return account


@dataclass
class Keeper:
    """Where the key is kept, and what is proven of it before."""

    account: ModelAccount
    pair: Pair | None = None
    let_in: list[int] = field(default_factory=list)

    def prove(self, pair: Pair) -> None:
        """As the server would: the key has to be one of the user's."""
        keys = [fingerprint_of_public(key) for key in self.account.model.public_keys(USER)]
        self.let_in.append(len(keys))
        if pair.fingerprint not in keys:
            raise LoginRefused("JWT token is invalid.")

    def keep(self, pair: Pair) -> None:
        self.pair = pair

    def rotate(self, pair: Pair) -> None:
        rotate(
            self.account,
            user=USER,
            current=self.pair.fingerprint if self.pair else "",
            prove=self.prove,
            keep=self.keep,
            make=lambda: pair,
        )

    @property
    def registered(self) -> list[str]:
        return [fingerprint_of_public(key) for key in self.account.model.public_keys(USER)]


def fingerprint_of_public(key: str) -> str:
    return fingerprint(base64.b64decode(key))


def test_the_new_key_stands_beside_the_old_and_then_alone(with_user: ModelAccount) -> None:
    keeper = Keeper(with_user)

    for pair in PAIRS:
        keeper.rotate(pair)

        assert keeper.pair == pair
        assert keeper.registered == [pair.fingerprint]
    assert keeper.let_in == [1, 2, 2]


def test_a_key_that_does_not_log_in_is_taken_off_again(with_user: ModelAccount) -> None:
    keeper = Keeper(with_user)
    keeper.rotate(PAIRS[0])

    def refuse(pair: Pair) -> None:
        raise LoginRefused("The network policy does not let it in.")

    with pytest.raises(NewKeyRefused, match="the old one stays: The network policy"):
        rotate(
            with_user,
            user=USER,
            current=PAIRS[0].fingerprint,
            prove=refuse,
            keep=keeper.keep,
            make=lambda: PAIRS[1],
        )

    assert keeper.registered == [PAIRS[0].fingerprint]
    assert keeper.pair == PAIRS[0]


def test_both_stay_if_nobody_knows_which_was_kept(with_user: ModelAccount) -> None:
    keeper = Keeper(with_user)
    keeper.rotate(PAIRS[0])

    def break_off(pair: Pair) -> None:
        raise ReferenceBroken("no answer")

    with pytest.raises(ReferenceBroken):
        rotate(
            with_user,
            user=USER,
            current=PAIRS[0].fingerprint,
            prove=keeper.prove,
            keep=break_off,
            make=lambda: PAIRS[1],
        )
    assert len(keeper.registered) == 2

    keeper.rotate(PAIRS[2])

    assert keeper.registered == [PAIRS[2].fingerprint]


def test_two_keys_of_which_none_is_ours_are_left_alone(with_user: ModelAccount) -> None:
    keeper = Keeper(with_user)
    keeper.rotate(PAIRS[0])
    for sql in (
        "USE ROLE MERCURIOS_ADMIN",
        f"ALTER USER {USER} SET RSA_PUBLIC_KEY = '{public(PAIRS[0])}'"
        f" RSA_PUBLIC_KEY_2 = '{public(PAIRS[1])}'",
    ):
        with_user.run(sql)

    with pytest.raises(KeyUnknown, match="neither of them"):
        rotate(
            with_user,
            user=USER,
            current=PAIRS[2].fingerprint,
            prove=keeper.prove,
            keep=keeper.keep,
            make=lambda: PAIRS[2],
        )

    assert len(keeper.registered) == 2


def public(pair: Pair) -> str:
    return base64.b64encode(pair.public).decode()


def test_a_written_key_is_its_owners_alone(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_text("old")
    file.chmod(0o644)

    write_secret(f"file:{file}", PAIRS[0].pem())

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert fingerprint_of(secret_at(f"file:{file}")) == PAIRS[0].fingerprint
    assert [each.name for each in tmp_path.iterdir()] == ["key.pem"]


def test_a_written_key_may_be_locked() -> None:
    locked = PAIRS[0].pem("open sesame")

    assert "ENCRYPTED" in locked
    assert fingerprint_of(locked, "open sesame") == PAIRS[0].fingerprint
    assert fingerprint_of(locked, "wrong") == ""


@pytest.mark.parametrize("reference", ["file:/nowhere/key.pem", "key.pem"])
def test_a_key_that_cannot_be_written_is_said(reference: str) -> None:
    with pytest.raises(ReferenceBroken):
        write_secret(reference, "key")


def test_no_key_is_ever_shown() -> None:
    assert "private" not in repr(PAIRS[0]).lower()
