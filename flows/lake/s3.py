"""The lake as a bucket of S3. What it promises holds for writers on any number of machines."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from flows.lake.bucket import Bucket
from flows.lake.keys import checked, layer_of
from flows.lake.lake import LakeFile, LakeKeyRefused
from flows.lake.s3_errors import is_missing, translated
from flows.lake.s3_upload import PART_BYTES, upload

MOST_IN_ONE_REQUEST = 1000
POINTER, MANIFEST = "current.json", "manifest.json"


class S3Lake:
    """Objects below the bucket's prefix. One appears whole; a torn upload is no object."""

    def __init__(self, bucket: Bucket, *, part_bytes: int = PART_BYTES) -> None:
        self._bucket = bucket
        self._client = bucket.client
        self._part_bytes = part_bytes

    def put(self, *, source: Path, key: str) -> None:
        upload(source=source, key=key, bucket=self._bucket, part_bytes=self._part_bytes)

    def replace(self, *, text: str, key: str) -> None:
        place = self._bucket.place(key)
        with translated(self._bucket.name, key=key):
            self._client.put_object(
                Bucket=self._bucket.name,
                Key=place,
                Body=text.encode(),
                ChecksumAlgorithm="SHA256",
                Tagging=f"layer={layer_of(key)}",
                **self._bucket.encryption,
            )

    def read(self, key: str) -> str | None:
        place = self._bucket.place(key)
        with translated(self._bucket.name, key=key):
            try:
                found = self._client.get_object(Bucket=self._bucket.name, Key=place)
                with closing(found["Body"]) as body:
                    return str(body.read(), encoding="utf-8")
            except ClientError as error:
                if is_missing(error):
                    return None
                raise

    def fetch(self, *, key: str, target: Path) -> None:
        place = self._bucket.place(key)
        with translated(self._bucket.name, key=key):
            try:
                self._client.download_file(self._bucket.name, place, str(target))
            except ClientError as error:
                if is_missing(error):
                    raise FileNotFoundError(f"There is no file {key}.") from error
                raise

    def delete(self, key: str) -> None:
        """A folder vanishes pointers first, then manifests: nobody finds half a publication."""
        place = self._bucket.place(key)
        found = [
            each["Key"]
            for each in self._objects(place)
            if each["Key"] == place or each["Key"].startswith(f"{place}/")
        ]
        for wanted in (POINTER, MANIFEST):
            self._remove([each for each in found if each.endswith(f"/{wanted}")])
        self._remove([each for each in found if not each.endswith((f"/{POINTER}", f"/{MANIFEST}"))])

    def files(self, prefix: str) -> list[LakeFile]:
        place = self._bucket.place(prefix)
        found = [
            LakeFile(
                key=each["Key"].removeprefix(self._bucket.prefix),
                bytes=each["Size"],
                written_at=each["LastModified"],
            )
            for each in self._objects(f"{place}/")
        ]
        return sorted((file for file in found if _is_ours(file.key)), key=lambda file: file.key)

    def folders(self, prefix: str) -> list[str]:
        place = self._bucket.place(prefix)
        names = [
            each["Prefix"].removeprefix(f"{place}/").rstrip("/")
            for page in self._pages("list_objects_v2", Prefix=f"{place}/", Delimiter="/")
            for each in page.get("CommonPrefixes", [])
        ]
        return sorted(name for name in names if _is_ours(name))

    def sweep(self, prefix: str, *, before: datetime) -> int:
        """Uploads that were never completed, and publications whose removal, or writing, died."""
        return self._sweep_uploads(prefix, before) + self._sweep_publications(prefix, before)

    def _sweep_uploads(self, prefix: str, before: datetime) -> int:
        place = self._bucket.place(prefix)
        dead = [
            each
            for page in self._pages("list_multipart_uploads", Prefix=f"{place}/")
            for each in page.get("Uploads", [])
            if each["Initiated"] < before
        ]
        for each in dead:
            with translated(self._bucket.name):
                self._client.abort_multipart_upload(
                    Bucket=self._bucket.name, Key=each["Key"], UploadId=each["UploadId"]
                )
        return len(dead)

    def _sweep_publications(self, prefix: str, before: datetime) -> int:
        tenant, *below = prefix.split("/")
        if below and below[0] != "publications":
            return 0
        publications: dict[str, list[LakeFile]] = {}
        for file in self.files(prefix if below else f"{tenant}/publications"):
            folder, _, name = file.key.rpartition("/")
            if folder.count("/") == 2 and name != POINTER:
                publications.setdefault(folder, []).append(file)
        dead = [
            folder
            for folder, files in publications.items()
            if all(file.written_at < before for file in files)
            and not any(file.key == f"{folder}/{MANIFEST}" for file in files)
        ]
        for folder in dead:
            self.delete(folder)
        return len(dead)

    def objects(self, prefix: str) -> Iterator[dict[str, Any]]:
        """What S3 says of each object below a prefix."""
        yield from self._objects(f"{self._bucket.place(prefix)}/")

    def _objects(self, prefix: str) -> Iterator[dict[str, Any]]:
        for page in self._pages("list_objects_v2", Prefix=prefix):
            yield from page.get("Contents", [])

    def _pages(self, operation: str, **asked: str) -> Iterator[dict[str, Any]]:
        with translated(self._bucket.name):
            yield from self._client.get_paginator(operation).paginate(
                Bucket=self._bucket.name, **asked
            )

    def _remove(self, places: list[str]) -> None:
        for start in range(0, len(places), MOST_IN_ONE_REQUEST):
            part = [{"Key": place} for place in places[start : start + MOST_IN_ONE_REQUEST]]
            with translated(self._bucket.name):
                answer = self._client.delete_objects(
                    Bucket=self._bucket.name, Delete={"Objects": part, "Quiet": True}
                )
                # The request as a whole succeeds even where each single removal was refused.
                for failure in answer.get("Errors", []):
                    raise ClientError({"Error": failure}, "DeleteObject")


def _is_ours(key: str) -> bool:
    """Whoever looks into the bucket with other tools may have left other things."""
    try:
        return checked(key) == key
    except LakeKeyRefused:
        return False
