"""What becomes of a fault between the lake and its bucket: waited out, or a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flows.lake.bucket import bucket_at
from flows.lake.lake import Lake, LakeRefused, LakeUnavailable
from flows.lake.s3 import S3Lake
from flows.parts import lake_at
from tests.simulators.aws import AwsServer
from tests.simulators.aws_front import AwsFront, Fault
from tests.simulators.buckets import ADDRESS, bucket_of

TOMORROW = datetime.now(UTC) + timedelta(days=1)
MEGABYTE = 1024 * 1024
KEY = "alice/raw/shop/sale/a.parquet"


@pytest.fixture(scope="module")
def aws() -> Iterator[AwsServer]:
    with AwsServer() as running:
        yield running


@pytest.fixture
def front(aws: AwsServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsFront]:
    with bucket_of(aws, monkeypatch) as door:
        yield door


@pytest.fixture
def lake(front: AwsFront) -> Lake:
    return lake_at(ADDRESS)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    file = tmp_path / "source"
    file.write_text("first")
    return file


@pytest.mark.parametrize("status", [0, 500])
def test_a_writer_that_did_not_hear_of_its_success_succeeds(
    front: AwsFront, lake: Lake, source: Path, status: int
) -> None:
    front.faults.append(Fault("PUT", KEY, status=status, code="InternalError", is_late=True))

    lake.put(source=source, key=KEY)

    assert lake.read(KEY) == "first"
    assert len([each for each in front.seen if each.method == "PUT"]) == 2


def test_a_large_write_that_did_not_hear_of_its_success_succeeds(
    front: AwsFront, tmp_path: Path
) -> None:
    source = tmp_path / "large"
    source.write_bytes(b"x" * 12 * MEGABYTE)
    lake = S3Lake(bucket_at(ADDRESS), part_bytes=5 * MEGABYTE)
    front.faults.append(Fault("POST", "uploadId", status=500, code="InternalError", is_late=True))

    lake.put(source=source, key=KEY)

    assert [file.bytes for file in lake.files("alice")] == [12 * MEGABYTE]


def test_two_writers_at_the_same_moment_are_asked_to_come_again_and_do(
    front: AwsFront, lake: Lake, source: Path
) -> None:
    front.faults.append(Fault("PUT", KEY, status=409, code="ConditionalRequestConflict"))

    lake.put(source=source, key=KEY)

    assert lake.read(KEY) == "first"


@pytest.mark.parametrize("code", ["SlowDown", "ServiceUnavailable"])
def test_a_short_disturbance_is_waited_out(
    front: AwsFront, lake: Lake, source: Path, code: str
) -> None:
    for method in ("PUT", "GET", "POST"):
        front.faults.append(Fault(method, status=503, code=code))

    lake.put(source=source, key=KEY)
    found = lake.read(KEY)
    lake.delete(KEY)

    assert found == "first"
    assert lake.files("alice") == []


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (Fault("PUT", status=503, code="SlowDown", times=9), "S3 asks for patience"),
        (Fault("PUT", status=500, code="InternalError", times=9), r"could not do PutObject .*Int"),
        (Fault("PUT", times=9), "S3 does not answer for the bucket mercurios-lake"),
        (Fault("PUT", status=409, code="ConditionalRequestConflict", times=9), "could not do Put"),
    ],
)
def test_a_long_disturbance_passes_by_itself(
    front: AwsFront, lake: Lake, source: Path, fault: Fault, sentence: str
) -> None:
    front.faults.append(fault)

    with pytest.raises(LakeUnavailable, match=sentence):
        lake.put(source=source, key=KEY)


@pytest.mark.parametrize(
    ("status", "code", "sentence"),
    [
        (403, "AccessDenied", r"S3 refused PutObject .*AccessDenied.* role's policy"),
        (403, "ExpiredToken", "credentials"),
        (400, "KMS.DisabledException", "KMS key"),
        (400, "EntityTooLarge", r"EntityTooLarge: EntityTooLarge\)\. An operator has to look"),
    ],
)
def test_what_only_an_operator_can_change_is_not_tried_again(
    front: AwsFront, lake: Lake, source: Path, status: int, code: str, sentence: str
) -> None:
    front.faults.append(Fault("PUT", status=status, code=code, times=9))

    with pytest.raises(LakeRefused, match=sentence):
        lake.put(source=source, key=KEY)

    assert len([each for each in front.seen if each.method == "PUT"]) == 1


def test_a_bucket_in_another_region_is_a_sentence(
    front: AwsFront, lake: Lake, source: Path
) -> None:
    said = "IllegalLocationConstraintException"
    front.faults.append(Fault("PUT", status=400, code=said, times=9))

    with pytest.raises(LakeRefused, match=r"is in another region .* correct AWS_DEFAULT_REGION"):
        lake.put(source=source, key=KEY)


def test_a_missing_bucket_is_a_sentence_from_everything(front: AwsFront, source: Path) -> None:
    lake = lake_at("s3://mercurios-other/data")

    for act in (
        lambda: lake.put(source=source, key=KEY),
        lambda: lake.replace(text="x", key=KEY),
        lambda: lake.read(KEY),
        lambda: lake.delete(KEY),
        lambda: lake.folders("alice"),
        lambda: lake.files("alice"),
        lambda: lake.sweep("alice", before=TOMORROW),
    ):
        with pytest.raises(LakeRefused, match="There is no bucket mercurios-other"):
            act()


def test_an_endpoint_that_nobody_listens_on_is_a_sentence(
    front: AwsFront, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")

    with pytest.raises(LakeUnavailable, match="EndpointConnectionError"):
        lake_at(ADDRESS).read(KEY)


def test_a_machine_without_credentials_is_a_sentence(
    front: AwsFront, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))

    with pytest.raises(LakeRefused, match="no usable AWS credentials"):
        lake_at(ADDRESS).read(KEY)


def test_a_removal_that_s3_refuses_for_one_file_is_not_taken_for_done(
    front: AwsFront, lake: Lake
) -> None:
    lake.replace(text="x", key=KEY)
    said = "<DeleteResult><Error><Key>k</Key><Code>AccessDenied</Code></Error></DeleteResult>"
    front.faults.append(Fault("POST", "delete", status=200, body=said))

    with pytest.raises(LakeRefused, match="S3 refused DeleteObject"):
        lake.delete(KEY)
