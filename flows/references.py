"""Where a secret is, instead of the secret: what Prefect, a task definition or a file may show."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path


class ReferenceBroken(Exception):
    """A secret is not where an operator said it is."""


@cache
def secret_at(reference: str) -> str:
    """The secret that a reference leads to. It is read once a process.

    :param reference: `file:/path/to/key.pem`, or `secret:<name or ARN>` in AWS Secrets Manager,
        with `#<field>` if the secret is JSON
    :raises ReferenceBroken: naming the reference, which is no secret
    """
    kind, _, place = reference.partition(":")
    match kind:
        case "file":
            return _in_file(Path(place))
        case "secret":
            return _in_secrets_manager(place)
        case _:
            raise ReferenceBroken(
                "A reference to a secret begins with file: or secret:. Give one of them instead of"
                " the secret itself."
            )


def _in_file(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ReferenceBroken(
            f"The secret in the file {file} cannot be read. Put it there, readable by the worker."
        ) from error


def _in_secrets_manager(place: str) -> str:
    # Only where secrets are kept there: it takes half a second to import.
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    name, _, field = place.partition("#")
    try:
        text = str(boto3.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"])
        return str(json.loads(text)[field]) if field else text
    except (BotoCoreError, ClientError, KeyError, TypeError, ValueError) as error:
        raise ReferenceBroken(
            f"The secret {place} cannot be read from AWS Secrets Manager. Create it, or allow the"
            " worker's role to read it."
        ) from error
