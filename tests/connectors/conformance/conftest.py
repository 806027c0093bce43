"""The folders that are put through the checks, each with one simulated source."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from flows.connectors.kit.bench import Bench, benches
from flows.connectors.kit.folder import Folder


@pytest.fixture(scope="module")
def bench_of() -> Iterator[Callable[[Folder], Bench]]:
    with benches() as found:
        yield found
