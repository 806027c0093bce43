"""The library: whether it was built, and which functions it has."""

from __future__ import annotations

import ctypes
import os
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "native.so"
VERSION = 3


class Bytes(ctypes.Structure):
    _fields_ = (("start", ctypes.c_void_p), ("length", ctypes.c_size_t))


def is_there() -> bool:
    """Whether the library was built, and is of the version that this module knows."""
    return load() is not None


@cache
def load() -> Any:
    """The library with its functions; None where it is not there."""
    try:
        library = ctypes.CDLL(os.fspath(FILE))
        if library.version() != VERSION:
            return None
        for name, (gives, takes) in _signatures().items():
            function = getattr(library, name)
            function.restype, function.argtypes = gives, takes
    except (OSError, AttributeError):
        return None
    return library


def _signatures() -> dict[str, tuple[Any, list[Any]]]:
    reader, page, address = ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p
    text, size = ctypes.c_char_p, ctypes.c_size_t
    number, flag = ctypes.c_uint32, ctypes.c_bool
    return {
        "is_utf_8": (flag, [text, size]),
        "cut_page": (page, [text, size, text, size, size]),
        "page_records": (Bytes, [page]),
        "page_members": (Bytes, [page]),
        "close_page": (None, [page]),
        "copy_records": (flag, [text, size, address, size, flag, address, size, address, size]),
        "open_reader": (reader, [flag]),
        "close_reader": (None, [reader]),
        "add_column": (flag, [reader, text, size, number, number, number, flag]),
        "read_records": (ctypes.c_int64, [reader, address, address, size, ctypes.c_int64]),
        "left_records": (Bytes, [reader]),
        "taken_records": (Bytes, [reader]),
        "column_part": (Bytes, [reader, size, number]),
        "field_names": (Bytes, [reader]),
    }
