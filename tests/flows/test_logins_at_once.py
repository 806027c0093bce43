"""Two runs of a connection whose refresh token is good only once: neither spends the other's."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from flows.connectors.alone import StillHeld, alone
from tests.connectors import asking, shop
from tests.connectors.fake_source import FakeSource, Reply, Seen
from tests.connectors.oauth_till import form, refreshed
from tests.flows.fake_portal import TOKEN, Desk, FakePortal
from tests.flows.shop import ALICES, desk_of
from tests.simulators.process import Simulator

PROGRAM = """
import sys
from uuid import uuid4
from flows.portal import Portal
from flows.session import Session
from flows.settings import worker_settings

settings = worker_settings()
portal = Portal(url=settings.portal_url, token=settings.service_token)
job = portal.claim(connection=sys.argv[1], flow_run_id=str(uuid4()))
session = Session(job=job, portal=portal, settings=settings)
print("ready", flush=True)
sys.stdin.readline()
for page in session.reader.pages("sale", since=None):
    print(len(page.records), flush=True)
session.close()
"""


class OnlyOnce:
    """Gives a new refresh token for each one, and takes none a second time."""

    def __init__(self, source: FakeSource) -> None:
        self.spent: list[str] = []
        self.refused: list[str] = []
        self.at_once = self.most_at_once = 0
        self._good = shop.REFRESH
        self._lock = threading.Lock()
        source.on("/oauth", self._login)
        source.on("/api/sale", Reply(body=[{"id": 1}]))

    def _login(self, seen: Seen) -> Reply:
        token = form(seen)["refresh_token"]
        with self._lock:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        time.sleep(0.3)  # a login takes its time, and both would be within it
        with self._lock:
            self.at_once -= 1
            if token != self._good:
                self.refused.append(token)
                return Reply(status=400, body={"error": "invalid_grant"})
            self.spent.append(token)
            self._good = f"canary-refresh-{len(self.spent)}"
            body = {"access_token": shop.TOKEN, "expires_in": 3600, "refresh_token": self._good}
            return Reply(body=body)


@pytest.fixture
def source() -> Iterator[FakeSource]:
    source = FakeSource()
    yield source
    source.close()


@pytest.fixture
def desk(source: FakeSource, till: Simulator, portal: FakePortal) -> Desk:
    found = desk_of(ALICES, till, streams=["sale"], connector="till")
    found.credentials = {**asking.VALUES, "server": source.url}
    return portal.add(found)


def environment(home: Path, portal: FakePortal) -> dict[str, str]:
    folder = home / "connectors" / "till"
    folder.mkdir(parents=True)
    document: dict[str, Any] = asking.document(refreshed(rotated="refresh_token"))
    (folder / "connector.yaml").write_text(yaml.safe_dump(document))
    return {
        **os.environ,
        "MERCURIOS_HOME": str(home),
        "MERCURIOS_PORTAL_URL": portal.url,
        "MERCURIOS_SERVICE_TOKEN": TOKEN,
        "MERCURIOS_ALLOW_PRIVATE_HOSTS": "1",
        "MERCURIOS_CONNECTORS_PATH": str(folder),
    }


def test_of_two_processes_one_logs_in_and_the_other_goes_on_with_what_it_left(
    source: FakeSource, desk: Desk, portal: FakePortal, tmp_path: Path
) -> None:
    once, own = OnlyOnce(source), environment(tmp_path, portal)

    programs = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, desk.connection["code"]],
            env=own,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for program in programs:  # each has been given the same refresh token
        assert program.stdout is not None
        assert program.stdout.readline() == "ready\n"
    said = []
    for program in programs:
        assert program.stdin is not None
        program.stdin.write("go\n")
        program.stdin.flush()
    for program in programs:
        said.append(program.communicate(timeout=60)[0])

    assert said == ["1\n", "1\n"]
    assert once.refused == []
    assert once.spent == [shop.REFRESH, "canary-refresh-1"]
    assert once.most_at_once == 1
    assert desk.credentials["refresh_token"] == "canary-refresh-2"


def test_a_lock_is_free_again_when_its_holder_dies(tmp_path: Path) -> None:
    file = tmp_path / "login.lock"
    held = (
        "import sys, time; from pathlib import Path; from flows.connectors.alone import alone\n"
        "with alone(Path(sys.argv[1]), longest=1):\n    print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", held, str(file)], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(StillHeld), alone(file, longest=0.1):
            pytest.fail("two hold it")
        holder.kill()

    with alone(file, longest=5):
        assert file.exists()


def test_nothing_in_its_name_tells_a_credential(
    source: FakeSource, desk: Desk, portal: FakePortal, tmp_path: Path
) -> None:
    OnlyOnce(source)
    own = environment(tmp_path, portal)

    subprocess.run(
        [sys.executable, "-c", PROGRAM, desk.connection["code"]],
        env=own,
        input="go\n",
        capture_output=True,
        text=True,
        check=True,
    )

    [lock] = (tmp_path / "limits").glob("*.lock")
    assert lock.name == f"login-{desk.connection['code']}.lock"
    assert lock.read_bytes() == b""
