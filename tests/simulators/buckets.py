"""A bucket for a test, empty, in a door that the test's own process goes through."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.simulators.aws import REGION, AwsServer
from tests.simulators.aws_front import AwsFront

BUCKET = "mercurios-lake"
ADDRESS = f"s3://{BUCKET}/data"


@contextmanager
def front_of(aws: AwsServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsFront]:
    """No bucket, and the environment in which boto3 finds AWS. Faults come without long waits."""
    remove_buckets(aws)
    with AwsFront(aws.url) as front:
        for name, value in aws.environment(front.url).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "3")
        yield front


@contextmanager
def bucket_of(aws: AwsServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsFront]:
    """The same with an empty bucket in it."""
    with front_of(aws, monkeypatch) as front:
        make_bucket(aws)
        yield front


def make_bucket(aws: AwsServer, name: str = BUCKET) -> None:
    aws.client("s3").create_bucket(
        Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION}
    )


def remove_buckets(aws: AwsServer) -> None:
    """Quicker than a reset of all of AWS."""
    s3 = aws.client("s3")
    for each in s3.list_buckets()["Buckets"]:
        bucket = {"Bucket": each["Name"]}
        for page in s3.get_paginator("list_object_versions").paginate(**bucket):
            found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
            named = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in found]
            if named:
                s3.delete_objects(**bucket, Delete={"Objects": named, "Quiet": True})
        s3.delete_bucket(**bucket)
