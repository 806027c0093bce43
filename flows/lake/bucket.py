"""The bucket behind an address such as `s3://bucket/prefix`: how to reach it, how it encrypts."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config

from flows.lake.keys import checked
from flows.lake.lake import LakeKeyRefused, LakeRefused
from flows.lake.s3_errors import translated

ADDRESS = re.compile(r"s3://(?P<name>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(?P<prefix>.*))?")
CONNECT_SECONDS = 5
READ_SECONDS = 60


@dataclass(frozen=True)
class Bucket:
    """`prefix` ends in `/`, or is empty. `kms_key` is empty where S3's own key encrypts."""

    name: str
    prefix: str
    kms_key: str
    client: Any = field(repr=False)

    def place(self, key: str) -> str:
        """Where in the bucket a key of the lake is.

        :raises LakeKeyRefused: if it is none
        """
        return self.prefix + checked(key)

    @property
    def encryption(self) -> dict[str, Any]:
        """Said with each write, so that no default of a bucket decides."""
        if not self.kms_key:
            return {"ServerSideEncryption": "AES256"}
        return {
            "ServerSideEncryption": "aws:kms",
            "SSEKMSKeyId": self.kms_key,
            "BucketKeyEnabled": True,
        }


def bucket_at(address: str) -> Bucket:
    """:raises LakeRefused: if that is no address of a bucket"""
    found = ADDRESS.fullmatch(address)
    prefix = ((found["prefix"] if found else "") or "").strip("/")
    try:
        usable = found is not None and (not prefix or checked(prefix) == prefix)
    except LakeKeyRefused:
        usable = False
    if found is None or not usable:
        raise LakeRefused(
            f"MERCURIOS_LAKE is {address!r}. An operator has to write it like s3://bucket/prefix."
        )
    with translated(found["name"]):
        return Bucket(
            name=found["name"],
            prefix=f"{prefix}/" if prefix else "",
            kms_key=os.environ.get("MERCURIOS_LAKE_KMS_KEY", ""),
            client=_client(),
        )


def _client() -> Any:
    """A session of its own: boto3's default one must not be shared between threads."""
    attempts = int(os.environ.get("AWS_MAX_ATTEMPTS") or 6)
    return boto3.session.Session().client(
        "s3",
        config=Config(
            retries={"mode": "standard", "total_max_attempts": attempts},
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
        ),
    )
