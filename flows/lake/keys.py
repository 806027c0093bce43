"""What a key of the lake looks like. One that passes here means the same in every lake."""

from __future__ import annotations

import unicodedata

from flows.lake.lake import LakeKeyRefused

# S3 keeps 1024 bytes, with the lake's own prefix; a name in a folder 255, with that of a torn copy.
MOST_BYTES = 900
MOST_BYTES_OF_A_NAME = 200


def checked(key: str) -> str:
    """The key itself: names with one `/` between, none of which begins with a dot.

    :raises LakeKeyRefused: for anything else
    """
    if not _is_key(key):
        raise LakeKeyRefused(f"{key[:100]!r} is not a key of the lake.")
    return key


def _is_key(key: str) -> bool:
    try:
        names = [name.encode() for name in key.split("/")]
    except UnicodeEncodeError:  # half of a surrogate pair
        return False
    return (
        len(key.encode()) <= MOST_BYTES
        and all(0 < len(name) <= MOST_BYTES_OF_A_NAME for name in names)
        and not any(name.startswith(b".") for name in names)
        and not any(unicodedata.category(char) == "Cc" for char in key)
    )


def layer_of(key: str) -> str:
    """What kind of file a key is of. How long it is kept, and where, depends on it.

    What is replaced in its place, such as the pointer to the current publication, is state.
    """
    match key.split("/"):
        case [_, "raw", _, *_]:
            return "raw"
        case [_, "publications", _, _, *_]:
            return "publications"
        case _:
            return "state"
