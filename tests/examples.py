"""How many examples a property test tries: few on each commit, many at night.

`HYPOTHESIS_PROFILE` chooses. A test whose examples are dear says how many it tries on each commit.
"""

from __future__ import annotations

import os

from hypothesis import settings

CHEAP = 100
# How many times as many as on each commit.
TIMES = {"ci": 1, "nightly": 20}
_chosen = os.environ.get("HYPOTHESIS_PROFILE", "ci")


def load_profile() -> None:
    """For the tests that do not say how many they try."""
    settings.register_profile("ci", max_examples=CHEAP, print_blob=True)
    settings.register_profile(
        "nightly",
        max_examples=CHEAP * TIMES["nightly"],
        print_blob=True,
        derandomize=False,  # others each night, also where hypothesis sees that it is in a CI
    )
    settings.load_profile(_chosen)


def examples(on_each_commit: int) -> int:
    """For a `max_examples`."""
    return on_each_commit * TIMES[_chosen]
