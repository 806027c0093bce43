"""The policies in `flows/ecs/iam`: each role may do what its code does, and no other role may."""

from __future__ import annotations

import ast
import re
from functools import cache
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from tests.house.ecs_account import ACCOUNT_VALUES, BASE, FOLDER, filled
from tests.house.iam import allows, listed
from tests.house.repository import files, text_of

Json = dict[str, Any]
POLICIES: dict[str, Json] = {
    file.stem: filled(file) for file in sorted((FOLDER / "iam").glob("*.json"))
}
TRUST = POLICIES.pop("trust")
ROLES = ["execution", "flow-run", "portal", "provisioner", "worker"]

# AWS documents no resource for these: "*" is the only one that matches.
WITHOUT_A_RESOURCE = {
    "ecr:GetAuthorizationToken",
    "ecs:DescribeTaskDefinition",
    "ecs:DeregisterTaskDefinition",
}

VALUES = ACCOUNT_VALUES
TENANT = "5b7b6e05-2de1-49e3-b22b-4bdb504b676c"
BUCKET = f"arn:aws:s3:::{VALUES['LAKE_BUCKET']}"
FILE = f"{BUCKET}/{VALUES['LAKE_PREFIX']}/{TENANT}/sale/1.parquet"
PUBLISHED = f"{BUCKET}/{VALUES['LAKE_PREFIX']}/{TENANT}/publications/current.json"
CREDENTIALS = f"arn:aws:secretsmanager:{BASE}:secret:mercurios/{TENANT}/a1-AAAAAA"
DEFINITION = f"arn:aws:ecs:{BASE}:task-definition/mercurios-flow-run:7"
CLUSTER = f"arn:aws:ecs:{BASE}:cluster/mercurios"
TASK = f"arn:aws:ecs:{BASE}:task/mercurios/0a1b"
LOG = f"arn:aws:logs:{BASE}:log-group:{VALUES['LOG_GROUP']}:log-stream:flow-run/flow-run/0a1b"
QUEUE = f"arn:aws:sqs:{BASE}:{VALUES['EVENTS_QUEUE']}"
IMAGE = f"arn:aws:ecr:{BASE}:repository/mercurios"
ROLE = f"arn:aws:iam::{VALUES['AWS_ACCOUNT']}:role/"
TO_TASKS = {"iam:PassedToService": "ecs-tasks.amazonaws.com"}
THROUGH_S3 = {"kms:ViaService": f"s3.{VALUES['AWS_REGION']}.amazonaws.com"}
SECRETS = f"secretsmanager.{VALUES['AWS_REGION']}.amazonaws.com"
LISTED = {"s3:prefix": f"{VALUES['LAKE_PREFIX']}/{TENANT}/"}
LISTED_PUBLICATIONS = {"s3:prefix": f"{VALUES['LAKE_PREFIX']}/{TENANT}/publications/"}


def of_secret(name: str) -> dict[str, str]:
    return {"kms:ViaService": SECRETS, "kms:EncryptionContext:SecretARN": VALUES[name]}


