"""Writing one new object of S3: whole, with its checksum, and never in place of another."""

from __future__ import annotations

import base64
import hashlib
import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError

from flows.lake.bucket import Bucket
from flows.lake.keys import layer_of
from flows.lake.lake import LakeKeyTaken
from flows.lake.s3_errors import CONFLICTS, code_of, is_missing, translated

MEGABYTE = 1024 * 1024
PART_BYTES = 64 * MEGABYTE
MOST_PARTS = 10_000
ATTEMPTS = 4


def upload(*, source: Path, key: str, bucket: Bucket, part_bytes: int = PART_BYTES) -> None:
    """
    :param part_bytes: what is larger than this is written in parts of at least this size
    :raises LakeKeyTaken: if there is such an object, unless a lost answer of ours was about it
    """
    wanted: dict[str, Any] = {"Bucket": bucket.name, "Key": bucket.place(key)}
    # Tells our own object, of which we did not hear, from another writer's.
    mark = uuid4().hex
    described = {
        "Metadata": {"write": mark},
        "Tagging": f"layer={layer_of(key)}",
        **bucket.encryption,
    }
    size = source.stat().st_size
    with translated(bucket.name, key=key):
        for attempt in range(1, ATTEMPTS + 1):
            try:
                if size <= part_bytes:
                    _put(bucket.client, source, wanted, described)
                else:
                    _put_in_parts(
                        bucket.client,
                        source,
                        wanted,
                        described,
                        max(part_bytes, size // MOST_PARTS + 1),
                    )
                return
            except ClientError as error:
                if code_of(error) in {"PreconditionFailed", "412", "NoSuchUpload"}:
                    if _written_by(bucket.client, wanted) == mark:
                        return
                    if code_of(error) != "NoSuchUpload":
                        raise LakeKeyTaken(f"{key} is in the lake already.") from error
                # Two writers at the same moment: S3 asks both to come again.
                if code_of(error) not in CONFLICTS or attempt == ATTEMPTS:
                    raise
                time.sleep(0.1 * 2**attempt)


def _put(client: Any, source: Path, wanted: dict[str, Any], described: dict[str, Any]) -> None:
    with source.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").digest()
        file.seek(0)
        client.put_object(
            **wanted, **described, Body=file, ChecksumSHA256=_text(digest), IfNoneMatch="*"
        )


def _put_in_parts(
    client: Any,
    source: Path,
    wanted: dict[str, Any],
    described: dict[str, Any],
    part_bytes: int,
) -> None:
    begun = client.create_multipart_upload(**wanted, **described, ChecksumAlgorithm="SHA256")
    of_upload = {**wanted, "UploadId": begun["UploadId"]}
    try:
        parts: list[dict[str, Any]] = []
        with source.open("rb") as file:
            while content := file.read(part_bytes):
                about = {
                    "PartNumber": len(parts) + 1,
                    "ChecksumSHA256": _text(hashlib.sha256(content).digest()),
                }
                answer = client.upload_part(**of_upload, **about, Body=content)
                parts.append({**about, "ETag": answer["ETag"]})
        client.complete_multipart_upload(
            **of_upload, MultipartUpload={"Parts": parts}, IfNoneMatch="*"
        )
    except BaseException:
        # If this fails, too, the nightly sweep finds what is left.
        with suppress(ClientError, BotoCoreError):
            client.abort_multipart_upload(**of_upload)
        raise


def _written_by(client: Any, wanted: dict[str, Any]) -> str:
    try:
        return str(client.head_object(**wanted)["Metadata"].get("write", ""))
    except ClientError as error:
        if is_missing(error):
            return ""
        raise


def _text(digest: bytes) -> str:
    return base64.b64encode(digest).decode()
