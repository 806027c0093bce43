"""What allocators keep of the memory that a run has let go of."""

from __future__ import annotations

import ctypes
import sys
from typing import Any

# From glibc's malloc.h. Other libraries of C have neither this nor what it is for.
_MOST_POOLS = -8


def share_pools() -> None:
    """Let all threads of this process use the same two pools of memory.

    Else each thread gets its own, and what one of them has let go of no other can use.
    """
    if (set_option := _of_malloc("mallopt")) is not None:
        set_option(_MOST_POOLS, 2)


def let_go() -> None:
    """Of what was freed, allocators keep much for themselves, which the next step cannot use."""
    if "pyarrow" in sys.modules:
        # It may be there only in part, as another thread is just importing it: this waits for it.
        import pyarrow as pa

        pa.default_memory_pool().release_unused()
    if (trim := _of_malloc("malloc_trim")) is not None:
        trim(0)


def _of_malloc(name: str) -> Any:
    return getattr(ctypes.CDLL(None), name, None)
