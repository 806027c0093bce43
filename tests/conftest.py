"""How the suite is spread over the processes of `make test`."""

from __future__ import annotations

from typing import Any

import pytest

# These start whole platforms, which keep two processors busy: never two of them at once, and first
# of all, since they take the longest.
PLATFORMS = ("tests/journeys/", "tests/house/test_image_steps.py")


def group_of(test: str) -> str:
    """Tests of one group run in one process, in their order: those of a file share fixtures."""
    return "platforms" if test.startswith(PLATFORMS) else test.partition("::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from xdist.scheduler import LoadScopeScheduling

    class InGroups(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
        def _split_scope(self, nodeid: str) -> str:
            return group_of(nodeid)

    config.option.loadscopereorder = False  # the order is the one below
    return InGroups(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: group_of(item.nodeid) != "platforms")
