"""Publishing to a topic of AWS's notification service."""

from __future__ import annotations

from collections.abc import Mapping

from portal.lib.aws import Trouble, aws_client, is_of_aws, trouble_of
from portal.lib.errors import Refused

SENTENCES = {
    Trouble.DENIED: (
        "AWS does not let the portal publish to {topic}. Allow it: flows/ecs/iam/portal.json."
    ),
    Trouble.IDENTITY: "AWS does not know who publishes to {topic}. Give the portal a role.",
    Trouble.MISSING: "There is no topic {topic}. Create it, or correct MERCURIOS_ALERTS.",
    Trouble.KEY: "The KMS key of {topic} cannot be used. Enable it, or allow the portal to use it.",
    Trouble.BUSY: "AWS is too busy for {topic}. It is tried again.",
    Trouble.UNREACHABLE: "{topic} cannot be reached. It is tried again.",
}


def publish(*, topic: str, subject: str, text: str, told: Mapping[str, str]) -> None:
    """
    :param topic: its ARN, which names its region
    :param told: attributes by which subscribers may choose what they get
    :raises Refused: if AWS did not take it
    """
    attributes = {
        name: {"DataType": "String", "StringValue": value} for name, value in told.items()
    }
    try:
        client = aws_client("sns", region=topic.split(":")[3])
        client.publish(TopicArn=topic, Subject=subject, Message=text, MessageAttributes=attributes)
    except Exception as error:
        sentence = SENTENCES.get(trouble_of(error)) if is_of_aws(error) else None
        if sentence is None:
            raise
        raise Refused(sentence.format(topic=topic)) from error
