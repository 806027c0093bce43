"""Repeatable randomness that needs no memory: any row can be made from its index alone."""

from __future__ import annotations

import hashlib
import math

_WORD = (1 << 64) - 1
_GOLDEN = 0.6180339887498949


def mix(number: int) -> int:
    """64 well mixed bits; different numbers below 2**64 give different bits (SplitMix64)."""
    x = (number * 0x9E3779B97F4A7C15 + 0xD1B54A32D192ED03) & _WORD
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & _WORD
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & _WORD
    return x ^ (x >> 31)


def salt(*, seed: int, name: str) -> int:
    """A starting point of its own for everything that draws from the same seed."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{name}".encode()).digest()[:8], "big")


class Guids:
    """GUID texts of one stream; 64 of the bits come from the row, so no two rows share one."""

    def __init__(self, *, salt: int) -> None:
        tail = mix(salt)
        self._tail = f"-{tail >> 48:04x}-{tail & 0xFFFFFFFFFFFF:012x}"

    def of(self, bits: int) -> str:
        return f"{bits >> 32:08x}-{(bits >> 16) & 0xFFFF:04x}-{bits & 0xFFFF:04x}{self._tail}"


class Shuffle:
    """An order of 0 … size-1 that looks arbitrary, costs no memory and can be turned round."""

    def __init__(self, *, size: int, seed: int) -> None:
        self._size = max(1, size)
        step = max(1, int(self._size * _GOLDEN) + seed % 97)
        while math.gcd(step, self._size) != 1:
            step += 1
        self._step = step % self._size or 1
        self._shift = seed % self._size
        self._back = pow(self._step, -1, self._size)

    def index(self, position: int) -> int:
        return (position * self._step + self._shift) % self._size

    def position(self, index: int) -> int:
        return (index - self._shift) * self._back % self._size
