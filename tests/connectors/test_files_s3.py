"""Files of a bucket, read with the keys of the connection and never with ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from flows.connectors.files.place import FilesRefused, FilesTrouble, Pattern
from flows.connectors.files.s3 import Bucket
from tests.simulators.aws import REGION, AwsServer
from tests.simulators.buckets import make_bucket, remove_buckets

NAME = "alices-exports"
SECRET = "canary-s3-secret"


@pytest.fixture(scope="module")
def aws() -> Iterator[AwsServer]:
    with AwsServer() as running:
        yield running


@pytest.fixture
def bucket(aws: AwsServer) -> str:
    """The address of a store with a bucket of Alice's, with two files of sales in a folder."""
    remove_buckets(aws)
    make_bucket(aws, NAME)
    put(aws, "exports/2026/sales-2.csv", b"id\n2\n")
    put(aws, "exports/2026/sales-1.csv", b"id\n1\n")
    put(aws, "exports/readme.txt", b"hello")
    return aws.url


def put(aws: AwsServer, key: str, content: bytes) -> None:
    aws.client("s3").put_object(Bucket=NAME, Key=key, Body=content)


def opened(endpoint: str, **said: Any) -> Bucket:
    options: dict[str, Any] = {
        "place": f"s3://{NAME}/exports",
        "key_id": "AKIAALICE",
        "secret": SECRET,
        "region": REGION,
        "endpoint": endpoint,
    }
    return Bucket(**(options | said))


def test_files_below_the_folder_are_listed_and_read(bucket: str) -> None:
    place = opened(bucket)

    found = sorted(place.listing(Pattern("*/sales-*.csv")), key=lambda file: file.path)
    with place.opened(found[0]) as file:
        content = file.read()
    place.close()

    assert [(each.path, each.size) for each in found] == [
        ("2026/sales-1.csv", 5),
        ("2026/sales-2.csv", 5),
    ]
    assert found[0].changed_at.tzinfo is not None
    assert content == b"id\n1\n"


def test_a_list_of_several_pages_is_whole(aws: AwsServer, bucket: str) -> None:
    for number in range(5):
        put(aws, f"many/{number}.csv", b"id\n")
    place = opened(bucket, place=f"s3://{NAME}/many", page=2)

    assert [found.path[0] for found in place.listing(Pattern("*.csv"))] == list("01234")
    place.close()


def test_a_file_that_was_replaced_meanwhile_is_left_to_the_next_run(
    aws: AwsServer, bucket: str
) -> None:
    place = opened(bucket)
    [found] = place.listing(Pattern("*/sales-1.csv"))
    put(aws, "exports/2026/sales-1.csv", b"id\n1\n9\n")

    with pytest.raises(FilesTrouble, match=r"sales-1\.csv changed while"), place.opened(found):
        pass
    place.close()


def test_a_bucket_that_is_not_there_is_told(bucket: str) -> None:
    place = opened(bucket, place="s3://nobodys-exports")

    with pytest.raises(FilesRefused, match="There is no bucket nobodys-exports"):
        list(place.listing(Pattern("*.csv")))
    place.close()


def test_a_store_that_does_not_answer_is_tried_again_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    place = opened("http://127.0.0.1:9")

    with pytest.raises(FilesTrouble, match="cannot be read just now") as trouble:
        list(place.listing(Pattern("*.csv")))

    place.close()
    assert SECRET not in str(trouble.value)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"place": "s3://"}, "Enter the bucket like s3://bucket"),
        ({"place": "s3://UPPER/x"}, "Enter the bucket like s3://bucket"),
        ({"place": "s3://a..b/x"}, "Enter the bucket like s3://bucket"),
        ({"place": "s3://evil.example#/x"}, "Enter the bucket like s3://bucket"),
        ({"region": ""}, "Enter the region of the bucket"),
        ({"region": "evil.example/"}, "Enter the region of the bucket"),
        ({"key_id": ""}, "Enter the access key and the secret key"),
        ({"secret": ""}, "Enter the access key and the secret key"),
    ],
)
def test_what_cannot_work_is_told_before_anything_is_asked(
    said: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(FilesRefused, match=sentence):
        opened("http://127.0.0.1:9", **said)


def test_our_own_keys_are_not_used_where_none_were_entered(
    bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOURS")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "ours")

    with pytest.raises(FilesRefused, match="Enter the access key"):
        opened(bucket, key_id="", secret="")