# What each action is asked of, and with which condition keys: the roles that may.
REQUESTS: list[tuple[str, str, dict[str, str], set[str]]] = [
    # The lake.
    ("s3:GetObject", FILE, {}, {"flow-run", "provisioner"}),
    ("s3:GetObject", PUBLISHED, {}, {"flow-run", "provisioner", "portal"}),
    ("s3:PutObject", FILE, {}, {"flow-run", "provisioner"}),
    ("s3:PutObject", PUBLISHED, {}, {"flow-run", "provisioner"}),
    ("s3:PutObjectTagging", FILE, {}, {"flow-run", "provisioner"}),
    ("s3:GetObjectTagging", FILE, {}, {"provisioner"}),
    ("s3:DeleteObject", FILE, {}, {"flow-run", "provisioner"}),
    ("s3:RestoreObject", FILE, {}, {"provisioner"}),
    ("s3:AbortMultipartUpload", FILE, {}, {"flow-run"}),
    ("s3:ListBucket", BUCKET, LISTED, {"flow-run", "provisioner"}),
    ("s3:ListBucket", BUCKET, LISTED_PUBLICATIONS, {"flow-run", "provisioner", "portal"}),
    ("s3:ListBucketMultipartUploads", BUCKET, LISTED, {"flow-run", "provisioner"}),
    ("s3:GetObject", f"{BUCKET}/elsewhere/1.parquet", {}, set()),
    ("s3:GetObject", "arn:aws:s3:::another-bucket/retail/1.parquet", {}, set()),
    ("s3:ListBucket", BUCKET, {"s3:prefix": "elsewhere/"}, {"provisioner"}),
    ("kms:Decrypt", VALUES["LAKE_KMS_KEY"], THROUGH_S3, {"flow-run", "provisioner", "portal"}),
    ("kms:GenerateDataKey", VALUES["LAKE_KMS_KEY"], THROUGH_S3, {"flow-run", "provisioner"}),
    ("kms:Decrypt", VALUES["LAKE_KMS_KEY"], {}, set()),
    # Its bucket.
    *[
        (f"s3:{action}", BUCKET, {}, {"provisioner"})
        for action in (
            "CreateBucket",
            "GetBucketOwnershipControls",
            "PutBucketOwnershipControls",
            "GetBucketPolicy",
            "PutBucketPolicy",
            "GetBucketPublicAccessBlock",
            "PutBucketPublicAccessBlock",
            "GetBucketVersioning",
            "PutBucketVersioning",
            "GetEncryptionConfiguration",
            "PutEncryptionConfiguration",
            "GetLifecycleConfiguration",
            "PutLifecycleConfiguration",
        )
    ],
    ("s3:DeleteBucket", BUCKET, {}, set()),
    # Credentials of connections.
    *[
        (f"secretsmanager:{action}", CREDENTIALS, {}, {"portal"})
        for action in (
            "DescribeSecret",
            "CreateSecret",
            "TagResource",
            "PutSecretValue",
            "GetSecretValue",
            "DeleteSecret",
            "RestoreSecret",
        )
    ],
    (
        "secretsmanager:DeleteSecret",
        CREDENTIALS,
        {"secretsmanager:ForceDeleteWithoutRecovery": "true"},
        set(),
    ),
    ("kms:Decrypt", VALUES["SECRETS_KMS_KEY"], {"kms:ViaService": SECRETS}, {"portal"}),
    ("kms:GenerateDataKey", VALUES["SECRETS_KMS_KEY"], {"kms:ViaService": SECRETS}, {"portal"}),
    # The platform's own secrets.
    ("secretsmanager:GetSecretValue", VALUES["SERVICE_TOKEN_SECRET"], {}, {"execution"}),
    ("secretsmanager:GetSecretValue", VALUES["PREFECT_AUTH_SECRET"], {}, {"execution"}),
    (
        "secretsmanager:GetSecretValue",
        VALUES["SNOWFLAKE_KEY_SECRET"],
        {},
        {"flow-run", "provisioner"},
    ),
    ("secretsmanager:PutSecretValue", VALUES["SNOWFLAKE_KEY_SECRET"], {}, {"provisioner"}),
    ("secretsmanager:GetSecretValue", VALUES["SNOWFLAKE_ADMIN_KEY_SECRET"], {}, {"provisioner"}),
    ("secretsmanager:PutSecretValue", VALUES["SNOWFLAKE_ADMIN_KEY_SECRET"], {}, {"provisioner"}),
    *[
        ("kms:Decrypt", VALUES["PLATFORM_KMS_KEY"], of_secret(name), roles)
        for name, roles in {
            "SERVICE_TOKEN_SECRET": {"execution"},
            "PREFECT_AUTH_SECRET": {"execution"},
            "SNOWFLAKE_KEY_SECRET": {"flow-run", "provisioner"},
            "SNOWFLAKE_ADMIN_KEY_SECRET": {"provisioner"},
        }.items()
    ],
    (
        "kms:GenerateDataKey",
        VALUES["PLATFORM_KMS_KEY"],
        of_secret("SNOWFLAKE_KEY_SECRET"),
        {"provisioner"},
    ),
    # Tasks.
    ("ecs:RunTask", DEFINITION, {"ecs:cluster": CLUSTER}, {"worker"}),
    ("ecs:RunTask", DEFINITION, {"ecs:cluster": f"{CLUSTER}-of-others"}, set()),
    ("ecs:RunTask", DEFINITION.replace("flow-run", "another"), {"ecs:cluster": CLUSTER}, set()),
    ("ecs:TagResource", TASK, {"ecs:CreateAction": "RunTask"}, {"worker"}),
    ("ecs:TagResource", TASK, {}, set()),
    ("ecs:StopTask", TASK, {"ecs:cluster": CLUSTER}, {"worker"}),
    ("ecs:DescribeTasks", TASK, {"ecs:cluster": CLUSTER}, {"worker"}),
    ("ecs:DescribeTaskDefinition", "*", {}, {"worker", "provisioner"}),
    ("ecs:RegisterTaskDefinition", DEFINITION, {}, {"provisioner"}),
    ("ecs:DeregisterTaskDefinition", "*", {}, {"provisioner"}),
    ("iam:PassRole", f"{ROLE}mercurios-flow-run", TO_TASKS, {"worker", "provisioner"}),
    ("iam:PassRole", f"{ROLE}mercurios-execution", TO_TASKS, {"worker", "provisioner"}),
    ("iam:PassRole", f"{ROLE}administrator", TO_TASKS, set()),
    ("iam:PassRole", f"{ROLE}mercurios-flow-run", {}, set()),
    *[
        (f"sqs:{action}", QUEUE, {}, {"worker"})
        for action in ("GetQueueUrl", "ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility")
    ],
    ("logs:GetLogEvents", LOG, {}, {"worker"}),
    ("logs:CreateLogStream", LOG, {}, {"execution"}),
    ("logs:PutLogEvents", LOG, {}, {"execution"}),
    ("logs:CreateLogGroup", LOG, {}, {"provisioner"}),
    ("logs:PutRetentionPolicy", LOG, {}, {"provisioner"}),
    ("ecr:GetAuthorizationToken", "*", {}, {"execution"}),
    ("ecr:BatchCheckLayerAvailability", IMAGE, {}, {"execution"}),
    ("ecr:GetDownloadUrlForLayer", IMAGE, {}, {"execution"}),
    ("ecr:BatchGetImage", IMAGE, {}, {"execution"}),
    # Alerts.
    ("sns:Publish", VALUES["ALERTS_TOPIC"], {}, {"portal"}),
    ("sns:Publish", f"{VALUES['ALERTS_TOPIC']}-of-others", {}, set()),
    *[
        (f"sns:{action}", VALUES["ALERTS_TOPIC"], {}, {"provisioner"})
        for action in ("CreateTopic", "Subscribe", "GetTopicAttributes")
    ],
]

