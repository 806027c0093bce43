from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path

import pytest
from pydantic import ValidationError

from flows.connectors.credentials import CredentialField, Credentials
from flows.connectors.limits import Limit
from flows.connectors.quota import LONGEST_PAUSE, Quota, quota_of

AT = 1_795_237_200.0
FIELDS = {"api_key": CredentialField(title="API key", secret=True)}
ALICE, CHARLIE = "canary-alice-77b0", "canary-charlie-1f2e"
FIVE_A_SECOND = (Limit(requests=5),)


class Wall:
    """A clock on the wall, which somebody may set."""

    def __init__(self) -> None:
        self.now = AT

    def __call__(self) -> float:
        return self.now


def quota(
    wall: Callable[[], float],
    folder: Path | None = None,
    *,
    key: str = ALICE,
    rates: tuple[Limit, ...] = FIVE_A_SECOND,
) -> Quota:
    return quota_of(
        connector="till",
        rates=rates,
        credentials=Credentials(FIELDS, {"api_key": key}),
        folder=folder,
        clock=wall,
    )


def taken(quota: Quota, turns: int) -> list[float]:
    return [round(quota.take(longest=60), 6) for _ in range(turns)]


def counts(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.json"))


def test_turns_are_evenly_spaced() -> None:
    assert taken(quota(Wall()), 4) == [0, 0.2, 0.4, 0.6]


def test_a_burst_comes_at_once_and_then_at_the_rate() -> None:
    of_bursts = quota(Wall(), rates=(Limit(requests=2, burst=4),))

    assert taken(of_bursts, 6) == [0, 0, 0, 0, 0.5, 1.0]


def test_a_bucket_fills_up_again_and_no_further() -> None:
    wall = Wall()
    of_bursts = quota(wall, rates=(Limit(requests=2, burst=3),))
    taken(of_bursts, 3)

    wall.now += 1
    after_a_second = taken(of_bursts, 3)
    wall.now += 3600
    after_an_hour = taken(of_bursts, 4)

    assert after_a_second == [0, 0, 0.5]
    assert after_an_hour == [0, 0, 0, 0.5]


def test_of_two_limits_the_tighter_one_counts() -> None:
    both = quota(
        Wall(), rates=(Limit(requests=10, burst=10), Limit(requests=60, per="minute", burst=3))
    )

    assert taken(both, 5) == [0, 0, 0, 1, 2]


def test_a_turn_too_far_away_is_not_taken() -> None:
    daily = quota(Wall(), rates=(Limit(requests=24, per="day"),))
    daily.take(longest=300)

    refused = [daily.take(longest=300) for _ in range(3)]

    assert refused == [3600, 3600, 3600]


def test_a_pause_holds_for_everybody_and_not_for_ever(tmp_path: Path) -> None:
    wall = Wall()
    quota(wall, tmp_path).pause(30)
    assert quota(wall, tmp_path).take(longest=60) == 30

    quota(wall, tmp_path).pause(10 * 365 * 86400)
    assert quota(wall, tmp_path).take(longest=60) == LONGEST_PAUSE

    wall.now += LONGEST_PAUSE
    assert quota(wall, tmp_path).take(longest=60) == 0


def test_one_credential_has_one_count_and_two_have_two(tmp_path: Path) -> None:
    wall = Wall()
    taken(quota(wall, tmp_path), 3)

    assert taken(quota(wall, tmp_path), 1) == [0.6]
    assert taken(quota(wall, tmp_path, key=CHARLIE), 1) == [0]
    assert len(counts(tmp_path)) == 2


def test_the_same_key_at_another_source_is_another_credential(tmp_path: Path) -> None:
    wall = Wall()
    taken(quota(wall, tmp_path), 3)
    elsewhere = quota_of(
        connector="shop",
        rates=FIVE_A_SECOND,
        credentials=Credentials(FIELDS, {"api_key": ALICE}),
        folder=tmp_path,
        clock=wall,
    )

    assert taken(elsewhere, 1) == [0]


def test_nothing_in_the_folder_tells_a_credential(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        taken(quota(Wall(), folder), 3)

    for file in tmp_path.rglob("*"):
        assert ALICE not in file.name
        if file.is_file():
            assert ALICE.encode() not in file.read_bytes()
            assert file.stat().st_mode & 0o077 == 0
    assert counts(one)[0].name != counts(other)[0].name
    assert counts(one)[0].stat().st_size < 200


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"\x00" * 60,
        b"\xff\xfe",
        b"[]",
        b'{"written": 1',
        b'{"written": "now", "ready": [], "paused": 0}',
        b'{"written": 1795237200, "ready": [1, 2, 3], "paused": 0}',
        b'{"written": 1795237200, "ready": [1e300], "paused": 0}',
        b'{"written": 1795237200, "ready": [1795237200], "paused": 1e18}',
        b'{"written": -1e300, "ready": [1795237200], "paused": 0}',
        b"x" * 100_000,
    ],
)
def test_garbage_in_the_file_is_a_new_beginning(tmp_path: Path, garbage: bytes) -> None:
    taken(quota(Wall(), tmp_path), 3)
    [file] = counts(tmp_path)
    file.write_bytes(garbage)

    assert taken(quota(Wall(), tmp_path), 3) == [0, 0.2, 0.4]
    assert set(json.loads(file.read_bytes())) == {"written", "ready", "paused"}


