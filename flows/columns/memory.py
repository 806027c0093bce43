"""Give memory back to the system between two steps that each need much of it."""

from __future__ import annotations

import ctypes
import sys


def let_go() -> None:
    """Of what was freed, allocators keep much for themselves, which the next step cannot use."""
    if "pyarrow" in sys.modules:
        sys.modules["pyarrow"].default_memory_pool().release_unused()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:  # glibc has it, other libraries do not
        trim(0)
