"""The job template of the container service, held against prefect-aws's own classes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from prefect_aws.workers.ecs_worker import ECSJobConfiguration, ECSVariables
from pytest_django import Settings

from portal.pipelines.work_pools import ecs_template
from tests.house.ecs_account import ACCOUNT_VALUES, FOLDER, PLACE, filled
from tests.house.repository import text_of

TEMPLATE: dict[str, Any] = json.loads((FOLDER / "job-template.json").read_text(encoding="utf-8"))
# What Prefect's own template has, and the task definition has here: the worker would have to
# register one for each deployment, or could put a secret into the environment.
NOT_OFFERED = {
    "aws_credentials",
    "cloudwatch_logs_options",
    "cloudwatch_logs_prefix",
    "configure_cloudwatch_logs",
    "auto_deregister_task_definition",
    "container_name",
    "env",
    "execution_role_arn",
    "family",
    "image",
    "match_latest_revision_in_family",
    "network_configuration",
    "prefect_api_auth_string_secret_arn",
    "prefect_api_key_secret_arn",
    "task_role_arn",
    "vpc_id",
}
OF_OURS = {"assign_public_ip", "security_groups", "subnets"}


def test_its_variables_are_those_of_prefect_or_explained() -> None:
    of_prefect = set(ECSVariables.model_fields)

    assert set(TEMPLATE["variables"]["properties"]) == (of_prefect - NOT_OFFERED) | OF_OURS


def test_every_part_of_it_is_one_that_the_worker_knows() -> None:
    assert set(TEMPLATE["job_configuration"]) <= set(ECSJobConfiguration.model_fields)


@pytest.mark.parametrize(
    "name", ["PREFECT_API_AUTH_STRING", "PREFECT_API_KEY", "PREFECT_SERVER_API_AUTH_STRING"]
)
def test_a_password_of_the_workers_is_not_handed_on(name: str) -> None:
    assert TEMPLATE["job_configuration"]["env"][name] is None


def test_a_public_address_is_a_decision(settings: Settings) -> None:
    settings.ECS_PUBLIC_ADDRESS = True

    default = ecs_template()["variables"]["properties"]["assign_public_ip"]["default"]

    assert default == "ENABLED"


def test_secrets_are_references_in_the_task_definition() -> None:
    (container,) = filled(FOLDER / "task-definition.json")["containerDefinitions"]

    named = {each["name"]: each["valueFrom"] for each in container["secrets"]}
    assert set(named) == {"MERCURIOS_SERVICE_TOKEN", "PREFECT_API_AUTH_STRING"}
    assert all(each.startswith("arn:aws:secretsmanager:") for each in named.values())
    plain = {each["name"]: each["value"] for each in container["environment"]}
    assert plain["MERCURIOS_SNOWFLAKE_PRIVATE_KEY"].startswith("secret:arn:aws:secretsmanager:")
    assert not set(named) & set(plain)


def test_every_place_to_fill_in_is_explained() -> None:
    asked = {
        name
        for file in FOLDER.rglob("*.json")
        for name in PLACE.findall(file.read_text(encoding="utf-8"))
    }
    shown = text_of("flows/ecs/README.md")

    assert asked == set(ACCOUNT_VALUES)
    assert not [name for name in asked if f"`{name}`" not in shown]