def test_a_clock_that_is_set_back_makes_nobody_wait_for_the_old_time(tmp_path: Path) -> None:
    wall = Wall()
    taken(quota(wall, tmp_path), 3)
    quota(wall, tmp_path).pause(5)

    wall.now -= 7200

    assert taken(quota(wall, tmp_path), 2) == [5, 5.2]


def test_after_a_reboot_the_old_count_is_long_over(tmp_path: Path) -> None:
    wall = Wall()
    taken(quota(wall, tmp_path), 20)

    wall.now += 86_400

    assert taken(quota(wall, tmp_path), 2) == [0, 0.2]


def test_other_limits_in_a_new_version_begin_anew(tmp_path: Path) -> None:
    taken(quota(Wall(), tmp_path), 9)
    rates = (Limit(requests=1), Limit(requests=100, per="minute"))

    assert taken(quota(Wall(), tmp_path, rates=rates), 2) == [0, 1]


@pytest.mark.parametrize("key", [b"", b"short", None])
def test_a_key_that_was_lost_is_made_anew(tmp_path: Path, key: bytes | None) -> None:
    taken(quota(Wall(), tmp_path), 1)
    if key is None:
        (tmp_path / "key").unlink()
    else:
        (tmp_path / "key").write_bytes(key)

    taken(quota(Wall(), tmp_path), 1)
    taken(quota(Wall(), tmp_path), 1)

    assert len((tmp_path / "key").read_bytes()) == 32
    assert len(counts(tmp_path)) == 2


def test_what_no_limit_can_be_about_any_more_is_removed(tmp_path: Path) -> None:
    taken(quota(Wall(), tmp_path, key=CHARLIE), 1)
    old = tmp_path / f"{'0' * 32}.json"
    old.write_bytes(b"{}")
    os.utime(old, (1, 1))

    taken(quota(Wall(), tmp_path), 1)

    assert old not in counts(tmp_path)
    assert len(counts(tmp_path)) == 2


@pytest.mark.parametrize("shared", [True, False])
def test_threads_never_get_the_same_turn(tmp_path: Path, shared: bool) -> None:
    one = quota(Wall(), tmp_path if shared else None, rates=(Limit(requests=100),))

    with ThreadPoolExecutor(8) as threads:
        turns = list(threads.map(lambda _: round(one.take(longest=60), 3), range(200)))

    assert sorted(turns) == [round(0.01 * number, 3) for number in range(200)]


PROGRAM = """
import sys, time
from itertools import chain
from pathlib import Path
from tests.connectors.test_quota import quota, Limit

own = quota(time.time, Path(sys.argv[1]), key=sys.argv[2], rates=(Limit(requests=100),))
print("ready", flush=True)
sys.stdin.readline()
for _ in range(40):
    wait = own.take(longest=60)
    print(time.time() + wait, flush=True)
    time.sleep(wait)
"""


def at_the_same_time(folder: Path, *keys: str) -> list[list[float]]:
    """The moments of 40 turns at 100 a second, for each of so many processes of their own."""
    programs = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(folder), key],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for key in keys
    ]
    for program in programs:
        assert program.stdout is not None
        assert program.stdout.readline() == "ready\n"
    said = []
    for program in programs:
        assert program.stdin is not None
        program.stdin.write("go\n")
        program.stdin.flush()
    for program in programs:
        out, _ = program.communicate(timeout=60)
        assert program.returncode == 0
        said.append([float(line) for line in out.split()])
    return said


def test_two_processes_with_one_credential_share_its_limit(tmp_path: Path) -> None:
    both = sorted(chain(*at_the_same_time(tmp_path, ALICE, ALICE)))

    assert len(both) == 80
    assert both[-1] - both[0] >= 0.79 - 0.02
    assert len(counts(tmp_path)) == 1


def test_two_processes_with_two_credentials_do_not_wait_for_each_other(tmp_path: Path) -> None:
    alice, charlie = at_the_same_time(tmp_path, ALICE, CHARLIE)

    for own in (alice, charlie):
        assert len(own) == 40
        assert own[-1] - own[0] < 0.7
    assert len(counts(tmp_path)) == 2


@pytest.mark.parametrize("wrong", [{"requests": 0}, {"requests": 1, "burst": 0}])
def test_a_limit_is_a_number_above_nothing(wrong: dict[str, int]) -> None:
    with pytest.raises(ValidationError, match="greater than"):
        Limit.model_validate(wrong)


def test_a_burst_that_does_not_come_again_within_a_day_is_none() -> None:
    with pytest.raises(ValidationError, match="at most what comes again within a day"):
        Limit(requests=10, per="day", burst=11)
