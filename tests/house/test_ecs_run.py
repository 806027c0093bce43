"""A flow run as a task: a real Prefect server, prefect-aws's real worker, and a simulated AWS.

The simulated container service keeps tasks and starts none. What it was asked to start is started
here, with the environment that the real one would make.
"""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from uuid import uuid4

import pytest
import requests
from django.conf import settings
from prefect.client.schemas.objects import FlowRun, WorkPool
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, temporary_settings
from prefect_aws.workers.ecs_worker import ECSJobConfiguration

from portal.pipelines.desired import JOB_VARIABLES, Deployment, Timing
from portal.pipelines.foundations import lay_foundations, missing_foundations
from portal.pipelines.prefect import PrefectApi
from portal.pipelines.prefect_form import from_prefect, to_prefect
from portal.pipelines.work_pools import ecs_template
from tests.flows.fake_portal import TOKEN, FakePortal
from tests.house.ecs_account import FOLDER, Account, filled, overridden
from tests.house.repository import ROOT
from tests.processes import free_port
from tests.simulators.aws import AwsServer

PASSWORD = "mercurios:CANARY-prefect-password"
POOL = "mercurios-ecs"
CONNECTION = "00000000-0000-0000-0000-000000000007"
REFUSAL = "This run has ended already. Start a new one."
START_SECONDS = 120.0