# Which role the code that calls AWS works under. A new module has to be placed.
MODULES: dict[str, tuple[str, set[str]]] = {
    "flows/lake/s3.py": ("s3", {"flow-run"}),
    "flows/lake/s3_upload.py": ("s3", {"flow-run"}),
    "flows/lake_admin/desired.py": ("s3", {"provisioner"}),
    "flows/lake_admin/plan.py": ("s3", {"provisioner"}),
    "flows/lake_admin/s3_archive.py": ("s3", {"provisioner"}),
    "flows/provision/key_places.py": ("secretsmanager", {"provisioner"}),
    "flows/references.py": ("secretsmanager", {"flow-run", "provisioner"}),
    "portal/publications/s3.py": ("s3", {"portal"}),
    "portal/connections/secrets_aws.py": ("secretsmanager", {"portal"}),
    "portal/alerts/sns.py": ("sns", {"portal"}),
}
# Clients and errors, but no call.
WITHOUT_CALLS = {
    "flows/lake/bucket.py",
    "flows/lake/s3_errors.py",
    "flows/parts.py",
    "portal/lib/aws.py",
    "portal/publications/lake.py",
}
# With keys of a tenant's own, whose bucket is no concern of our roles.
OF_TENANTS = {"flows/connectors/files/s3.py"}
# Where an operation is not allowed by the action of its own name.
ACTIONS_OF = {
    "CompleteMultipartUpload": ["s3:PutObject"],
    "CopyObject": ["s3:GetObject", "s3:GetObjectTagging", "s3:PutObject", "s3:PutObjectTagging"],
    "CreateMultipartUpload": ["s3:PutObject", "s3:PutObjectTagging"],
    "CreateSecret": ["secretsmanager:CreateSecret", "secretsmanager:TagResource"],
    "DeleteObjects": ["s3:DeleteObject"],
    "GetBucketEncryption": ["s3:GetEncryptionConfiguration"],
    "GetBucketLifecycleConfiguration": ["s3:GetLifecycleConfiguration"],
    "GetPublicAccessBlock": ["s3:GetBucketPublicAccessBlock"],
    "HeadBucket": ["s3:ListBucket"],
    "HeadObject": ["s3:GetObject"],
    "ListMultipartUploads": ["s3:ListBucketMultipartUploads"],
    "ListObjectsV2": ["s3:ListBucket"],
    "PutBucketEncryption": ["s3:PutEncryptionConfiguration"],
    "PutBucketLifecycleConfiguration": ["s3:PutLifecycleConfiguration"],
    "PutObject": ["s3:PutObject", "s3:PutObjectTagging"],
    "PutPublicAccessBlock": ["s3:PutBucketPublicAccessBlock"],
    "UploadPart": ["s3:PutObject"],
}


