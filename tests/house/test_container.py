"""What the Dockerfile and the compose file promise, as far as it can be read from them."""

from __future__ import annotations

import re
import subprocess
import tomllib
from fnmatch import fnmatch

import pytest

from flows.native.library import FILE
from tests.house import dockerfile
from tests.house.composition import Service, composition, env_example, services, variables
from tests.house.repository import ROOT, text_of

STAGES = dockerfile.stages(text_of("Dockerfile"))
IMAGE = STAGES[-1]
VALUES = {name: f"{name.lower()}-value" for name in env_example()}
SERVICES = services(VALUES)
OURS = [each for each in SERVICES.values() if each.is_ours]
SECRET = re.compile(r"KEY|TOKEN|PASSWORD|SECRET|AUTH")


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name or "image")
def test_a_stage_begins_with_a_release_of_python(stage: dockerfile.Stage) -> None:
    assert re.fullmatch(r"python:3\.\d+-slim", stage.base)


def test_nothing_in_the_image_runs_as_root() -> None:
    user = IMAGE.last("USER")

    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user.arguments)
    after = IMAGE.instructions[IMAGE.instructions.index(user) :]
    assert not [each.name for each in after if each.name in {"RUN", "COPY"}]


def test_every_copied_file_exists() -> None:
    missing = [
        source
        for stage in STAGES
        for sources, _ in stage.copied_sources
        for source in sources
        if not (ROOT / source).exists()
    ]

    assert not missing


def test_packages_are_installed_from_the_lock_file_by_hash() -> None:
    installs = [each.arguments for each in STAGES[0].all("RUN")]

    assert "--require-hashes -r /build/requirements.lock" in installs[0]
    assert "--hash=sha256:" in text_of("requirements.lock")


def test_the_native_reader_is_built_to_where_the_program_looks_for_it() -> None:
    taken = [each.words for each in IMAGE.all("COPY") if "--from=build" in each.words]

    assert "/build/native/build /build/native.so" in STAGES[0].all("RUN")[1].arguments
    assert ["--from=build", "/build/native.so", f"./{FILE.relative_to(ROOT)}"] in taken


def test_the_image_holds_no_secret() -> None:
    settings = [name for stage in STAGES for name in stage.environment]

    assert not [name for name in settings if SECRET.search(name)]
    assert not IMAGE.all("ARG")


def test_data_lives_in_the_volume() -> None:
    assert IMAGE.environment["MERCURIOS_HOME"] == IMAGE.last("VOLUME").arguments


@pytest.mark.parametrize(
    "path",
    [
        "tests/settings.py",
        "var/settings.env",
        ".venv/bin/python",
        ".git/config",
        ".env",
        "docs/settings.md",
        "portal/__pycache__/urls.pyc",
        "flows/native/native.so",
        "portal/.env",
        "transforms/target/manifest.json",
    ],
)
def test_the_build_context_leaves_out(path: str) -> None:
    assert is_ignored(path)


@pytest.mark.parametrize("path", ["requirements.lock", "manage.py", "portal/urls.py", "LICENSE"])
def test_the_build_context_holds(path: str) -> None:
    assert not is_ignored(path)


def test_compose_and_its_example_name_the_same_variables() -> None:
    assert variables() == set(env_example())


def test_the_example_holds_no_secret() -> None:
    assert not [name for name, value in env_example().items() if SECRET.search(name) and value]


def test_the_file_with_the_secrets_is_never_committed() -> None:
    ignored = subprocess.run(["git", "check-ignore", "--quiet", ".env"], cwd=ROOT, check=False)

    assert ignored.returncode == 0


def test_every_variable_is_demanded() -> None:
    assert not re.findall(r"\$\{\w+\}", text_of("compose.yaml"))


@pytest.mark.parametrize("service", SERVICES.values(), ids=lambda service: service.name)
def test_a_service_says_how_it_is_and_when_it_comes_back(service: Service) -> None:
    ends = service.settings["restart"] == "no"

    assert ends or service.settings["restart"] == "unless-stopped"
    checked = "healthcheck" in service.settings or service.is_ours  # ours inherit the image's
    assert checked


