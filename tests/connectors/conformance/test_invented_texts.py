"""The values that the kit invents for credentials fit their patterns, and are told apart."""

from __future__ import annotations

import re

import pytest

from flows.connectors.catalog import connectors
from flows.connectors.kit.patterns import CannotInvent, text_like

PATTERNS = {
    *(r"shpat_[0-9a-f]{32}", r"[a-z0-9][a-z0-9-]*", r"\d{3,6}", r"[A-Za-z0-9_-]+={0,2}"),
    *(r"(eu|na|au)", r"(?:[0-9a-f]{8})(-[0-9a-f]{4}){3}-[0-9a-f]{12}", r"[^/\s]+", r".+", r"a?b*c"),
    *(r"(?i:key)-\w+", r"^[a-z]+\.example\.com$", r"SHA256:[A-Za-z0-9+/]{43}=?"),
    *(
        field.pattern
        for connector in connectors().values()
        for field in connector.credentials.values()
        if field.pattern
    ),
}


@pytest.mark.parametrize("pattern", sorted(PATTERNS))
def test_a_text_fits_its_pattern(pattern: str) -> None:
    assert re.fullmatch(pattern, text_like(pattern, seed="a"))


def test_a_text_is_the_same_each_time_and_another_for_another_field() -> None:
    pattern = r"shpat_[0-9a-f]{32}"

    assert text_like(pattern, seed="a") == text_like(pattern, seed="a")
    assert text_like(pattern, seed="a") != text_like(pattern, seed="b")
    assert text_like(None, seed="a") != text_like(None, seed="b")


@pytest.mark.parametrize("pattern", [r"(?=.*\d)(?=.*[a-z]{9})[a-z0-9]{12}x", r"(a)(?!a)b\1(?<=c)"])
def test_a_pattern_that_is_too_odd_is_not_guessed_at(pattern: str) -> None:
    with pytest.raises(CannotInvent):
        text_like(pattern, seed="a")
