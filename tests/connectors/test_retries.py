from __future__ import annotations

from datetime import timedelta

import pytest

from flows.connectors.retries import GaveUp, Patience, Trouble, advised_wait, keep_trying
from tests.connectors import shop


class Attempts:
    """Fails as often as there are troubles, then succeeds."""

    def __init__(self, *troubles: Trouble) -> None:
        self.left = list(troubles)
        self.made = 0

    def __call__(self) -> str | Trouble:
        self.made += 1
        return self.left.pop(0) if self.left else "done"


DOWN = Trouble(reason="down")


def test_five_tries_with_growing_waits() -> None:
    attempts, naps = Attempts(*[DOWN] * 9), shop.Naps()

    with pytest.raises(GaveUp, match="down"):
        keep_trying(attempts, patience=Patience(), sleep=naps)

    assert attempts.made == 5
    assert all(0.5 * 2**step <= nap <= 2**step for step, nap in enumerate(naps.taken))
    assert len(naps.taken) == 4


def test_the_waits_of_two_clients_differ() -> None:
    def waits() -> list[float]:
        naps = shop.Naps()
        keep_trying(Attempts(DOWN, DOWN, DOWN), patience=Patience(), sleep=naps)
        return naps.taken

    assert waits() != waits()


def test_the_fifth_try_may_still_succeed() -> None:
    attempts = Attempts(*[DOWN] * 4)

    assert keep_trying(attempts, patience=Patience(), sleep=shop.Naps()) == "done"


def test_an_odd_answer_is_tried_twice_only() -> None:
    attempts = Attempts(*[Trouble(reason="a web page", is_odd=True)] * 9)

    with pytest.raises(GaveUp):
        keep_trying(attempts, patience=Patience(), sleep=shop.Naps())

    assert attempts.made == 2


def test_the_wait_the_source_asks_for_is_kept() -> None:
    naps = shop.Naps()

    keep_trying(Attempts(Trouble(reason="slow", advised=42)), patience=Patience(), sleep=naps)

    assert naps.taken == [42]


def test_a_wait_of_hours_is_not_sat_out() -> None:
    attempts, naps = Attempts(Trouble(reason="slow", advised=7200)), shop.Naps()

    with pytest.raises(GaveUp) as caught:
        keep_trying(attempts, patience=Patience(), sleep=naps)

    assert caught.value.retry_after == timedelta(hours=2)
    assert (attempts.made, naps.taken) == (1, [])


def test_the_waits_together_have_a_limit() -> None:
    attempts, naps = Attempts(*[Trouble(reason="slow", advised=290)] * 9), shop.Naps()

    with pytest.raises(GaveUp):
        keep_trying(attempts, patience=Patience(), sleep=naps)

    assert sum(naps.taken) <= 600


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("2", 2.0),
        (" 120 ", 120.0),
        ("Sat, 21 Nov 2026 05:00:30 GMT", 30.0),
        ("Sat, 21 Nov 2026 05:01:00 -0000", 60.0),
        ("Sat, 21 Nov 2026 04:59:00 GMT", None),
        ("Fri, 21 Nov 2036 05:00:00 GMT", 315_619_200.0),
        ("-5", None),
        ("1.5", None),
        ("abc", None),
        ("2, 2", None),
        ("", None),
        ("٣", None),
        ("9" * 30, None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_anything_else_is_nothing(
    header: str | None, seconds: float | None
) -> None:
    assert advised_wait(header, now=shop.NOW) == seconds