@pytest.mark.parametrize("service", OURS, ids=lambda service: service.name)
def test_our_services_can_write_to_their_volume_alone(service: Service) -> None:
    assert service.settings["read_only"] is True
    assert service.settings["cap_drop"] == ["ALL"]
    assert service.settings["tmpfs"] == ["/tmp"]  # noqa: S108 - of the container


def test_the_image_is_tagged_with_the_projects_version() -> None:
    version = tomllib.loads(text_of("pyproject.toml"))["project"]["version"]

    assert {each.settings["image"] for each in OURS} == {f"mercurios:{version}"}
    assert f"## [{version}]" in text_of("CHANGELOG.md")


def test_the_portal_only_reads_the_data() -> None:
    assert SERVICES["portal"].settings["volumes"] == ["data:/data:ro"]


def test_only_the_portal_and_prefects_pages_are_published_where_env_says() -> None:
    published = {
        name: each.settings["ports"] for name, each in SERVICES.items() if "ports" in each.settings
    }

    assert published == {
        "prefect": [f"{VALUES['PREFECT_LISTEN']}:4200"],
        "portal": [f"{VALUES['PORTAL_LISTEN']}:8000"],
    }
    assert env_example()["PREFECT_LISTEN"].startswith("127.0.0.1:")
    assert env_example()["PORTAL_LISTEN"].startswith("127.0.0.1:")


def test_prefect_and_everybody_who_calls_it_share_one_password() -> None:
    asked = SERVICES["prefect"].environment["PREFECT_SERVER_API_AUTH_STRING"]
    callers = [each for each in OURS if "PREFECT_API_URL" in each.environment]

    assert {each.name for each in callers} == {"setup", "portal", "worker"}
    assert {each.environment["PREFECT_API_AUTH_STRING"] for each in callers} == {asked}


def test_the_worker_holds_no_key_of_the_portal() -> None:
    held = {name for name in SERVICES["worker"].environment if SECRET.search(name)}

    assert held == {"MERCURIOS_SERVICE_TOKEN", "PREFECT_API_AUTH_STRING"}


def test_nobody_but_the_two_owners_opens_a_database() -> None:
    opened = {
        each.name: value
        for each in SERVICES.values()
        for value in each.environment.values()
        if "@postgres:5432" in value
    }

    assert set(opened) == {"prefect", "setup", "portal"}
    assert "postgres://postgres" not in "".join(opened.values())
    assert "outside" not in SERVICES["postgres"].settings["networks"]


def test_services_wait_for_what_they_need() -> None:
    assert SERVICES["setup"].waits_for == {
        "postgres": "service_healthy",
        "prefect": "service_healthy",
    }
    assert SERVICES["portal"].waits_for == {"setup": "service_completed_successfully"}
    assert SERVICES["worker"].waits_for == {
        "portal": "service_healthy",
        "prefect": "service_healthy",
    }


def test_names_of_volumes_and_networks_are_declared() -> None:
    declared = composition(VALUES)
    used = [each.settings for each in SERVICES.values()]

    assert {name for each in used for name in each.get("networks", [])} == set(declared["networks"])
    assert {each.split(":")[0] for one in used for each in one.get("volumes", [])} == set(
        declared["volumes"]
    )


def is_ignored(path: str) -> bool:
    """As Docker reads it: the last line that fits a path, or a folder of it, decides."""
    lines = [line.strip() for line in text_of(".dockerignore").splitlines()]
    parts = path.split("/")
    candidates = ["/".join(parts[: end + 1]) for end in range(len(parts))]
    verdict = False
    for line in lines:
        if not line or line.startswith("#"):
            continue
        pattern = line.removeprefix("!")
        if any(fits(each, pattern) for each in candidates):
            verdict = not line.startswith("!")
    return verdict


def fits(path: str, pattern: str) -> bool:
    if pattern.startswith("**/"):
        anywhere = pattern.removeprefix("**/")
        return fnmatch(path.rsplit("/", 1)[-1], anywhere)
    return path.count("/") == pattern.count("/") and fnmatch(path, pattern)