@dataclass
class Stand:
    api: PrefectApi
    account: Account
    portal: FakePortal
    worker_environment: dict[str, str]
    home: Path


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Prefect server that asks for a password; gives its API's address."""
    home, port = tmp_path_factory.mktemp("prefect"), free_port()
    words = ["server", "start", "--host", "127.0.0.1", "--port", str(port)]
    with (home / "server.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "prefect", *words],
            env={**plain(home), "PREFECT_SERVER_API_AUTH_STRING": PASSWORD},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        url = f"http://127.0.0.1:{port}/api"
        wait_until_healthy(url, process, home / "server.log")
        yield url
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="module")
def stand(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """Everything an operator sets up before the first run."""
    home = tmp_path_factory.mktemp("worker")
    with AwsServer() as aws, FakePortal() as portal, pytest.MonkeyPatch.context() as patch:
        secrets = {"SERVICE_TOKEN_SECRET": TOKEN, "PREFECT_AUTH_SECRET": PASSWORD}
        account = Account(aws, portal_url=portal.url, secrets=secrets)
        patch.setattr(settings, "ECS_SUBNETS", account.subnets)
        patch.setattr(settings, "ECS_SECURITY_GROUPS", account.security_groups)
        environment = {
            **plain(home),
            **aws.environment(),
            "PREFECT_API_URL": server,
            "PREFECT_API_AUTH_STRING": PASSWORD,
            "MERCURIOS_SERVICE_TOKEN": TOKEN,
            "PREFECT_INTEGRATIONS_AWS_ECS_OBSERVER_ENABLED": "false",
        }
        api = PrefectApi(url=server, auth_string=PASSWORD)
        yield Stand(api, account, portal, environment, home)


@pytest.fixture(scope="module")
def flow_run(stand: Stand) -> str:
    """The id of a run that the worker has handed to the container service."""
    lay_foundations(stand.api, work_pool=POOL)
    deployment_id = stand.api.create_deployment(
        to_prefect(deployment(), flow_id=stand.api.flow_id("sync"))
    )
    started = stand.api.create_flow_run(deployment_id=deployment_id, idempotency_key="one")  # type: ignore[arg-type]  # an id as text is one
    words = ["worker", "start", "--pool", POOL, "--type", "ecs", "--run-once"]
    done = subprocess.run(
        [sys.executable, "-m", "prefect", *words],
        env=stand.worker_environment,
        cwd=stand.home,
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (stand.home / "worker.log").write_text(done.stdout + done.stderr)
    return started


@pytest.fixture(scope="module")
def task(stand: Stand, flow_run: str) -> dict[str, Any]:
    """What the container service was asked for."""
    (asked,) = stand.account.tasks()
    return asked


def plain(home: Path) -> dict[str, str]:
    return {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(home),
        "PREFECT_HOME": str(home / "prefect"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
    }


def wait_until_healthy(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = monotonic() + START_SECONDS
    while monotonic() < deadline and process.poll() is None:
        try:
            if requests.get(f"{url}/health", timeout=2).ok:
                return
        except requests.RequestException:
            sleep(0.2)
    pytest.fail(log.read_text()[-4000:])


def configuration_of(stand: Stand, job_variables: dict[str, Any]) -> ECSJobConfiguration:
    """What a worker with the password in its environment makes of a deployment's variables."""
    url = stand.worker_environment["PREFECT_API_URL"]
    template = ecs_template()
    with temporary_settings({PREFECT_API_URL: url, PREFECT_API_AUTH_STRING: PASSWORD}):
        made = asyncio.run(
            ECSJobConfiguration.from_template_and_values(
                base_job_template=template, values=job_variables
            )
        )
        pool = WorkPool.model_validate(stand.api.work_pool(POOL))
        made.prepare_for_flow_run(FlowRun(flow_id=uuid4(), name="a-run"), work_pool=pool)
    return made


def deployment() -> Deployment:
    return Deployment(
        name="alsterhaus-mode.tills",
        connection=CONNECTION,
        is_paused=False,
        timing=Timing(cron="15 2 * * *", time_zone="Europe/Berlin"),
        work_pool=POOL,
        tags=("tenant:alsterhaus-mode",),
    )


def test_the_pools_are_laid_once_and_repaired(stand: Stand) -> None:
    lay_foundations(stand.api, work_pool=POOL)
    held = stand.api.work_pool(POOL)
    assert held is not None
    missing = [missing_foundations(stand.api, work_pool=POOL)]

    other = ecs_template()
    other["variables"]["properties"]["cluster"]["default"] = "elsewhere"
    stand.api.change_job_template(work_pool=POOL, template=other)
    missing.append(missing_foundations(stand.api, work_pool=POOL))
    lay_foundations(stand.api, work_pool=POOL)
    missing.append(missing_foundations(stand.api, work_pool=POOL))

    assert missing == [[], [f"job template of work pool {POOL}"], []]
    assert held["type"] == "ecs"
    platform = stand.api.work_pool("mercurios")
    assert platform is not None
    assert platform["type"] == "process"


def test_prefect_holds_a_deployment_in_that_pool_as_it_was_sent(stand: Stand) -> None:
    lay_foundations(stand.api, work_pool=POOL)
    stand.api.create_deployment(to_prefect(deployment(), flow_id=stand.api.flow_id("sync")))

    (held,) = stand.api.deployments(tag="tenant:alsterhaus-mode")

    assert from_prefect(held) == deployment()


def test_the_workers_own_class_makes_a_task_of_our_template(stand: Stand) -> None:
    made = configuration_of(stand, dict(JOB_VARIABLES))

    request = made.task_run_request
    (override,) = request["overrides"]["containerOverrides"]
    (container,) = filled(FOLDER / "task-definition.json")["containerDefinitions"]
    assert request["taskDefinition"] == "mercurios-flow-run"
    assert request["networkConfiguration"]["awsvpcConfiguration"] == {
        "subnets": stand.account.subnets,
        "securityGroups": stand.account.security_groups,
        "assignPublicIp": "DISABLED",
    }
    assert override["name"] == made.container_name == container["name"]
    assert (made.command, made.task_definition) == (JOB_VARIABLES["command"], {})
    assert "PREFECT_API_AUTH_STRING" not in made.env


def test_a_large_retailer_may_get_a_larger_task(stand: Stand) -> None:
    made = configuration_of(stand, {**JOB_VARIABLES, "cpu": 4096, "memory": 16384})

    overrides = made.task_run_request["overrides"]
    assert (overrides["cpu"], overrides["memory"]) == (4096, 16384)


def test_a_flow_run_becomes_one_task_of_the_registered_definition(
    stand: Stand, task: dict[str, Any], flow_run: str
) -> None:
    tags = {each["key"]: each["value"] for each in task["tags"]}

    assert task["taskDefinitionArn"].endswith("task-definition/mercurios-flow-run:1")
    assert task["launchType"] == "FARGATE"
    assert tags["prefect.io/flow-run-id"] == flow_run
    revisions = stand.account.ecs.list_task_definitions()["taskDefinitionArns"]
    assert len(revisions) == 1, "the worker registers none"


def test_the_request_has_ids_and_no_secret(
    stand: Stand, task: dict[str, Any], flow_run: str
) -> None:
    said = json.dumps(task, default=str) + (stand.home / "worker.log").read_text()

    assert overridden(task)["PREFECT__FLOW_RUN_ID"] == flow_run
    assert "CANARY" not in said
    assert not {"PREFECT_API_AUTH_STRING", "MERCURIOS_SERVICE_TOKEN"} & set(overridden(task))


def test_prefect_knows_the_task_of_the_run(
    stand: Stand, task: dict[str, Any], flow_run: str
) -> None:
    (held,) = stand.api.flow_runs([flow_run])

    assert held["infrastructure_pid"] == f"mercurios::{task['taskArn']}"


def test_the_container_that_was_asked_for_claims_its_run_at_the_portal(
    stand: Stand, task: dict[str, Any], flow_run: str
) -> None:
    stand.portal.answers["POST", "/api/v1/flow/runs"] = (409, {"detail": REFUSAL})
    (container,) = task["overrides"]["containerOverrides"]
    image = {**plain(stand.home), "PYTHONPATH": str(ROOT), "MERCURIOS_HOME": str(stand.home)}

    done = subprocess.run(
        [sys.executable, *container["command"][1:]],
        env={**image, **stand.account.environment_of(task)},
        cwd=stand.home,
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        check=False,
    )

    (held,) = stand.api.flow_runs([flow_run])
    said = {"connection": CONNECTION, "flow_run_id": flow_run}
    assert said in [told.body for told in stand.portal.told], done.stdout + done.stderr
    assert REFUSAL in held["state"]["message"], "it was let in with the token of the secret"
    assert shlex.join(container["command"]) == JOB_VARIABLES["command"]
