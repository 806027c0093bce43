"""What the lake's bucket has to be like: its wanted settings, and how each is found and written.

Of policy statements and lifecycle rules only those with our names are ours; others are kept.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flows.lake.bucket import Bucket
from flows.lake.lake import LakeRefused

TLS_ONLY = "MercuriosTlsOnly"
OUR_RULES = "mercurios-"
# S3 keeps nothing in its infrequent class that is younger, or moves on sooner.
LEAST_DAYS = 30
PRIVATE = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}


@dataclass(frozen=True)
class Keeping:
    """After how many days raw files get cheaper to keep, and earlier versions are gone for good."""

    infrequent: int
    cold: int
    old_versions: int


@dataclass(frozen=True)
class Setting:
    """One setting of the bucket. `found` is nothing where S3 says that there is none."""

    name: str
    missing: str
    wanted: Any
    found: Callable[[], Any]
    write: Callable[[], Any]


def keeping() -> Keeping:
    """:raises LakeRefused: naming the variable that S3 would not accept"""
    infrequent = _days(
        "MERCURIOS_LAKE_INFREQUENT_DAYS",
        os.environ.get("MERCURIOS_LAKE_INFREQUENT_DAYS") or "30",
        least=LEAST_DAYS,
    )
    return Keeping(
        infrequent=infrequent,
        cold=_days(
            "MERCURIOS_LAKE_COLD_DAYS",
            os.environ.get("MERCURIOS_LAKE_COLD_DAYS") or "90",
            least=infrequent + LEAST_DAYS,
        ),
        old_versions=_days(
            "MERCURIOS_LAKE_OLD_VERSIONS_DAYS",
            os.environ.get("MERCURIOS_LAKE_OLD_VERSIONS_DAYS") or "30",
            least=1,
        ),
    )


def settings_of(bucket: Bucket, kept: Keeping) -> list[Setting]:
    client, named = bucket.client, {"Bucket": bucket.name}
    policy, lifecycle = _Policy(bucket), _Lifecycle(bucket, kept)
    return [
        Setting(
            name="versioning",
            missing="",
            wanted="Enabled",
            found=lambda: client.get_bucket_versioning(**named).get("Status"),
            write=lambda: client.put_bucket_versioning(
                **named, VersioningConfiguration={"Status": "Enabled"}
            ),
        ),
        Setting(
            name="encryption",
            missing="ServerSideEncryptionConfigurationNotFoundError",
            wanted=_encryption(bucket),
            found=lambda: _found_encryption(client.get_bucket_encryption(**named)),
            write=lambda: client.put_bucket_encryption(
                **named, ServerSideEncryptionConfiguration={"Rules": [_encryption(bucket)]}
            ),
        ),
        Setting(
            name="public access block",
            missing="NoSuchPublicAccessBlockConfiguration",
            wanted=PRIVATE,
            found=lambda: client.get_public_access_block(**named)["PublicAccessBlockConfiguration"],
            write=lambda: client.put_public_access_block(
                **named, PublicAccessBlockConfiguration=PRIVATE
            ),
        ),
        Setting(
            name="ownership",
            missing="OwnershipControlsNotFoundError",
            wanted=_ownership(),
            found=lambda: client.get_bucket_ownership_controls(**named)["OwnershipControls"],
            write=lambda: client.put_bucket_ownership_controls(
                **named, OwnershipControls=_ownership()
            ),
        ),
        Setting("TLS policy", "NoSuchBucketPolicy", policy.wanted, policy.found, policy.write),
        Setting(
            "lifecycle",
            "NoSuchLifecycleConfiguration",
            lifecycle.wanted,
            lifecycle.found,
            lifecycle.write,
        ),
    ]


class _Policy:
    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._others: list[Any] = []
        whole = f"arn:aws:s3:::{bucket.name}"
        self.wanted = {
            "Sid": TLS_ONLY,
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [whole, f"{whole}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }

    def found(self) -> Any:
        answer = self._bucket.client.get_bucket_policy(Bucket=self._bucket.name)
        statements = json.loads(answer["Policy"])["Statement"]
        statements = statements if isinstance(statements, list) else [statements]
        self._others = [each for each in statements if each.get("Sid") != TLS_ONLY]
        return next((each for each in statements if each.get("Sid") == TLS_ONLY), None)

    def write(self) -> None:
        said = {"Version": "2012-10-17", "Statement": [*self._others, self.wanted]}
        self._bucket.client.put_bucket_policy(Bucket=self._bucket.name, Policy=json.dumps(said))


class _Lifecycle:
    def __init__(self, bucket: Bucket, kept: Keeping) -> None:
        self._bucket = bucket
        self._others: list[Any] = []
        old = {"NoncurrentVersionExpiration": {"NoncurrentDays": kept.old_versions}}
        colder = [
            {"Days": kept.infrequent, "StorageClass": "STANDARD_IA"},
            {"Days": kept.cold, "StorageClass": "GLACIER_IR"},
        ]
        self.wanted = [
            # Neither of the two may depend on a tag: what is torn, or removed, has none.
            self._rule(
                "leftovers",
                Filter={"Prefix": bucket.prefix},
                AbortIncompleteMultipartUpload={"DaysAfterInitiation": 1},
                Expiration={"ExpiredObjectDeleteMarker": True},
            ),
            self._rule("publications", Filter=self._of_layer("publications"), **old),
            self._rule("raw", Filter=self._of_layer("raw"), Transitions=colder, **old),
            self._rule("state", Filter=self._of_layer("state"), **old),
        ]

    def found(self) -> Any:
        answer = self._bucket.client.get_bucket_lifecycle_configuration(Bucket=self._bucket.name)
        rules = answer["Rules"]
        self._others = [each for each in rules if not each["ID"].startswith(OUR_RULES)]
        ours = [each for each in rules if each["ID"].startswith(OUR_RULES)]
        return sorted(ours, key=lambda each: str(each["ID"]))

    def write(self) -> None:
        self._bucket.client.put_bucket_lifecycle_configuration(
            Bucket=self._bucket.name,
            LifecycleConfiguration={"Rules": [*self._others, *self.wanted]},
        )

    def _rule(self, name: str, **does: Any) -> dict[str, Any]:
        return {"ID": f"{OUR_RULES}{name}", "Status": "Enabled", **does}

    def _of_layer(self, layer: str) -> dict[str, Any]:
        tag = {"Key": "layer", "Value": layer}
        if not self._bucket.prefix:
            return {"Tag": tag}
        return {"And": {"Prefix": self._bucket.prefix, "Tags": [tag]}}


def _encryption(bucket: Bucket) -> dict[str, Any]:
    default = {"SSEAlgorithm": "aws:kms" if bucket.kms_key else "AES256"}
    if bucket.kms_key:
        default["KMSMasterKeyID"] = bucket.kms_key
    return {
        "ApplyServerSideEncryptionByDefault": default,
        "BucketKeyEnabled": bool(bucket.kms_key),
    }


def _found_encryption(answer: dict[str, Any]) -> dict[str, Any]:
    """S3 may say more of a rule than we decide about."""
    rule = answer["ServerSideEncryptionConfiguration"]["Rules"][0]
    return {
        "ApplyServerSideEncryptionByDefault": rule.get("ApplyServerSideEncryptionByDefault"),
        "BucketKeyEnabled": rule.get("BucketKeyEnabled", False),
    }


def _ownership() -> dict[str, Any]:
    return {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}


def _days(name: str, text: str, *, least: int) -> int:
    if not (text.isascii() and text.isdigit() and least <= int(text) <= 36_500):
        raise LakeRefused(f"{name} is {text!r}. Write a number of days, {least} or more.")
    return int(text)
