"""An AWS account with all that `flows/ecs` wants, filled in as an operator fills it in."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from tests.house.repository import ROOT
from tests.simulators.aws import ACCOUNT, REGION, AwsServer

FOLDER = ROOT / "flows" / "ecs"
PLACE = re.compile(r"\$\{([A-Z_]+)\}")

BASE = f"{REGION}:{ACCOUNT}"
ACCOUNT_VALUES = {
    "AWS_ACCOUNT": ACCOUNT,
    "AWS_REGION": REGION,
    "ALERTS_TOPIC": f"arn:aws:sns:{BASE}:mercurios-alerts",
    "CLUSTER": "mercurios",
    "EVENTS_QUEUE": "mercurios-tasks",
    "EXECUTION_ROLE": "mercurios-execution",
    "FLOW_RUN_ROLE": "mercurios-flow-run",
    "IMAGE": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/mercurios:0.1.0",
    "LAKE_BUCKET": "example-lake",
    "LAKE_KMS_KEY": f"arn:aws:kms:{BASE}:key/00000000-0000-0000-0000-000000000001",
    "LAKE_PREFIX": "retail",
    "LOG_GROUP": "/mercurios/flow-runs",
    "PLATFORM_KMS_KEY": f"arn:aws:kms:{BASE}:key/00000000-0000-0000-0000-000000000002",
    "PORTAL_URL": "http://portal.internal:8000",
    "PREFECT_AUTH_SECRET": f"arn:aws:secretsmanager:{BASE}:secret:platform/prefect-AAAAAA",
    "REPOSITORY": "mercurios",
    "SECRETS_KMS_KEY": f"arn:aws:kms:{BASE}:key/00000000-0000-0000-0000-000000000003",
    "SECRETS_PREFIX": "mercurios",
    "SERVICE_TOKEN_SECRET": f"arn:aws:secretsmanager:{BASE}:secret:platform/token-AAAAAA",
    "SNOWFLAKE_ACCOUNT": "example-account",
    "SNOWFLAKE_ADMIN_KEY_SECRET": f"arn:aws:secretsmanager:{BASE}:secret:platform/admin-AAAAAA",
    "SNOWFLAKE_KEY_SECRET": f"arn:aws:secretsmanager:{BASE}:secret:platform/loader-AAAAAA",
    "SNOWFLAKE_USER": "MERCURIOS_SERVICE",
    "TASK_FAMILY": "mercurios-flow-run",
}


def filled(file: Path, **others: str) -> Any:
    """
    :raises KeyError: if the file has a place that this account does not know
    """
    values = {**ACCOUNT_VALUES, **others}
    return json.loads(PLACE.sub(lambda found: values[found[1]], file.read_text(encoding="utf-8")))


class Account:
    """What is registered there before the first flow run."""

    def __init__(self, aws: AwsServer, *, portal_url: str, secrets: dict[str, str]) -> None:
        """
        :param secrets: the values behind SERVICE_TOKEN_SECRET and PREFECT_AUTH_SECRET
        """
        self._aws = aws
        self.ecs = aws.client("ecs")
        network = aws.client("ec2")
        self.subnets = [each["SubnetId"] for each in network.describe_subnets()["Subnets"]][:2]
        groups = network.describe_security_groups()["SecurityGroups"]
        self.security_groups = [groups[0]["GroupId"]]
        self.ecs.create_cluster(clusterName=ACCOUNT_VALUES["CLUSTER"])
        manager = aws.client("secretsmanager")
        arns = {
            name: manager.create_secret(Name=f"platform/{name}", SecretString=value)["ARN"]
            for name, value in secrets.items()
        }
        definition = filled(FOLDER / "task-definition.json", PORTAL_URL=portal_url, **arns)
        self.ecs.register_task_definition(**definition)

    def tasks(self) -> list[dict[str, Any]]:
        cluster = ACCOUNT_VALUES["CLUSTER"]
        arns = self.ecs.list_tasks(cluster=cluster)["taskArns"]
        if not arns:
            return []
        found = self.ecs.describe_tasks(cluster=cluster, tasks=arns, include=["TAGS"])
        return list(found["tasks"])

    def environment_of(self, task: dict[str, Any]) -> dict[str, str]:
        """What the container service gives the container: its definition's, secrets, overrides."""
        described = self.ecs.describe_task_definition(taskDefinition=task["taskDefinitionArn"])
        (container,) = described["taskDefinition"]["containerDefinitions"]
        manager = self._aws.client("secretsmanager")
        secrets = {
            each["name"]: manager.get_secret_value(SecretId=each["valueFrom"])["SecretString"]
            for each in container["secrets"]
        }
        said = {each["name"]: each["value"] for each in container["environment"]}
        return {**said, **secrets, **overridden(task)}


def overridden(task: dict[str, Any]) -> dict[str, str]:
    """The environment that the worker asks for, besides that of the task definition."""
    (container,) = task["overrides"]["containerOverrides"]
    return {each["name"]: each["value"] for each in container["environment"]}
