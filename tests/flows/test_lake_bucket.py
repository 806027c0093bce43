"""The lake as a bucket: what AWS keeps of each file, and what becomes of a fault on the way."""

from __future__ import annotations

import base64
import hashlib
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.lake.bucket import bucket_at
from flows.lake.lake import Lake, LakeKeyTaken, LakeRefused
from flows.lake.s3 import S3Lake
from flows.parts import lake_at
from tests.simulators.aws import AwsServer
from tests.simulators.aws_front import AwsFront, Fault
from tests.simulators.buckets import ADDRESS, BUCKET, bucket_of

# Of an upload moto says that it began in 2010.
LONG_AGO = datetime(2010, 1, 1, tzinfo=UTC)
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
def large(front: AwsFront) -> Lake:
    """One that writes in parts what is larger than S3's smallest part."""
    return S3Lake(bucket_at(ADDRESS), part_bytes=5 * MEGABYTE)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    file = tmp_path / "source"
    file.write_text("first")
    return file


@pytest.fixture
def twelve_megabytes(tmp_path: Path) -> Path:
    file = tmp_path / "large"
    file.write_bytes(bytes(range(256)) * (12 * MEGABYTE // 256))
    return file


def head(aws: AwsServer, key: str = KEY) -> dict[str, Any]:
    found: dict[str, Any] = aws.client("s3").head_object(
        Bucket=BUCKET, Key=f"data/{key}", ChecksumMode="ENABLED"
    )
    return found


def tags(aws: AwsServer, key: str) -> dict[str, str]:
    found = aws.client("s3").get_object_tagging(Bucket=BUCKET, Key=f"data/{key}")
    return {each["Key"]: each["Value"] for each in found["TagSet"]}


def uploads(aws: AwsServer) -> list[Any]:
    found: list[Any] = aws.client("s3").list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])
    return found


def test_a_file_lies_below_the_prefix_of_the_address(
    aws: AwsServer, lake: Lake, source: Path
) -> None:
    lake.put(source=source, key=KEY)

    objects = aws.client("s3").list_objects_v2(Bucket=BUCKET)["Contents"]
    assert [each["Key"] for each in objects] == [f"data/{KEY}"]


def test_a_bucket_of_its_own_needs_no_prefix(aws: AwsServer, front: AwsFront, source: Path) -> None:
    lake = lake_at(f"s3://{BUCKET}")

    lake.put(source=source, key=KEY)

    assert [file.key for file in lake.files("alice")] == [KEY]
    assert aws.client("s3").head_object(Bucket=BUCKET, Key=KEY)["ContentLength"] == 5


def test_what_is_written_is_encrypted_with_the_key_of_s3(
    aws: AwsServer, lake: Lake, source: Path
) -> None:
    lake.put(source=source, key=KEY)
    lake.replace(text="{}", key="alice/tenant.json")

    assert head(aws)["ServerSideEncryption"] == "AES256"
    assert head(aws, "alice/tenant.json")["ServerSideEncryption"] == "AES256"


@pytest.mark.parametrize("part_bytes", [5 * MEGABYTE, 64 * MEGABYTE])
def test_what_is_written_is_encrypted_with_the_operators_key(
    aws: AwsServer,
    front: AwsFront,
    twelve_megabytes: Path,
    monkeypatch: pytest.MonkeyPatch,
    part_bytes: int,
) -> None:
    name = "arn:aws:kms:eu-central-1:000000000000:key/lake"
    monkeypatch.setenv("MERCURIOS_LAKE_KMS_KEY", name)
    lake = S3Lake(bucket_at(ADDRESS), part_bytes=part_bytes)

    lake.put(source=twelve_megabytes, key=KEY)
    lake.replace(text="{}", key="alice/tenant.json")

    for key in (KEY, "alice/tenant.json"):
        assert head(aws, key)["ServerSideEncryption"] == "aws:kms"
        assert head(aws, key)["SSEKMSKeyId"] == name


