"""Where a private key is written: the file or the secret that a reference leads to."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

from flows.references import ReferenceBroken, secret_at


def write_secret(reference: str, text: str) -> None:
    """Replace what a reference leads to. A file is replaced at once, and its owner's alone.

    :param reference: as `flows.references.secret_at` reads it
    :raises ReferenceBroken: naming the reference; then the old secret is still there
    """
    kind, _, place = reference.partition(":")
    match kind:
        case "file":
            _to_file(Path(place), text)
        case "secret":
            _to_secrets_manager(place, text)
        case _:
            raise ReferenceBroken("A reference to a secret begins with file: or secret:.")
    secret_at.cache_clear()


def _to_file(file: Path, text: str) -> None:
    try:
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")  # 0600
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as new:
                new.write(text)
                new.flush()
                os.fsync(new.fileno())
            Path(name).replace(file)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ReferenceBroken(
            f"The key cannot be written to {file}. Let the user who runs this write its folder."
        ) from error


def _to_secrets_manager(place: str, text: str) -> None:
    # Only where secrets are kept there: it takes half a second to import.
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    name, _, field = place.partition("#")
    try:
        client = boto3.client("secretsmanager")
        if field:
            whole = json.loads(client.get_secret_value(SecretId=name)["SecretString"])
            text = json.dumps({**whole, field: text})
        client.put_secret_value(SecretId=name, SecretString=text)
    except (BotoCoreError, ClientError, ValueError) as error:
        raise ReferenceBroken(
            f"The key cannot be written to the secret {name} of AWS Secrets Manager. Create it, or"
            " allow this role secretsmanager:PutSecretValue for it."
        ) from error
