"""Unpack an answer while counting, so that a small archive cannot become a large memory."""

from __future__ import annotations

import zlib

LARGEST_ANSWER = 64 * 1024 * 1024
LARGEST_RATIO = 100
# Below this size any ratio is harmless: a page of equal records is packed that well.
_ALWAYS_FINE = 1024 * 1024
_GZIP = b"\x1f\x8b"
_AT_ONCE = 1024 * 1024
_SLICE = 64 * 1024
_MOST_MEMBERS = 10_000
# A proxy may pack what was packed already. Nobody packs three times.
_MOST_LAYERS = 2


class AnswerTooLarge(Exception):
    """The answer is larger than any page should be."""


class AnswerUnreadable(Exception):
    """What arrived is packed in a way we do not know, damaged, or was cut short."""


def unpacked(body: bytes, *, encoding: str) -> bytes:
    """The body as it was before it was packed.

    Its first bytes tell, whatever the header says: servers pack without a word, and say so without
    packing.

    :param encoding: the header `Content-Encoding`
    :raises AnswerTooLarge: if it unpacks to more than `LARGEST_ANSWER`, or to over
        `LARGEST_RATIO` times its size
    :raises AnswerUnreadable: if it cannot be unpacked
    """
    received = len(body)
    for _ in range(_MOST_LAYERS):
        if not body.startswith(_GZIP):
            break
        body = _inflated(body, wbits=31, received=received)
    else:
        return body
    if len(body) == received and encoding.strip().lower() == "deflate":
        # Both forms are called deflate: with the two bytes that begin a zlib stream, and bare.
        is_zlib = len(body) > 1 and body[0] & 15 == 8 and int.from_bytes(body[:2], "big") % 31 == 0
        return _inflated(body, wbits=15 if is_zlib else -15, received=received)
    if encoding.strip().lower() not in ("", "identity", "gzip", "x-gzip", "deflate"):
        raise AnswerUnreadable("The answer is packed in a way that we did not ask for")
    return body


def check_size(size: int) -> None:
    """:raises AnswerTooLarge: if an answer of this size is too large"""
    if size > LARGEST_ANSWER:
        raise AnswerTooLarge(f"The answer is larger than {LARGEST_ANSWER >> 20} MB")


def _inflated(body: bytes, *, wbits: int, received: int) -> bytes:
    """Every member of it, one after the other."""
    pieces: list[bytes] = []
    size = at = 0
    try:
        for _ in range(_MOST_MEMBERS):
            if _is_padding(body, at):
                return b"".join(pieces)
            unpacker = zlib.decompressobj(wbits=wbits)
            while not unpacker.eof:
                # In slices: what follows a member is copied, and there may be many members.
                rest = body[at : at + _SLICE]
                piece = unpacker.decompress(rest, _AT_ONCE)
                at += len(rest) - len(unpacker.unconsumed_tail) - len(unpacker.unused_data)
                if not piece and not rest and not unpacker.eof:
                    raise AnswerUnreadable("The answer was cut short")
                pieces.append(piece)
                size += len(piece)
                check_size(size)
                if size > max(_ALWAYS_FINE, LARGEST_RATIO * received):
                    raise AnswerTooLarge(
                        f"The answer unpacks to more than {LARGEST_RATIO} times its size"
                    )
            if wbits != 31:
                return b"".join(pieces)
    except zlib.error:
        raise AnswerUnreadable("The compression of the answer is damaged") from None
    raise AnswerTooLarge(f"The answer is packed in more than {_MOST_MEMBERS} pieces")


def _is_padding(body: bytes, at: int) -> bool:
    """Whether nothing but zeros follows; looks at more than one byte only where one does."""
    return body[at : at + 1] in (b"", b"\0") and not body[at:].strip(b"\0")