@pytest.mark.parametrize(
    ("key", "layer"),
    [
        (KEY, "raw"),
        ("alice/publications/20260101T000000Z-0123abcd/sales.parquet", "publications"),
        ("alice/publications/20260101T000000Z-0123abcd/manifest.json", "publications"),
        ("alice/publications/current.json", "state"),
        ("alice/tenant.json", "state"),
        ("alice/archive.json", "state"),
    ],
)
def test_each_object_says_of_which_layer_it_is(
    aws: AwsServer, lake: Lake, source: Path, key: str, layer: str
) -> None:
    lake.put(source=source, key=key)
    put = tags(aws, key)
    lake.replace(text="{}", key=key)

    assert put == tags(aws, key) == {"layer": layer}


def test_a_file_travels_with_its_checksum(
    aws: AwsServer, front: AwsFront, lake: Lake, source: Path
) -> None:
    lake.put(source=source, key=KEY)

    digest = base64.b64encode(hashlib.sha256(b"first").digest()).decode()
    sent = {name.lower(): value for name, value in front.seen[-1].headers.items()}
    assert sent["x-amz-checksum-sha256"] == digest
    assert sent["if-none-match"] == "*"


def test_a_large_file_is_written_in_parts_and_read_as_one(
    aws: AwsServer, front: AwsFront, large: Lake, twelve_megabytes: Path
) -> None:
    large.put(source=twelve_megabytes, key=KEY)

    body = aws.client("s3").get_object(Bucket=BUCKET, Key=f"data/{KEY}")["Body"].read()
    parts = [each for each in front.seen if "partNumber" in each.path]
    assert body == twelve_megabytes.read_bytes()
    assert len(parts) == 3
    assert all("x-amz-checksum-sha256" in each.headers for each in parts)
    assert tags(aws, KEY) == {"layer": "raw"}
    assert head(aws)["ServerSideEncryption"] == "AES256"
    assert uploads(aws) == []


def test_a_large_file_is_never_overwritten_either(
    aws: AwsServer, large: Lake, twelve_megabytes: Path, source: Path
) -> None:
    large.put(source=source, key=KEY)

    with pytest.raises(LakeKeyTaken):
        large.put(source=twelve_megabytes, key=KEY)

    assert large.read(KEY) == "first"
    assert uploads(aws) == []


def test_of_two_writers_of_a_large_file_one_wins(
    aws: AwsServer, front: AwsFront, twelve_megabytes: Path
) -> None:
    taken: list[int] = []
    start = threading.Barrier(2)

    def write(number: int) -> None:
        lake = S3Lake(bucket_at(ADDRESS), part_bytes=5 * MEGABYTE)
        start.wait()
        try:
            lake.put(source=twelve_megabytes, key=KEY)
        except LakeKeyTaken:
            taken.append(number)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(taken) == 1
    assert head(aws)["ContentLength"] == 12 * MEGABYTE
    assert uploads(aws) == []


def test_a_removed_publication_loses_its_pointer_and_manifest_first(
    front: AwsFront, lake: Lake
) -> None:
    folder = "alice/publications/20260101T000000Z-0123abcd"
    for key in (
        f"{folder}/a.parquet",
        f"{folder}/manifest.json",
        "alice/publications/current.json",
    ):
        lake.replace(text="x", key=key)

    lake.delete("alice/publications")

    removals = [each.body.decode() for each in front.seen if each.path.endswith("?delete")]
    assert [re.findall(r"([\w.]+)</Key>", body) for body in removals] == [
        ["current.json"],
        ["manifest.json"],
        ["a.parquet"],
    ]


