"""What S3 says when it does not do as asked, as one of the lake's two errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    FlexibleChecksumError,
    HTTPClientError,
    IncompleteReadError,
    InvalidConfigError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    ReadTimeoutError,
    ResponseStreamingError,
    TokenRetrievalError,
)
from botocore.exceptions import (
    ConnectionError as NotConnected,
)
from urllib3.exceptions import HTTPError

from flows.lake.lake import LakeRefused, LakeUnavailable

ON_THE_WAY = (
    NotConnected,
    HTTPClientError,
    ResponseStreamingError,
    IncompleteReadError,
    ReadTimeoutError,
    FlexibleChecksumError,
    CredentialRetrievalError,
    HTTPError,
)
WITHOUT_CREDENTIALS = (
    NoCredentialsError,
    PartialCredentialsError,
    NoRegionError,
    ProfileNotFound,
    InvalidConfigError,
    TokenRetrievalError,
)
PATIENCE = {
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "RequestLimitExceeded",
    "TooManyRequestsException",
    "KMS.ThrottlingException",
    "BandwidthLimitExceeded",
}
CONFLICTS = {"ConditionalRequestConflict", "OperationAborted"}
PASSING = {"RequestTimeout", "BadDigest", "XAmzContentSHA256Mismatch", *CONFLICTS}
ELSEWHERE = {
    "PermanentRedirect",
    "AuthorizationHeaderMalformed",
    "IllegalLocationConstraintException",
}


@contextmanager
def translated(bucket: str, *, key: str = "") -> Iterator[None]:
    """
    :param key: what is asked for, if it is one file
    :raises LakeUnavailable, LakeRefused: in place of what boto3 raises
    """
    try:
        yield
    except ClientError as error:
        raise _of_answer(error, bucket, key) from error
    except ON_THE_WAY as error:
        raise LakeUnavailable(
            f"S3 does not answer for the bucket {bucket} ({type(error).__name__}). It was tried"
            " several times; if it goes on, an operator has to look at network and endpoint."
        ) from error
    except WITHOUT_CREDENTIALS as error:
        raise LakeRefused(
            f"There are no usable AWS credentials for the bucket {bucket}"
            f" ({type(error).__name__}). An operator has to give this program a role or keys."
        ) from error
    except BotoCoreError as error:
        raise LakeRefused(
            f"boto3 cannot ask for the bucket {bucket} ({type(error).__name__}). An operator has"
            " to look at MERCURIOS_LAKE and the AWS settings."
        ) from error


def code_of(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def is_missing(error: ClientError) -> bool:
    """A HEAD has no body and so no code but its status."""
    return code_of(error) in {"NoSuchKey", "404", "NotFound"}


def _of_answer(error: ClientError, bucket: str, key: str) -> Exception:
    code, operation = code_of(error), error.operation_name
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code in PATIENCE or status == 429:
        return LakeUnavailable(
            f"S3 asks for patience with the bucket {bucket} ({code}). It was tried several times;"
            " it may be tried again later."
        )
    if code in PASSING or status >= 500:
        return LakeUnavailable(
            f"S3 could not do {operation} in the bucket {bucket} ({code or status}). It was tried"
            " several times; it may be tried again later."
        )
    return LakeRefused(_refusal(code, operation, bucket, key) or _unknown(error, bucket))


def _refusal(code: str, operation: str, bucket: str, key: str) -> str:
    if code == "NoSuchBucket":
        return (
            f"There is no bucket {bucket}. An operator has to correct MERCURIOS_LAKE, or to create"
            " the bucket: `python -m flows.lake_admin apply`."
        )
    if code in ELSEWHERE:
        return (
            f"The bucket {bucket} is in another region ({code}). An operator has to correct"
            " AWS_DEFAULT_REGION."
        )
    if code == "InvalidObjectState":
        return (
            f"{key or 'This file'} is archived. An operator has to bring it back:"
            " `python -m flows.lake_admin restore` with the tenant's code."
        )
    if _is_denial(code):
        return (
            f"S3 refused {operation} in the bucket {bucket} ({code}). An operator has to correct"
            " this program's credentials, its role's policy or that of the KMS key."
        )
    return ""


def _is_denial(code: str) -> bool:
    return code.startswith("KMS.") or code in {
        "403",
        "AccessDenied",
        "AllAccessDisabled",
        "ExpiredToken",
        "Forbidden",
        "InvalidAccessKeyId",
        "InvalidToken",
        "RequestTimeTooSkewed",
        "SignatureDoesNotMatch",
        "UnauthorizedAccess",
    }


def _unknown(error: ClientError, bucket: str) -> str:
    said = " ".join(str(error.response.get("Error", {}).get("Message", "")).split())
    return (
        f"S3 refused {error.operation_name} in the bucket {bucket} ({code_of(error)}: {said})."
        " An operator has to look into it."
    )
