"""The archive in a bucket: S3's own class, fetched later, listed with keys and checksums."""

from __future__ import annotations

import json
from collections.abc import Iterator

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
from tests.simulators.aws_front import AwsFront, Fault
from tests.simulators.buckets import ADDRESS, BUCKET, bucket_of


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


@pytest.fixture
def in_bucket(front: AwsFront) -> Lake:
    return filled()


def classes(aws: AwsServer, tenant: str = ALICE) -> dict[str, str]:
    found = aws.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=f"data/{tenant}/")
    return {each["Key"].removeprefix("data/"): each["StorageClass"] for each in found["Contents"]}


def test_archived_files_are_in_the_archive_class_under_their_old_keys(
    aws: AwsServer, in_bucket: Lake
) -> None:
    main(["archive", ALICE])

    found = classes(aws)
    assert {found[key] for key in FILES} == {"GLACIER"}
    assert found[f"{ALICE}/archive.json"] == found[f"{ALICE}/tenant.json"] == "STANDARD"
    assert set(classes(aws, CHARLIE).values()) == {"STANDARD"}


def test_an_archived_object_keeps_its_tag_and_its_encryption(
    aws: AwsServer, in_bucket: Lake
) -> None:
    main(["archive", ALICE])
    restored()

    for key in FILES:
        place = {"Bucket": BUCKET, "Key": f"data/{key}"}
        tags = aws.client("s3").get_object_tagging(**place)["TagSet"]
        assert [each["Value"] for each in tags] == [key.split("/")[1]]
        assert aws.client("s3").head_object(**place)["ServerSideEncryption"] == "AES256"


def test_the_list_of_the_archive_has_every_key_size_and_checksum(in_bucket: Lake) -> None:
    main(["archive", ALICE])

    said = json.loads(in_bucket.read(f"{ALICE}/archive.json") or "")
    assert [each["key"] for each in said["files"]] == sorted(FILES)
    assert [each["bytes"] for each in said["files"]] == [len(FILES[key]) for key in sorted(FILES)]
    assert all(len(each["sha256"]) == 64 for each in said["files"])
    assert said["current"] == CURRENT


def test_the_second_archive_and_the_third_restore_send_no_write(
    front: AwsFront, in_bucket: Lake
) -> None:
    main(["archive", ALICE])
    front.seen.clear()
    main(["archive", ALICE])
    assert front.writes == []

    restored()
    front.seen.clear()
    main(["restore", ALICE])
    assert front.writes == []


def test_a_restore_waits_for_s3_without_asking_twice(
    aws: AwsServer, front: AwsFront, in_bucket: Lake, capsys: pytest.CaptureFixture[str]
) -> None:
    restoring(aws, progression="manual", times=3)
    main(["archive", ALICE])

    first, asked = main(["restore", ALICE]), len(requests_to_restore(front))
    second = main(["restore", ALICE])
    said = capsys.readouterr().out

    assert (first, second) == (3, 3)
    assert asked == len(requests_to_restore(front)) == 4
    assert f"S3 is fetching 4 of 4 files of {ALICE}, which takes some hours" in said
    assert {main(["restore", ALICE]) for _ in range(4)} >= {0}
    assert texts(in_bucket) == FILES


def requests_to_restore(front: AwsFront) -> list[str]:
    return [each for each in front.writes if each.endswith("?restore")]


@pytest.mark.parametrize("stops", range(1, 5))
def test_an_archive_that_was_cut_off_is_finished_by_the_next(
    aws: AwsServer, front: AwsFront, in_bucket: Lake, stops: int
) -> None:
    cut = Fault("PUT", sorted(FILES)[stops - 1], status=403, code="AccessDenied")
    front.faults.append(cut)
    assert main(["archive", ALICE]) == 1

    assert main(["archive", ALICE]) == 0

    assert {classes(aws)[key] for key in FILES} == {"GLACIER"}
    assert restored() == 0
    assert texts(in_bucket) == FILES
    assert in_bucket.read(POINTER) == CURRENT


@pytest.mark.parametrize("stops", range(1, 5))
def test_a_restore_that_was_cut_off_is_finished_by_the_next(
    front: AwsFront, in_bucket: Lake, stops: int
) -> None:
    main(["archive", ALICE])
    main(["restore", ALICE])
    front.faults.append(Fault("PUT", sorted(FILES)[stops - 1], status=403, code="AccessDenied"))
    assert main(["restore", ALICE]) == 1
    assert in_bucket.read(POINTER) is None

    assert restored() == 0

    assert texts(in_bucket) == FILES
    assert in_bucket.read(POINTER) == CURRENT


@pytest.mark.parametrize("harm", ["missing", "swapped"])
def test_a_file_that_did_not_survive_the_archive_is_named_and_the_others_come_back(
    aws: AwsServer, in_bucket: Lake, capsys: pytest.CaptureFixture[str], harm: str
) -> None:
    main(["archive", ALICE])
    key = f"{ALICE}/raw/shop/sale/a.parquet"
    place = {"Bucket": BUCKET, "Key": f"data/{key}"}
    if harm == "missing":
        aws.client("s3").delete_object(**place)
    else:
        aws.client("s3").put_object(**place, Body=b"PAR1 x", StorageClass="GLACIER")

    assert restored() == 1

    assert f"1 file of {ALICE} could not be brought back" in (said := capsys.readouterr().err)
    assert key in said
    assert in_bucket.read(f"{ALICE}/raw/shop/sale/b.parquet") == "PAR1 bb"
    assert in_bucket.read(f"{ALICE}/archive.json") is not None


def test_archived_files_without_a_list_are_a_sentence(
    in_bucket: Lake, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["archive", ALICE])
    in_bucket.delete(f"{ALICE}/archive.json")
    in_bucket.replace(text="PAR1", key=f"{ALICE}/raw/shop/sale/new.parquet")

    assert main(["archive", ALICE]) == 1

    assert "is in the archive, but not in its list" in capsys.readouterr().err


def test_a_torn_list_is_a_sentence(in_bucket: Lake, capsys: pytest.CaptureFixture[str]) -> None:
    main(["archive", ALICE])
    in_bucket.replace(text="{", key=f"{ALICE}/archive.json")

    assert main(["restore", ALICE]) == 1

    assert f"The list of the archive of {ALICE} cannot be read" in capsys.readouterr().err
