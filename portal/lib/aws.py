"""AWS as the portal uses it: clients that give up soon, and errors sorted by who can end them.

boto3 is imported when a client is first asked for: an installation without AWS never pays for it.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from typing import Any

# A person or a run waits: two repetitions within a dozen seconds, then a sentence.
CONNECT_SECONDS = 3
READ_SECONDS = 10
ATTEMPTS = 3


class Trouble(StrEnum):
    DENIED = "denied"  # the role lacks a permission
    IDENTITY = "identity"  # AWS does not know who is asking
    MISSING = "missing"
    LEAVING = "leaving"  # a secret that is scheduled for deletion
    KEY = "key"  # a KMS key that is disabled, deleted or not ours to use
    BUSY = "busy"
    UNREACHABLE = "unreachable"
    OTHER = "other"


TROUBLE_OF = {
    "AccessDenied": Trouble.DENIED,
    "AccessDeniedException": Trouble.DENIED,
    "AuthorizationError": Trouble.DENIED,  # SNS
    "AuthorizationErrorException": Trouble.DENIED,
    "ExpiredToken": Trouble.IDENTITY,
    "ExpiredTokenException": Trouble.IDENTITY,
    "InvalidClientTokenId": Trouble.IDENTITY,
    "InvalidSignatureException": Trouble.IDENTITY,
    "SignatureDoesNotMatch": Trouble.IDENTITY,
    "UnrecognizedClientException": Trouble.IDENTITY,
    "ResourceNotFoundException": Trouble.MISSING,
    "NotFound": Trouble.MISSING,  # SNS
    "NotFoundException": Trouble.MISSING,
    "DecryptionFailure": Trouble.KEY,
    "EncryptionFailure": Trouble.KEY,
    "DisabledException": Trouble.KEY,
    "KMSAccessDenied": Trouble.KEY,
    "KMSDisabled": Trouble.KEY,
    "KMSDisabledException": Trouble.KEY,
    "KMSInvalidStateException": Trouble.KEY,
    "InternalServiceError": Trouble.BUSY,
    "RequestLimitExceeded": Trouble.BUSY,
    "ServiceUnavailable": Trouble.BUSY,
    "Throttled": Trouble.BUSY,
    "Throttling": Trouble.BUSY,
    "ThrottlingException": Trouble.BUSY,
    "TooManyRequestsException": Trouble.BUSY,
}


@cache
def aws_client(service: str, *, region: str = "") -> Any:
    """A client of the endpoint, the identity and the region that boto3 finds in the environment.

    :param region: instead of the environment's
    :raises botocore.exceptions.BotoCoreError: if there is no region
    """
    from boto3.session import Session
    from botocore.config import Config

    # A session of its own: boto3's shared one must not be used by several threads at once.
    return Session().client(
        service,
        region_name=region or None,
        config=Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        ),
    )


def is_of_aws(error: Exception) -> bool:
    """Whether a call of a client failed, rather than our own code."""
    from botocore.exceptions import BotoCoreError, ClientError

    return isinstance(error, BotoCoreError | ClientError)


def trouble_of(error: Exception) -> Trouble:
    from botocore.exceptions import (
        ClientError,
        ConnectionError,
        CredentialRetrievalError,
        HTTPClientError,
        NoCredentialsError,
        NoRegionError,
        PartialCredentialsError,
    )

    match error:
        case ClientError():
            code = str(error.response.get("Error", {}).get("Code", ""))
            if code == "InvalidRequestException" and "marked" in str(error):
                return Trouble.LEAVING
            if code == "AccessDeniedException" and "KMS" in str(error):
                return Trouble.KEY
            return TROUBLE_OF.get(code, Trouble.OTHER)
        case (
            NoCredentialsError()
            | PartialCredentialsError()
            | CredentialRetrievalError()
            | NoRegionError()
        ):
            return Trouble.IDENTITY
        case ConnectionError() | HTTPClientError():
            return Trouble.UNREACHABLE
        case _:
            return Trouble.OTHER
