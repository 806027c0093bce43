"""The warm server: a program handed to it runs as if it had been started."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.warm.handover import NotHandedOver, connect
from flows.warm.program import cpu_seconds_elsewhere, run
from tests.warm import ROOT, warm_server

SECONDS = 60.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    # Longer than the name of a socket may be.
    return tmp_path_factory.mktemp("a-rather-long-name-of-a-folder" * 4)


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Path]:
    with warm_server(folder / "warm.sock"):
        yield folder / "warm.sock"


@pytest.fixture
def programs(folder: Path, server: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the programs of a test are, which the server can be asked for."""
    monkeypatch.setenv("MERCURIOS_WARM_SOCKET", str(server))
    return folder


def _program(folder: Path, name: str, text: str) -> None:
    (folder / f"{name}.py").write_text(text)


def _until(is_so: object) -> None:
    deadline = time.monotonic() + SECONDS
    while not is_so():  # type: ignore[operator]  # a function without parameters
        assert time.monotonic() < deadline, f"not after {SECONDS:.0f} s"
        time.sleep(0.02)


def test_a_program_has_its_own_arguments_environment_and_folder(programs: Path) -> None:
    _program(
        programs,
        "telling",
        "import os, sys\nprint(sys.argv[1:], os.environ, os.getcwd(), 'prefect' in sys.modules)\n",
    )
    ended = run("telling", ["a", "b c"], environment={"ONLY": "this"}, folder=programs)
    assert ended.code == 0
    assert ended.output == f"['a', 'b c'] environ({{'ONLY': 'this'}}) {programs} True\n"


def test_what_a_program_leaves_behind_no_other_sees(programs: Path) -> None:
    _program(
        programs, "marking", "import duckdb\nprint(hasattr(duckdb, 'mark'))\nduckdb.mark = 1\n"
    )
    said = [run("marking", [], environment={}, folder=programs).output for _ in range(2)]
    assert said == ["False\n", "False\n"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("raise SystemExit(3)", 3),
        ("raise ValueError('no')", 1),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL),
    ],
)
def test_it_ends_as_the_program_ends(programs: Path, text: str, code: int) -> None:
    _program(programs, f"ending{abs(code)}", text)
    assert run(f"ending{abs(code)}", [], environment={}, folder=programs).code == code


def test_what_it_used_on_the_processor_is_the_callers(programs: Path) -> None:
    _program(programs, "working", "import time\nwhile time.process_time() < 0.5: pass")
    before = cpu_seconds_elsewhere()
    run("working", [], environment={}, folder=programs)
    assert 0.5 <= cpu_seconds_elsewhere() - before < 2.0


def test_errors_are_part_of_the_output(programs: Path) -> None:
    _program(programs, "failing", "raise ValueError('what went wrong')")
    assert "what went wrong" in run("failing", [], environment={}, folder=programs).output


def test_without_a_server_the_program_runs_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MERCURIOS_WARM_SOCKET", str(tmp_path / "nobody.sock"))
    _program(tmp_path, "alone", "import sys\nprint(sys.argv[1:], 'prefect' in sys.modules)\n")
    ended = run("alone", ["x"], environment={}, folder=tmp_path)
    assert (ended.code, ended.output) == (0, "['x'] False\n")


def test_a_server_that_ends_before_it_begins_leaves_the_program_to_run_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MERCURIOS_WARM_SOCKET", str(tmp_path / "ending.sock"))
    _program(tmp_path, "left", "print('done')\n")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as ending:
        ending.bind(str(tmp_path / "ending.sock"))
        ending.listen()
        stopping = threading.Timer(0.5, ending.close)
        stopping.start()

        assert run("left", [], environment={}, folder=tmp_path).output == "done\n"

        stopping.join()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be somebody else")
def test_nothing_is_handed_to_another_user(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        listening.bind(str(tmp_path / "theirs.sock"))
        os.seteuid(65534)
        try:
            listening.listen()
        finally:
            os.seteuid(0)

        with pytest.raises(NotHandedOver, match="another user's"):
            connect(tmp_path / "theirs.sock")


def test_a_program_that_there_is_no_room_for_ends_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full_at_first = (
        "import os\nfrom flows.warm.server import Path, Server, do\nfork = os.fork\n"
        "def full():\n    os.fork = fork\n    raise BlockingIOError\n"
        "os.fork = full\nwork = Server(Path(os.environ['MERCURIOS_WARM_SOCKET'])).serve()\n"
        "if work:\n    do(work)\n"
    )
    monkeypatch.setenv("MERCURIOS_WARM_SOCKET", str(tmp_path / "full.sock"))
    _program(tmp_path, "roomy", "import sys\nprint('prefect' in sys.modules)\n")
    with subprocess.Popen([sys.executable, "-c", full_at_first], cwd=ROOT) as server:
        _until((tmp_path / "full.sock").exists)
        said = [run("roomy", [], environment={}, folder=tmp_path).output for _ in range(2)]
        server.terminate()

    assert said == ["False\n", "True\n"]


@pytest.fixture
def waiting(programs: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A caller whose program waits, and the number of the process that does it."""
    told = programs / "process"
    told.unlink(missing_ok=True)
    _program(
        programs,
        "waiting",
        f"import os, pathlib, time\npathlib.Path({str(told)!r}).write_text(str(os.getpid()))\n"
        "time.sleep(60)\n",
    )
    ask = (
        "from pathlib import Path\nfrom flows.warm.program import run\n"
        f"run('waiting', [], environment={{}}, folder=Path({str(programs)!r}))\n"
    )
    with subprocess.Popen([sys.executable, "-c", ask], cwd=ROOT) as caller:
        _until(lambda: told.exists() and told.read_text())
        yield caller, int(told.read_text())
        caller.kill()


def test_a_program_does_not_outlive_a_caller_that_is_killed(
    waiting: tuple[subprocess.Popen[bytes], int],
) -> None:
    caller, process = waiting
    caller.kill()
    _until(lambda: not Path(f"/proc/{process}").exists())


def test_another_request_does_not_disturb_those_that_go_on(
    programs: Path, waiting: tuple[subprocess.Popen[bytes], int]
) -> None:
    _program(programs, "quick", "print('done')")
    assert run("quick", [], environment={}, folder=programs).output == "done\n"
    assert Path(f"/proc/{waiting[1]}").exists()


def test_no_run_begins_while_a_module_is_still_at_work_on_a_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("MERCURIOS_WARM_SOCKET", str(tmp_path / "warm.sock"))
    _program(tmp_path, "slow", "import time\ntime.sleep(2)\n")
    _program(
        tmp_path,
        "starting",
        "from threading import Thread\n"
        "Thread(target=lambda: __import__('slow'), daemon=True).start()\n",
    )
    _program(tmp_path, "using", "import slow\nprint('used')\n")
    with warm_server(tmp_path / "warm.sock", "starting"):
        ended = run("using", [], environment={}, folder=tmp_path)
    assert ended.output == "used\n"


def test_it_can_be_stopped_before_it_is_warm(tmp_path: Path) -> None:
    with warm_server(tmp_path / "warm.sock"):
        assert (tmp_path / "warm.sock").exists()
    assert not (tmp_path / "warm.sock").exists()
