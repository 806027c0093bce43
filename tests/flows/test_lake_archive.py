"""A tenant's files in the archive and back: whole, checked, and as often as one likes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.lake.lake import Lake
from flows.lake_admin.__main__ import main
from tests.flows.archived import (
    ALICE,
    CHARLIE,
    CURRENT,
    FILES,
    POINTER,
    filled,
    restored,
    restoring,
    texts,
)
from tests.simulators.aws import AwsServer
from tests.simulators.aws_front import AwsFront
from tests.simulators.buckets import ADDRESS, bucket_of


@pytest.fixture(scope="module")
def aws() -> Iterator[AwsServer]:
    with AwsServer() as running:
        yield running


@pytest.fixture
def front(aws: AwsServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsFront]:
    monkeypatch.setenv("MERCURIOS_LAKE", ADDRESS)
    with bucket_of(aws, monkeypatch) as door:
        restoring(aws, progression="immediate")
        yield door


@pytest.fixture(params=["a folder", "a bucket"])
def lake(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lake:
    if request.param == "a folder":
        monkeypatch.setenv("MERCURIOS_LAKE", str(tmp_path / "lake"))
    else:
        request.getfixturevalue("front")
    return filled()


def test_what_was_archived_comes_back_as_it_was(lake: Lake) -> None:
    assert main(["archive", ALICE]) == 0
    assert lake.read(POINTER) is None

    assert restored() == 0

    assert texts(lake) == FILES
    assert lake.read(POINTER) == CURRENT


def test_another_tenant_and_the_configuration_stay_where_they_are(lake: Lake) -> None:
    main(["archive", ALICE])

    assert lake.read(f"{CHARLIE}/raw/shop/sale/c.parquet") == "PAR1 c"
    assert lake.read(f"{ALICE}/tenant.json") == '{"slug": "alice-mode"}'


def test_progress_is_told_in_sentences(lake: Lake, capsys: pytest.CaptureFixture[str]) -> None:
    main(["archive", ALICE])
    restored()

    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith(f"All 4 files of {ALICE} are archived")
    assert said[-1] == f"All 4 files of {ALICE} are back, each as it was archived."


def test_archiving_again_changes_nothing(
    lake: Lake, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    main(["archive", ALICE])
    before = capsys.readouterr().out

    assert main(["archive", ALICE]) == 0

    assert capsys.readouterr().out.startswith(before.split(" in /")[0].rstrip(".\n"))
    assert restored() == 0
    assert texts(lake) == FILES


def test_restoring_what_is_not_archived_changes_nothing(
    lake: Lake, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["restore", ALICE]) == 0

    assert capsys.readouterr().out == f"Nothing of {ALICE} is archived.\n"
    assert texts(lake) == FILES


def test_a_tenant_without_files_has_nothing_to_archive(
    lake: Lake, capsys: pytest.CaptureFixture[str]
) -> None:
    nobody = "00000000-0000-4000-8000-000000000000"

    assert main(["archive", nobody]) == 0

    assert capsys.readouterr().out == f"There is nothing of {nobody} to archive.\n"


@pytest.mark.parametrize("name", ["alice-mode", "../etc", ""])
def test_what_is_no_tenants_code_is_a_sentence(
    lake: Lake, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert main(["archive", name]) == main(["restore", name]) == 1

    assert "is no tenant's code" in capsys.readouterr().err


def test_a_publication_made_meanwhile_stays_the_current_one(lake: Lake) -> None:
    main(["archive", ALICE])
    newer = json.dumps({"publication": "20260201T000000Z-0123abcd"})
    lake.replace(text=newer, key=POINTER)

    assert restored() == 0

    assert lake.read(POINTER) == newer
