"""What the lake's bucket lacks, and making it so. Doing it again changes nothing."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from flows.lake.bucket import Bucket
from flows.lake.s3_errors import code_of, is_missing, translated
from flows.lake_admin.desired import Setting, keeping, settings_of


def planned(bucket: Bucket) -> list[str]:
    """One sentence for each thing that `apply` would do.

    :raises LakeRefused: if a setting of ours, or S3, does not allow it
    """
    settings = settings_of(bucket, keeping())
    with translated(bucket.name):
        if not _exists(bucket):
            return [_creation(bucket), *(_sentence(each, None) for each in settings)]
        found = [(each, _found(each)) for each in settings]
    return [_sentence(each, now) for each, now in found if now != each.wanted]


def apply(bucket: Bucket) -> list[str]:
    """Do what is planned; says what was done.

    :raises LakeRefused: if a setting of ours, or S3, does not allow it
    """
    done = []
    settings = settings_of(bucket, keeping())
    with translated(bucket.name):
        if not _exists(bucket):
            bucket.client.create_bucket(Bucket=bucket.name, **_place(bucket))
            done.append(_creation(bucket))
        for each in settings:
            now = _found(each)
            if now != each.wanted:
                each.write()
                done.append(_sentence(each, now))
    return done


def _exists(bucket: Bucket) -> bool:
    try:
        bucket.client.head_bucket(Bucket=bucket.name)
    except ClientError as error:
        if is_missing(error) or code_of(error) == "NoSuchBucket":
            return False
        raise
    return True


def _found(setting: Setting) -> Any:
    try:
        return setting.found()
    except ClientError as error:
        if code_of(error) == setting.missing:
            return None
        raise


def _place(bucket: Bucket) -> dict[str, Any]:
    """S3 takes no name for its first region."""
    region = bucket.client.meta.region_name
    if region in {None, "us-east-1", "aws-global"}:
        return {}
    return {"CreateBucketConfiguration": {"LocationConstraint": region}}


def _creation(bucket: Bucket) -> str:
    return f"create the bucket {bucket.name} in {bucket.client.meta.region_name}"


def _sentence(setting: Setting, now: Any) -> str:
    return f"{'set' if now in (None, []) else 'correct'} the {setting.name}"
