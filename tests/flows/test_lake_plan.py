"""The lake's bucket as it should be: planned, applied once, and left alone afterwards."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from flows.lake_admin.__main__ import main
from tests.simulators.aws import REGION, AwsServer
from tests.simulators.aws_front import AwsFront, Fault
from tests.simulators.buckets import ADDRESS, BUCKET, front_of, make_bucket

EVERYTHING = [
    "create the bucket mercurios-lake in eu-central-1",
    "set the versioning",
    "set the encryption",
    "set the public access block",
    "set the ownership",
    "set the TLS policy",
    "set the lifecycle",
]


@pytest.fixture(scope="module")
def aws() -> Iterator[AwsServer]:
    with AwsServer() as running:
        yield running


@pytest.fixture
def front(aws: AwsServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsFront]:
    monkeypatch.setenv("MERCURIOS_LAKE", ADDRESS)
    with front_of(aws, monkeypatch) as door:
        yield door


@pytest.fixture
def s3(aws: AwsServer, front: AwsFront) -> Any:
    return aws.client("s3")


def rules(s3: Any) -> dict[str, Any]:
    found = s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"]
    return {each["ID"]: each for each in found}


def test_a_plan_names_everything_and_writes_nothing(
    front: AwsFront, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan"]) == 0

    assert capsys.readouterr().out.splitlines() == EVERYTHING
    assert front.writes == []


def test_what_is_applied_is_what_was_planned(
    front: AwsFront, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["apply"]) == 0

    assert capsys.readouterr().out.splitlines() == EVERYTHING
    assert len(front.writes) == len(EVERYTHING)


@pytest.mark.parametrize("address", [ADDRESS, f"s3://{BUCKET}"])
@pytest.mark.parametrize("key", ["", "arn:aws:kms:eu-central-1:000000000000:key/lake"])
def test_the_second_apply_sends_no_write(
    front: AwsFront,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    address: str,
    key: str,
) -> None:
    monkeypatch.setenv("MERCURIOS_LAKE", address)
    monkeypatch.setenv("MERCURIOS_LAKE_KMS_KEY", key)
    main(["apply"])
    capsys.readouterr()
    front.seen.clear()

    assert main(["apply"]) == 0

    assert front.writes == []
    assert capsys.readouterr().out == "The bucket mercurios-lake is as it should be.\n"


def test_the_bucket_is_versioned_encrypted_private_and_speaks_tls_alone(s3: Any) -> None:
    main(["apply"])

    [encryption] = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"][
        "Rules"
    ]
    [statement] = json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])["Statement"]
    private = s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"]
    assert s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    assert s3.get_bucket_location(Bucket=BUCKET)["LocationConstraint"] == REGION
    assert encryption["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert set(private.values()) == {True}
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == (
        "Deny",
        "*",
        "s3:*",
    )
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert statement["Resource"] == [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"]


def test_an_operators_key_becomes_the_buckets_default(
    s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MERCURIOS_LAKE_KMS_KEY", "alias/lake")

    main(["apply"])

    [rule] = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {
        "SSEAlgorithm": "aws:kms",
        "KMSMasterKeyID": "alias/lake",
    }
    assert rule["BucketKeyEnabled"] is True


def test_each_layer_is_kept_in_its_own_way(s3: Any) -> None:
    main(["apply"])

    found = rules(s3)
    raw = found["mercurios-raw"]
    assert [(each["Days"], each["StorageClass"]) for each in raw["Transitions"]] == [
        (30, "STANDARD_IA"),
        (90, "GLACIER_IR"),
    ]
    for layer in ("raw", "publications", "state"):
        rule = found[f"mercurios-{layer}"]
        assert rule["Filter"]["And"] == {
            "Prefix": "data/",
            "Tags": [{"Key": "layer", "Value": layer}],
        }
        assert rule["NoncurrentVersionExpiration"]["NoncurrentDays"] == 30
        assert "Expiration" not in rule
    leftovers = found["mercurios-leftovers"]
    assert leftovers["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
    assert leftovers["Expiration"] == {"ExpiredObjectDeleteMarker": True}


def test_what_has_drifted_is_corrected_and_nothing_else(
    front: AwsFront, s3: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["apply"])
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})
    s3.delete_bucket_policy(Bucket=BUCKET)
    capsys.readouterr()
    front.seen.clear()

    main(["apply"])

    assert capsys.readouterr().out.splitlines() == ["correct the versioning", "set the TLS policy"]
    assert len(front.writes) == 2


def test_rules_and_statements_of_others_are_kept(aws: AwsServer, s3: Any) -> None:
    make_bucket(aws)
    theirs = {
        "Sid": "Theirs",
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::000000000000:role/auditor"},
        "Action": "s3:ListBucket",
        "Resource": f"arn:aws:s3:::{BUCKET}",
    }
    s3.put_bucket_policy(
        Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": theirs})
    )
    rule = {"ID": "theirs", "Status": "Enabled", "Filter": {"Prefix": "logs/"}}
    s3.put_bucket_lifecycle_configuration(
        Bucket=BUCKET, LifecycleConfiguration={"Rules": [{**rule, "Expiration": {"Days": 9}}]}
    )

    main(["apply"])

    statements = json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])["Statement"]
    assert [each["Sid"] for each in statements] == ["Theirs", "MercuriosTlsOnly"]
    assert rules(s3)["theirs"]["Expiration"] == {"Days": 9}
    assert len(rules(s3)) == 5


def test_the_days_are_settings(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MERCURIOS_LAKE_INFREQUENT_DAYS", "60")
    monkeypatch.setenv("MERCURIOS_LAKE_COLD_DAYS", "120")
    monkeypatch.setenv("MERCURIOS_LAKE_OLD_VERSIONS_DAYS", "7")

    main(["apply"])

    raw = rules(s3)["mercurios-raw"]
    assert [each["Days"] for each in raw["Transitions"]] == [60, 120]
    assert raw["NoncurrentVersionExpiration"]["NoncurrentDays"] == 7


@pytest.mark.parametrize(
    ("name", "text", "least"),
    [
        ("MERCURIOS_LAKE_INFREQUENT_DAYS", "29", 30),
        ("MERCURIOS_LAKE_COLD_DAYS", "59", 60),
        ("MERCURIOS_LAKE_OLD_VERSIONS_DAYS", "soon", 1),
    ],
)
def test_days_that_s3_would_not_take_are_refused_before_anything_is_written(
    front: AwsFront,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    text: str,
    least: int,
) -> None:
    monkeypatch.setenv(name, text)

    assert main(["apply"]) == 1

    assert capsys.readouterr().err == (
        f"{name} is '{text}'. Write a number of days, {least} or more.\n"
    )
    assert front.writes == []


def test_a_bucket_of_somebody_else_is_a_sentence(
    front: AwsFront, capsys: pytest.CaptureFixture[str]
) -> None:
    front.faults.append(Fault("HEAD", BUCKET, status=403, code="AccessDenied", times=9))

    assert main(["apply"]) == 1

    assert "S3 refused HeadBucket in the bucket mercurios-lake" in capsys.readouterr().err
    assert front.writes == []


def test_a_lake_in_a_folder_needs_no_setting_up(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MERCURIOS_LAKE", raising=False)

    assert main(["plan"]) == main(["apply"]) == 0

    assert "there is nothing to set up" in capsys.readouterr().out