@cache
def operations(service: str) -> dict[str, str]:
    """What boto3 calls an operation, and what AWS calls it."""
    names = botocore.session.get_session().get_service_model(service).operation_names
    return {xform_name(name): name for name in names}


def actions_of(module: str, service: str) -> set[str]:
    """What a module may ask of AWS: all operations that its code names."""
    tree = ast.parse(text_of(module))
    named = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)} | {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    called = [aws for ours, aws in operations(service).items() if ours in named]
    return {action for each in called for action in ACTIONS_OF.get(each, [f"{service}:{each}"])}


def granted(role: str) -> set[str]:
    allowed = [each for each in POLICIES[role]["Statement"] if each["Effect"] == "Allow"]
    return {action for statement in allowed for action in listed(statement["Action"])}


def test_there_is_a_policy_for_every_role() -> None:
    assert sorted(POLICIES) == ROLES


@pytest.mark.parametrize("role", ROLES)
def test_a_policy_names_its_actions_and_its_resources(role: str) -> None:
    for statement in POLICIES[role]["Statement"]:
        actions, resources = listed(statement["Action"]), listed(statement["Resource"])

        assert not [each for each in actions if "*" in each]
        assert all(re.fullmatch(r"[a-z0-9]+:[A-Z][A-Za-z0-9]+", each) for each in actions)
        if statement["Effect"] == "Allow" and "*" in resources:
            assert set(actions) <= WITHOUT_A_RESOURCE
        assert set(resources) == {"*"} or all(each.startswith("arn:aws:") for each in resources)


@pytest.mark.parametrize("role", ROLES)
def test_every_action_is_one_of_aws(role: str) -> None:
    """Of those whose service has an operation of that name; S3 names many differently."""
    renamed = {action for actions in ACTIONS_OF.values() for action in actions}
    known = {"s3:PutObjectTagging", "iam:PassRole"} | renamed

    for action in granted(role) - known:
        service, _, name = action.partition(":")
        assert name in operations(service).values(), action


@pytest.mark.parametrize(
    ("action", "resource", "context", "roles"),
    REQUESTS,
    ids=[f"{number} {each[0]}" for number, each in enumerate(REQUESTS)],
)
def test_a_request_is_allowed_to_these_roles_alone(
    action: str, resource: str, context: dict[str, str], roles: set[str]
) -> None:
    assert {role for role in ROLES if allows(POLICIES[role], action, resource, context)} == roles


@pytest.mark.parametrize("role", ROLES)
def test_no_role_may_do_what_no_request_asks_for(role: str) -> None:
    asked = {action for action, _, _, roles in REQUESTS if role in roles}

    assert granted(role) == asked


@pytest.mark.parametrize(("module", "service", "role"), [
    (module, service, role)
    for module, (service, roles) in MODULES.items()
    for role in sorted(roles)
])  # fmt: skip
def test_the_code_may_do_what_it_does(module: str, service: str, role: str) -> None:
    wanted = actions_of(module, service)

    assert wanted
    assert wanted <= granted(role)


def test_every_module_that_asks_aws_has_a_role() -> None:
    asks = re.compile(r"\b(boto3|botocore|aws_client)\b")
    product = [path for path in files() if path.suffix == ".py" and path.parts[0] != "tests"]

    found = {str(path) for path in product if asks.search(text_of(path))}

    assert found - set(MODULES) - WITHOUT_CALLS - OF_TENANTS == set()


def test_the_portal_may_look_for_a_file_that_is_not_there_yet() -> None:
    """Without the right to list, S3 says "denied" of a missing object, and not "missing"."""
    for role in ("portal", "flow-run"):
        assert allows(POLICIES[role], "s3:ListBucket", BUCKET)


def test_only_tasks_of_this_account_take_the_roles() -> None:
    (statement,) = TRUST["Statement"]

    assert statement["Principal"] == {"Service": "ecs-tasks.amazonaws.com"}
    assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": "000000000000"}


def test_no_file_has_an_account_or_a_secret_in_it() -> None:
    for file in FOLDER.rglob("*"):
        if file.is_file():
            assert not re.search(r"\d{12}|BEGIN|AKIA", file.read_text(encoding="utf-8")), file
