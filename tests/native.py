"""The native reader, for tests of what only it does."""

from __future__ import annotations

import os

import pytest

from flows.native import library


def require_native() -> None:
    """Skips where it was not built, unless MERCURIOS_REQUIRE_NATIVE=1 makes it a must."""
    if library.is_there():
        return
    advice = "The native reader was not built. Install Rust (on Debian: rustc), and run make again."
    if os.environ.get("MERCURIOS_REQUIRE_NATIVE") == "1":
        pytest.fail(advice)
    pytest.skip(advice)
