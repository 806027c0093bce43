"""The README's first command, to its end: `manage.py up --demo --once` in an empty home."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.processes import PROJECT, free_port

SECONDS = 400.0
PHASES = (
    "Database",
    "Portal",
    "Prefect server",
    "Reconciliation of Prefect with the portal",
    "Onboarding of two retailers",
    "First runs",
    "Platform deployments",
)


@dataclass(frozen=True)
class Machine:
    """An empty home and three free ports: what the demo needs of a machine."""

    home: Path
    ports: dict[str, int]

    @property
    def environment(self) -> dict[str, str]:
        kept = {"PATH", "HOME", "LANG", "TMPDIR"}
        of_ports = {f"MERCURIOS_{name}_PORT": str(port) for name, port in self.ports.items()}
        return {
            **{name: value for name, value in os.environ.items() if name in kept},
            **of_ports,
            "MERCURIOS_HOME": str(self.home),
            "COLUMNS": "200",
        }

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=PROJECT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    def demo(self) -> subprocess.CompletedProcess[str]:
        return self.manage("up", "--demo", "--once")

    def status(self) -> Any:
        return json.loads(self.manage("status", "--json").stdout)

    def processes(self) -> list[str]:
        """What runs with this home in its environment, whoever its parent is by now."""
        mine = f"MERCURIOS_HOME={self.home}\0".encode()
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if mine in (process / "environ").read_bytes():
                    found.append((process / "cmdline").read_text().replace("\0", " "))
            except OSError:  # it has ended meanwhile, or is somebody else's
                continue
        return found


@dataclass(frozen=True)
class Start:
    """One start of the demo, and how things stood when it had ended."""

    code: int
    said: str
    complaint: str
    still_running: list[str]
    status: Any

    @property
    def phases(self) -> dict[str, float]:
        told = re.findall(r"done (.+) \(([\d.]+) s\)", self.said)
        return {name: float(seconds) for name, seconds in told}

    def line(self, beginning: str) -> str:
        [line] = [line for line in self.said.splitlines() if line.startswith(beginning)]
        return line


def start_on(machine: Machine) -> Start:
    done = machine.demo()
    return Start(done.returncode, done.stdout, done.stderr, machine.processes(), machine.status())


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    ports = {name: free_port() for name in ("PORTAL", "PREFECT", "TILL")}
    return Machine(home=tmp_path_factory.mktemp("demo"), ports=ports)


@pytest.fixture(scope="module")
def first(machine: Machine) -> Start:
    start = start_on(machine)
    assert start.code == 0, start.said + start.complaint
    return start


@pytest.fixture(scope="module")
def second(machine: Machine, first: Start) -> Start:
    return start_on(machine)


def test_the_demo_comes_up_and_says_where(machine: Machine, first: Start) -> None:
    address = "http://127.0.0.1:{}/"

    assert first.line("Portal ").endswith(address.format(machine.ports["PORTAL"]))
    assert first.line("Admin ").endswith(address.format(machine.ports["PORTAL"]) + "admin/")
    assert first.line("API ").endswith(address.format(machine.ports["PORTAL"]) + "api/v1/docs")
    assert first.line("Prefect ").endswith(address.format(machine.ports["PREFECT"]))
    assert first.line("Till ").startswith(f"Till        {address.format(machine.ports['TILL'])}")


def test_the_first_start_prints_a_password_once(first: Start) -> None:
    assert re.search(r"^Log in as   operator with password \S{12,}$", first.said, re.MULTILINE)


def test_each_phase_says_how_long_it_took(first: Start) -> None:
    assert tuple(first.phases) == PHASES
    [total] = re.findall(r"Up after (\d+) s\.", first.said)
    assert abs(int(total) - sum(first.phases.values())) <= 1


def test_both_retailers_have_figures(first: Start) -> None:
    rows = [line for line in first.said.splitlines() if line.startswith("│")]

    assert [re.split(r" *│ *", row)[1] for row in rows] == ["Alster Mode", "Isar Sport"]
    for row in rows:
        _, _, until, sales, receipts, customers, _ = re.split(r" *│ *", row)
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", until)
        assert re.fullmatch(r"[\d,]+\.\d\d EUR", sales)
        assert int(receipts) > int(customers) > 0


def test_both_retailers_have_run_once(first: Start) -> None:
    assert {line["connection"]: line["last_status"] for line in first.status} == {
        "alster-mode/tills": "COMPLETED",
        "isar-sport/tills": "COMPLETED",
    }


def test_a_process_of_this_home_would_be_seen(machine: Machine) -> None:
    sleeper = [sys.executable, "-c", "print(flush=True); input()"]
    with subprocess.Popen(
        sleeper, env=machine.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as running:
        assert running.stdout is not None
        running.stdout.readline()

        assert len(machine.processes()) == 1


def test_nothing_is_left_running(first: Start) -> None:
    assert first.still_running == []


def test_a_second_start_goes_on_from_there(first: Start, second: Start) -> None:
    assert second.code == 0, second.said + second.complaint
    assert second.status == first.status  # nobody was onboarded, nothing ran again
    assert sum(second.phases.values()) < sum(first.phases.values())
    assert "password" not in second.said
    assert "Alster Mode" in second.said


def test_nothing_is_left_running_after_the_second(second: Start) -> None:
    assert second.still_running == []


@pytest.mark.parametrize("taken", ["PORTAL", "PREFECT", "TILL"])
def test_a_taken_port_is_one_sentence_and_nothing_starts(
    machine: Machine, second: Start, taken: str
) -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", machine.ports[taken]))
        other.listen()
        done = machine.demo()

    assert done.returncode == 1
    assert done.stderr == (
        f"CommandError: Port {machine.ports[taken]} is taken by another program. Stop it, or choose"
        f" another port with MERCURIOS_{taken}_PORT.\n"
    )
    assert machine.processes() == []
