"""A tenant's files in a bucket, moved to S3's archive class and back. Their keys stay the same."""

from __future__ import annotations

import hashlib
from contextlib import closing
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from flows.lake.bucket import Bucket
from flows.lake.lake import LakeRefused
from flows.lake.s3 import S3Lake
from flows.lake.s3_errors import code_of, translated
from flows.lake_admin.archive import (
    EVERY,
    Archive,
    ArchivedFile,
    Say,
    archived_folders,
    check_as_archived,
    list_key,
    manifests_last,
    pointer_key,
    understood,
)

ARCHIVE_CLASS = "GLACIER"
# How long S3 keeps a readable copy; bringing it back into its place takes minutes.
READABLE_DAYS = 7
CHUNK = 1024 * 1024
MOST_BYTES_OF_A_COPY = 5 * 1024**3


class S3Archiver:
    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._client = bucket.client
        self._lake = S3Lake(bucket)

    def archive(self, *, tenant: str, at: datetime, say: Say) -> None:
        objects = self._objects(tenant)
        waiting = [key for key, each in objects.items() if not _is_archived(each)]
        known = self._list(tenant)
        if not waiting:
            count = len(objects)
            say(f"All {count} files of {tenant} are archived." if count else _nothing(tenant))
            return
        wanted = self._described(known, objects, tenant=tenant, at=at, say=say)
        # From here on readers find nothing published, and never a half of it.
        self._lake.delete(pointer_key(tenant))
        for number, key in enumerate(waiting, start=1):
            self._copy(key, etag=objects[key]["ETag"], storage_class=ARCHIVE_CLASS)
            if number % EVERY == 0:
                say(f"{number} of {len(waiting)} files of {tenant} are archived.")
        say(f"All {len(wanted.files)} files of {tenant} are archived.")

    def restore(self, *, tenant: str, say: Say) -> bool:
        archive = self._list(tenant)
        if archive is None:
            say(f"Nothing of {tenant} is archived.")
            return True
        objects = self._objects(tenant)
        problems: list[str] = []
        on_their_way = 0
        for number, key in enumerate(manifests_last(archive.files), start=1):
            if key not in objects or objects[key]["Size"] != archive.files[key].bytes:
                problems.append(f"{key} is missing or of another size.")
            elif _is_archived(objects[key]):
                if not self._is_readable(key):
                    on_their_way += 1
                elif (problem := self._bring_back(archive.files[key], objects[key])) is not None:
                    problems.append(problem)
            if number % EVERY == 0:
                say(f"{number} of {len(archive.files)} files of {tenant} were looked at.")
        if on_their_way:
            say(
                f"S3 is fetching {on_their_way} of {len(archive.files)} files of {tenant}, which"
                " takes some hours. Run this again then."
            )
            return False
        check_as_archived(tenant, problems)
        if archive.current and self._lake.read(pointer_key(tenant)) is None:
            self._lake.replace(text=archive.current, key=pointer_key(tenant))
        self._lake.delete(list_key(tenant))
        say(f"All {len(archive.files)} files of {tenant} are back, each as it was archived.")
        return True

    def _described(
        self,
        known: Archive | None,
        objects: dict[str, dict[str, Any]],
        *,
        tenant: str,
        at: datetime,
        say: Say,
    ) -> Archive:
        """The list, written before anything is moved: afterwards the files cannot be read."""
        archive = Archive(tenant=tenant, archived_at=at.isoformat(timespec="seconds"))
        archive.current = self._lake.read(pointer_key(tenant)) or (known.current if known else "")
        before = known.files if known else {}
        read = 0
        for key, each in objects.items():
            if _is_archived(each) and key not in before:
                raise LakeRefused(
                    f"{key} is in the archive, but not in its list. An operator has to restore"
                    f" {list_key(tenant)} from an earlier version."
                )
            if _is_archived(each) or (key in before and before[key].etag == each["ETag"]):
                archive.files[key] = before[key]
                continue
            archive.files[key] = self._read_through(key, each)
            read += 1
            if read % EVERY == 0:
                # What is archived already must stay in the list, whenever this is interrupted.
                self._keep(archive, before, objects)
                say(f"{read} files of {tenant} were read and listed.")
        self._keep(archive, before, objects)
        return archive

    def _keep(
        self, archive: Archive, before: dict[str, ArchivedFile], objects: dict[str, dict[str, Any]]
    ) -> None:
        still_there = {key: file for key, file in before.items() if key in objects}
        whole = Archive(
            tenant=archive.tenant,
            archived_at=archive.archived_at,
            current=archive.current,
            files=still_there | archive.files,
        )
        self._lake.replace(text=whole.text(), key=list_key(archive.tenant))

    def _read_through(self, key: str, each: dict[str, Any]) -> ArchivedFile:
        if each["Size"] > MOST_BYTES_OF_A_COPY:
            raise LakeRefused(
                f"{key} is larger than 5 GB, which S3 does not copy at once. An operator has to"
                " move it by hand; nothing else was moved."
            )
        return ArchivedFile(
            key=key,
            bytes=each["Size"],
            sha256=self._sha256(key, etag=each["ETag"]),
            etag=each["ETag"],
        )

    def _bring_back(self, file: ArchivedFile, each: dict[str, Any]) -> str | None:
        if self._sha256(file.key, etag=each["ETag"]) != file.sha256:
            return f"{file.key} has another checksum."
        self._copy(file.key, etag=each["ETag"], storage_class="STANDARD")
        return None

    def _is_readable(self, key: str) -> bool:
        """Asks S3 to fetch it, if that has not been done; it is never readable at once then."""
        named = {"Bucket": self._bucket.name, "Key": self._bucket.place(key)}
        with translated(self._bucket.name, key=key):
            said = self._client.head_object(**named).get("Restore", "")
            if said:
                return 'ongoing-request="false"' in said
            try:
                self._client.restore_object(
                    **named,
                    RestoreRequest={
                        "Days": READABLE_DAYS,
                        "GlacierJobParameters": {"Tier": "Standard"},
                    },
                )
            except ClientError as error:
                if code_of(error) != "RestoreAlreadyInProgress":
                    raise
        return False

    def _sha256(self, key: str, *, etag: str) -> str:
        digest = hashlib.sha256()
        with translated(self._bucket.name, key=key):
            answer = self._client.get_object(
                Bucket=self._bucket.name, Key=self._bucket.place(key), IfMatch=etag
            )
            with closing(answer["Body"]) as body:
                for chunk in body.iter_chunks(CHUNK):
                    digest.update(chunk)
        return digest.hexdigest()

    def _copy(self, key: str, *, etag: str, storage_class: str) -> None:
        place = self._bucket.place(key)
        with translated(self._bucket.name, key=key):
            self._client.copy_object(
                Bucket=self._bucket.name,
                Key=place,
                CopySource={"Bucket": self._bucket.name, "Key": place},
                CopySourceIfMatch=etag,
                StorageClass=storage_class,
                MetadataDirective="COPY",
                TaggingDirective="COPY",
                **self._bucket.encryption,
            )

    def _objects(self, tenant: str) -> dict[str, dict[str, Any]]:
        """What S3 says of each file that is archived, or is to be."""
        found: dict[str, dict[str, Any]] = {}
        for folder in archived_folders(tenant):
            for each in self._lake.objects(folder):
                key = each["Key"].removeprefix(self._bucket.prefix)
                if key != pointer_key(tenant) and not key.endswith("/"):
                    found[key] = each
        return found

    def _list(self, tenant: str) -> Archive | None:
        text = self._lake.read(list_key(tenant))
        return None if text is None else understood(text, tenant=tenant)


def _is_archived(each: dict[str, Any]) -> bool:
    return str(each.get("StorageClass", "")) == ARCHIVE_CLASS


def _nothing(tenant: str) -> str:
    return f"There is nothing of {tenant} to archive."
