"""Alerts on a topic of AWS's notification service, read from a queue that subscribes to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from portal.alerts.models import Alert
from portal.alerts.services import raise_notice, send_due
from portal.connections.models import Connection
from portal.lib.aws import aws_client
from portal.runs.services import claim_run, finish_run
from portal.tenants.models import Tenant
from tests.portal.aws_cast import Door, aws_for_the_portal
from tests.portal.conftest import NOW
from tests.processes import free_port
from tests.simulators.aws import AwsServer

pytestmark = pytest.mark.usefixtures("every_tenant", "door")


@pytest.fixture
def door(aws: AwsServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    with aws_for_the_portal(aws, monkeypatch) as opened:
        yield opened


@pytest.fixture
def queue(aws: AwsServer, settings: Settings, door: Door) -> str:
    """A queue that hears the topic to which alerts go."""
    topics, queues = aws.client("sns"), aws.client("sqs")
    topic = topics.create_topic(Name="mercurios-alerts")["TopicArn"]
    url: str = queues.create_queue(QueueName="ops")["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn["Attributes"]["QueueArn"])
    settings.ALERTS = [f"sns:{topic}"]
    return url


@pytest.fixture
def fail(
    tills: Connection, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> Any:
    def failed(status: str = "FAILED", at: Any = NOW) -> None:
        run = claim_run(connection=tills, flow_run_id=uuid4(), at=at).run
        with django_capture_on_commit_callbacks(execute=True):
            finish_run(run=run, status=status, at=at, message="The till is closed.")

    return failed


def heard(aws: AwsServer, queue: str) -> list[dict[str, Any]]:
    answer = aws.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
    return [json.loads(each["Body"]) for each in answer.get("Messages", [])]


def test_a_subscriber_gets_the_alert_and_can_choose_by_its_attributes(
    aws: AwsServer, queue: str, fail: Any
) -> None:
    fail()

    (message,) = heard(aws, queue)
    told = {name: each["Value"] for name, each in message["MessageAttributes"].items()}
    assert message["Subject"] == "Mercurios: alsterhaus-mode/tills failed"
    assert "The till is closed." in message["Message"]
    assert told == {"kind": "RAISED", "tenant": "alsterhaus-mode", "connection": "tills"}


@pytest.mark.parametrize("is_of_tenant", [True, False])
def test_a_notice_has_no_more_attributes_than_it_is_about(
    aws: AwsServer, queue: str, retailer: Tenant, is_of_tenant: bool
) -> None:
    tenant = retailer if is_of_tenant else None
    raise_notice(kind=Alert.Kind.BUDGET, about="x", subject="Much", text="…", at=NOW, tenant=tenant)

    send_due(at=NOW)

    (message,) = heard(aws, queue)
    told = {name: each["Value"] for name, each in message["MessageAttributes"].items()}
    assert told == {"kind": "BUDGET"} | ({"tenant": "alsterhaus-mode"} if is_of_tenant else {})


def test_a_subscriber_hears_that_it_is_over(aws: AwsServer, queue: str, fail: Any) -> None:
    fail()
    fail("COMPLETED", at=NOW + timedelta(hours=1))

    subjects = {message["Subject"] for message in heard(aws, queue)}
    assert "Mercurios: alsterhaus-mode/tills has recovered" in subjects


def test_a_topic_out_of_reach_gets_it_later(
    aws: AwsServer, queue: str, fail: Any, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    aws_client.cache_clear()
    with time_machine.travel(NOW, tick=False):
        fail()
    refused = Alert.objects.get().problem

    monkeypatch.setenv("AWS_ENDPOINT_URL", door.url)
    aws_client.cache_clear()
    send_due(at=NOW + timedelta(minutes=30))

    assert "cannot be reached" in refused
    assert len(heard(aws, queue)) == 1


def test_a_topic_that_is_not_there_says_so(settings: Settings, fail: Any) -> None:
    settings.ALERTS = ["sns:arn:aws:sns:eu-central-1:000000000000:nowhere"]

    fail()

    assert "There is no topic" in Alert.objects.get().problem
