"""Invent a text that a regular expression accepts, such as a key of the vendor's form."""

from __future__ import annotations

import re
import string
from random import Random

# Private, but the only place that knows how `re` itself reads a pattern; the result is tried below.
from re import _constants as constants  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

_PLAIN = string.ascii_lowercase + string.digits
_KINDS = {
    constants.CATEGORY_DIGIT: string.digits,
    constants.CATEGORY_WORD: _PLAIN,
    constants.CATEGORY_SPACE: " ",
    constants.CATEGORY_NOT_DIGIT: string.ascii_lowercase,
    constants.CATEGORY_NOT_SPACE: _PLAIN,
    constants.CATEGORY_NOT_WORD: "-",
}
_MOST_REPEATS = 24


class CannotInvent(Exception):
    """No text was found; a sample has to be given instead."""


def text_like(pattern: str | None, *, seed: str) -> str:
    """A text that fits, long where the pattern allows it; the same for the same seed.

    :raises CannotInvent: where the pattern uses what this cannot follow, such as a look ahead
    """
    if pattern is None:
        return f"CANARY-{Random(seed).getrandbits(64):016x}"  # noqa: S311 - repeatable, not secret
    random = Random(seed)  # noqa: S311 - repeatable, not secret
    try:
        parsed = parser.parse(pattern)
        for _ in range(20):
            text = "".join(_piece(part, random) for part in parsed)
            if re.fullmatch(pattern, text):
                return text
    except (KeyError, IndexError, ValueError, TypeError, re.error):
        pass
    raise CannotInvent(pattern)


def _piece(part: tuple[Any, Any], random: Random) -> str:
    kind, value = part
    match kind:
        case constants.LITERAL:
            return chr(value)
        case constants.NOT_LITERAL:
            return random.choice([each for each in _PLAIN if ord(each) != value])
        case constants.ANY:
            return random.choice(_PLAIN)
        case constants.IN:
            return random.choice(_members(value))
        case constants.CATEGORY:
            return random.choice(_KINDS[value])
        case constants.AT:
            return ""
        case constants.BRANCH:
            return "".join(_piece(part, random) for part in random.choice(value[1]))
        case constants.SUBPATTERN:
            return "".join(_piece(part, random) for part in value[-1])
        case constants.MAX_REPEAT | constants.MIN_REPEAT | constants.POSSESSIVE_REPEAT:
            least, most, inner = value
            wanted = max(least, min(int(most), _MOST_REPEATS)) if least != most else least
            return "".join(_piece(part, random) for _ in range(wanted) for part in inner)
        case _:
            raise ValueError(f"{kind} is not understood")


def _members(members: list[tuple[Any, Any]]) -> str:
    is_negated = members[0][0] is constants.NEGATE
    found = ""
    for kind, value in members:
        if kind is constants.LITERAL:
            found += chr(value)
        elif kind is constants.RANGE:
            found += "".join(chr(each) for each in range(value[0], min(value[1], 0x7E) + 1))
        elif kind is constants.CATEGORY:
            found += _KINDS[value]
    if is_negated:
        return "".join(each for each in _PLAIN if each not in found)
    # Letters and digits rather than signs, where the pattern leaves the choice.
    plain = "".join(each for each in found if each in string.ascii_letters + string.digits)
    return plain or found
