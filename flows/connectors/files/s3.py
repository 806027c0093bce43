"""A bucket. Opened with the keys of the connection and never with those of our own servers."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from flows.connectors.files.place import (
    MOST_FILES,
    FilesRefused,
    FilesTrouble,
    Found,
    Pattern,
    changed_meanwhile,
    check_size,
)

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_REGION = re.compile(r"[a-z]{2,3}(-[a-z]+)+-\d")
_CHUNK = 1 << 20
_WRONG_KEYS = {"InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken"}
_ELSEWHERE = {"PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraint"}
_GONE = {"NoSuchKey", "PreconditionFailed", "412", "404"}


class Bucket:
    """
    :param endpoint: of a store other than Amazon's, which only the operator may choose
    :param page: how many files are listed at once, 1000 at most
    :raises FilesRefused: if what was entered cannot be right
    """

    def __init__(
        self,
        *,
        place: str,
        key_id: str,
        secret: str,
        region: str,
        endpoint: str | None,
        page: int = 1000,
    ) -> None:
        name, _, prefix = place.removeprefix("s3://").partition("/")
        prefix = prefix.strip("/")
        if not _BUCKET.fullmatch(name) or ".." in name:
            raise FilesRefused("Enter the bucket like s3://bucket or s3://bucket/folder.")
        if not _REGION.fullmatch(region):
            raise FilesRefused("Enter the region of the bucket, like eu-central-1.")
        if not key_id or not secret:
            raise FilesRefused("Enter the access key and the secret key that may read the bucket.")
        self._name = name
        self._prefix = f"{prefix}/" if prefix else ""
        self._page = page
        self._client = _client(key_id, secret, region, endpoint)

    def listing(self, pattern: Pattern) -> Iterator[Found]:
        listed = 0
        after: dict[str, str] = {}
        while True:
            page = self._asked(
                "list_objects_v2", None, Prefix=self._prefix, MaxKeys=self._page, **after
            )
            for entry in page.get("Contents", ()):
                listed += 1
                path = entry["Key"].removeprefix(self._prefix)
                if pattern.matches(path):
                    yield Found(
                        path=path,
                        size=entry["Size"],
                        changed_at=entry["LastModified"],
                        mark=entry["ETag"],
                    )
            if listed > MOST_FILES:
                raise FilesRefused(
                    f"The bucket {self._name} has more than {MOST_FILES} files below "
                    f"{self._prefix or 'its top'}. Put the old ones elsewhere."
                )
            if not page.get("IsTruncated"):
                return
            after = {"ContinuationToken": page["NextContinuationToken"]}

    @contextmanager
    def opened(self, found: Found) -> Iterator[BinaryIO]:
        check_size(found)
        with tempfile.TemporaryFile() as file:
            key = self._prefix + found.path
            answer = self._asked("get_object", found, Key=key, IfMatch=found.mark)
            self._copy(answer["Body"], file, found)
            file.seek(0)
            yield file

    def close(self) -> None:
        self._client.close()

    def _copy(self, body: Any, file: BinaryIO, found: Found) -> None:
        broken = False
        try:
            for chunk in body.iter_chunks(_CHUNK):
                file.write(chunk)
        except Exception:  # noqa: BLE001 - botocore's and urllib3's; their frames hold the keys
            broken = True
        if broken or file.tell() != found.size:
            raise FilesTrouble(f"{found.path} broke off while it was fetched from the bucket.")

    def _asked(self, operation: str, found: Found | None, **parameters: Any) -> dict[str, Any]:
        from botocore.exceptions import BotoCoreError, ClientError

        code = ""
        try:
            answer: dict[str, Any] = getattr(self._client, operation)(
                Bucket=self._name, **parameters
            )
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", "unknown"))
        except BotoCoreError as error:
            code = type(error).__name__
        if code:
            raise self._problem(code, found)
        return answer

    def _problem(self, code: str, found: Found | None) -> FilesRefused | FilesTrouble:
        if found is not None and code in _GONE:
            return changed_meanwhile(found)
        if code in _WRONG_KEYS:
            return FilesRefused(
                f"The bucket {self._name} does not know these keys. Make new ones and enter both."
            )
        if code in _ELSEWHERE:
            return FilesRefused(f"The bucket {self._name} is in another region. Enter that one.")
        if code == "NoSuchBucket":
            return FilesRefused(f"There is no bucket {self._name}. Check its name.")
        if code in ("AccessDenied", "AllAccessDisabled", "403"):
            what = found.path if found else f"the list of the bucket {self._name}"
            return FilesRefused(
                f"These keys may not read {what}. Allow them s3:ListBucket and s3:GetObject."
            )
        return FilesTrouble(f"The bucket {self._name} cannot be read just now ({code[:60]}).")


def _client(key_id: str, secret: str, region: str, endpoint: str | None) -> Any:
    import boto3
    from botocore.config import Config

    return boto3.session.Session(
        aws_access_key_id=key_id, aws_secret_access_key=secret, region_name=region
    ).client(
        "s3",
        endpoint_url=endpoint,
        config=Config(
            connect_timeout=10,
            read_timeout=60,
            retries={"max_attempts": 5, "mode": "standard"},
            signature_version="s3v4",
            s3={"addressing_style": "path" if endpoint else "virtual"},
        ),
    )