def test_a_removal_that_died_is_finished_by_the_sweep(front: AwsFront, lake: Lake) -> None:
    half = "alice/publications/20260101T000000Z-0123abcd"
    whole = "alice/publications/20260102T000000Z-0123abcd"
    for key in (f"{half}/a.parquet", f"{half}/b.parquet", f"{whole}/a.parquet"):
        lake.replace(text="PAR1", key=key)
    lake.replace(text="{}", key=f"{whole}/manifest.json")
    lake.replace(text="{}", key="alice/publications/current.json")
    lake.replace(text="PAR1", key=KEY)

    young = lake.sweep("alice", before=TOMORROW - timedelta(days=2))
    swept = lake.sweep("alice", before=TOMORROW)

    assert (young, swept) == (0, 1)
    assert lake.folders("alice/publications") == ["20260102T000000Z-0123abcd"]
    assert lake.read(KEY) == "PAR1"
    assert lake.read("alice/publications/current.json") == "{}"


def test_an_upload_that_died_is_seen_by_nobody_and_swept_later(
    aws: AwsServer, large: Lake, front: AwsFront, twelve_megabytes: Path
) -> None:
    front.faults += [
        Fault("PUT", "partNumber=2", status=403, code="AccessDenied"),
        Fault("DELETE", "uploadId", status=403, code="AccessDenied"),
    ]
    with pytest.raises(LakeRefused):
        large.put(source=twelve_megabytes, key=KEY)

    assert len(uploads(aws)) == 1
    assert large.files("alice") == []
    assert large.sweep("alice", before=LONG_AGO) == 0
    assert large.sweep("charlie", before=TOMORROW) == 0
    assert large.sweep("alice", before=TOMORROW) == 1
    assert uploads(aws) == []


def test_more_files_than_one_answer_holds_are_all_found_and_removed(
    aws: AwsServer, lake: Lake
) -> None:
    bucket = aws.client("s3")
    for number in range(1003):
        bucket.put_object(Bucket=BUCKET, Key=f"data/alice/raw/{number:04}/a", Body=b"x")

    files, folders = lake.files("alice"), lake.folders("alice/raw")
    lake.delete("alice/raw")

    assert len(files) == len(folders) == 1003
    assert lake.files("alice") == []


def test_what_is_no_file_of_the_lake_is_passed_over(aws: AwsServer, lake: Lake) -> None:
    for name in ("data/alice/", "data/alice/.hidden/a", "data/alice/a//b", "elsewhere/alice/a"):
        aws.client("s3").put_object(Bucket=BUCKET, Key=name, Body=b"")
    lake.replace(text="x", key=KEY)

    assert [file.key for file in lake.files("alice")] == [KEY]
    assert lake.folders("alice") == ["a", "raw"]


def test_with_versions_a_removed_name_can_be_written_again(
    aws: AwsServer, lake: Lake, source: Path
) -> None:
    aws.client("s3").put_bucket_versioning(
        Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"}
    )
    lake.put(source=source, key=KEY)
    lake.delete(KEY)
    lake.delete(KEY)

    lake.put(source=source, key=KEY)

    versions = aws.client("s3").list_object_versions(Bucket=BUCKET)
    assert lake.read(KEY) == "first"
    assert len(versions["DeleteMarkers"]) == 1  # removing nothing leaves no trace


def test_an_archived_file_says_how_it_comes_back(aws: AwsServer, lake: Lake) -> None:
    aws.client("s3").put_object(Bucket=BUCKET, Key=f"data/{KEY}", Body=b"x", StorageClass="GLACIER")

    with pytest.raises(LakeRefused, match=r"is archived\. .*flows.lake_admin restore"):
        lake.read(KEY)


@pytest.mark.parametrize(
    "address",
    ["s3://", "s3://a", "s3://Bucket/x", "s3://bucket/../x", "s3://bucket/a//b", "gs://b/x"],
)
def test_an_address_that_is_none_is_a_sentence(address: str) -> None:
    with pytest.raises(LakeRefused, match="write it like s3://bucket/prefix"):
        lake_at(address)


def test_a_lake_in_a_folder_does_without_boto3(tmp_path: Path) -> None:
    asked = (
        "import sys; from flows.parts import lake_at; lake_at(sys.argv[1]).files('alice');"
        "sys.exit('boto3' in sys.modules or 'botocore' in sys.modules)"
    )

    subprocess.run([sys.executable, "-c", asked, str(tmp_path)], check=True)
