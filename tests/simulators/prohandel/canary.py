"""Marks of personal data. Whoever finds one where personal data must not be has found a leak.

Texts contain `MARK`; the personal fields that cannot hold text have one value nobody else has.
"""

from __future__ import annotations

MARK = "PII-CANARY"
BIRTH_DATE = "1907-07-07T00:00:00"
BANK_CODE = 99_907_077


def personal(what: str, number: int) -> str:
    return f"{MARK} {what} {number}"


def address(what: str, number: int) -> str:
    return f"{MARK}-{what}-{number}@example.invalid"
