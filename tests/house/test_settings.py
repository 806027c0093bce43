"""`docs/settings.md` lists what is read from the environment, all of it, with its defaults."""

from __future__ import annotations

import ast
import re

import pytest

from tests.house import dockerfile
from tests.house.composition import env_example, services
from tests.house.repository import files, text_of

READS = re.compile(
    r"(?:\benv\.\w+|\b_?required|environ\.(?:get|setdefault)|environ|env_var|getenv)[\[(]\s*"
    r"[\"']([A-Z][A-Z0-9_]+)[\"']"
)
SET = re.compile(r"[\"']((?:MERCURIOS|PREFECT|DO_NOT)_[A-Z0-9_]+)[\"']:")
# What every program on a Unix machine knows.
OF_THE_SYSTEM = {"PATH", "HOME", "PYTHONPATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"}


def documented() -> dict[str, str]:
    """Each variable, and its row of the page."""
    rows = [row for row in text_of("docs/settings.md").splitlines() if row.startswith("| `")]
    return {
        name: row for row in rows for name in re.findall(r"`([A-Z][A-Z0-9_]+)`", row.split("|")[1])
    }


def read_by_code() -> set[str]:
    product = [
        path
        for path in files()
        if path.parts[0] in {"portal", "flows", "transforms", "manage.py"}
        and path.suffix in {".py", ".yml", ".sql"}
    ]
    tests = [path for path in files() if path.parts[0] == "tests" and path.suffix == ".py"]
    of_tests = {name for path in tests for name in READS.findall(text_of(path))}
    return {name for path in product for name in READS.findall(text_of(path))} | {
        name for name in of_tests if name.startswith("MERCURIOS_")
    }


def set_for_programs() -> set[str]:
    values = dict.fromkeys(env_example(), "x")
    of_services = [
        name for each in services(values).values() if each.is_ours for name in each.environment
    ]
    of_image = dockerfile.stages(text_of("Dockerfile"))[-1].environment
    return {*SET.findall(text_of("portal/cli/stack.py")), *of_services, *of_image, *values}


def test_everything_that_is_read_or_set_is_documented() -> None:
    assert (read_by_code() | set_for_programs()) - OF_THE_SYSTEM - set(documented()) == set()


def test_nothing_is_documented_that_is_not_read_or_set() -> None:
    assert set(documented()) - read_by_code() - set_for_programs() == set()


def defaults() -> dict[str, str]:
    """The defaults of the portal's settings that are plain values, as the page writes them."""
    found = {}
    for node in ast.walk(ast.parse(text_of("portal/settings.py"))):
        match node:
            case ast.Call(func=ast.Name(id="required"), args=[ast.Constant(value=str(name))]):
                found[name] = "required"
            case ast.Call(args=[ast.Constant(value=str(name))], keywords=[ast.keyword() as given]):
                if given.arg == "default" and (text := written(given.value)) is not None:
                    found[name] = text
    return found


def written(value: ast.expr) -> str | None:
    match value:
        case ast.Constant(value=bool(truth)):
            return f"`{str(truth).lower()}`"
        case ast.Constant(value=""):
            return "empty"
        case ast.Constant(value=int() | str() as other):
            return f"`{other}`"
        case ast.List(elts=[]):
            return "empty"
        case _:
            return None


@pytest.mark.parametrize(("name", "default"), defaults().items())
def test_a_documented_default_is_the_real_one(name: str, default: str) -> None:
    assert documented()[name].split("|")[2].strip() == default
