"""How the suite is spread over the processes of `make test`."""

from __future__ import annotations

import os
from typing import Any

import pytest

from tests.examples import load_profile

load_profile()

# What belongs together runs in one process, in its order, and what takes longest begins first: a
# long test that begins last keeps one processor waiting for the other.
TOGETHER: dict[str, tuple[str, ...]] = {
    # These start whole platforms, which keep two processors busy: never two of them at once.
    "platforms": ("tests/journeys/", "tests/house/test_image_steps.py"),
    # The same landings on two engines, and the samples of every source: each is built once.
    "engines": tuple(
        f"tests/transforms/test_{name}.py"
        for name in (
            *("parity", "snowflake_statements", "kinds", "frozen", "samples", "service_desk"),
            *("models_are_described", "layers", "published_views"),
        )
    ),
    # One platform that has synchronised, with a Prefect and a till.
    "synced": tuple(
        f"tests/flows/test_{name}.py" for name in ("sync", "busy", "move", "publish", "transform")
    ),
    # One warehouse that grew, and was built anew.
    "rebuilt": ("tests/transforms/test_builds.py", "tests/transforms/test_rebuild.py"),
}
# Files of which each has a process to itself, and which are worth beginning soon.
LONG = ("tests/flows/", "tests/transforms/", "tests/portal/test_warehouses_command.py")
# One of these is among the fixtures of whatever asks the portal's database.
OF_THE_DATABASE = {"db", "transactional_db", "live_server"}


def group_of(test: str) -> str:
    """Tests of one group run in one process, in their order: those of a file share fixtures."""
    for group, files in TOGETHER.items():
        if test.startswith(files):
            return group
    return test.partition("::")[0]


def begins(test: str) -> int:
    """Less is earlier."""
    group = group_of(test)
    if group in TOGETHER:
        return list(TOGETHER).index(group)
    return len(TOGETHER) + (0 if group.startswith(LONG) else 1)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from xdist.scheduler import LoadScopeScheduling

    class InGroups(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
        def _split_scope(self, nodeid: str) -> str:
            return group_of(nodeid)

    config.option.loadscopereorder = False  # the order is the one below
    return InGroups(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if os.environ.get("MERCURIOS_DATABASE_URL"):
        items[:] = _about_the_database(config, items)
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: begins(item.nodeid))


def _about_the_database(config: pytest.Config, items: list[pytest.Item]) -> list[pytest.Item]:
    """On another database the portal's tests that use none would find what they found before."""
    beside = [item for item in items if _is_beside_the_database(item)]
    config.hook.pytest_deselected(items=beside)
    left = set(items) - set(beside)
    return [item for item in items if item in left]


def _is_beside_the_database(item: pytest.Item) -> bool:
    if not item.nodeid.startswith("tests/portal/"):
        return False
    fixtures = set(getattr(item, "fixturenames", ()))
    return not (item.get_closest_marker("django_db") or fixtures & OF_THE_DATABASE)
