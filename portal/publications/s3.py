"""Published files in a bucket of S3. Manifests are read there, Parquet is copied over here."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import lru_cache, partial
from pathlib import Path
from typing import IO, Any
from uuid import UUID

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from urllib3.exceptions import HTTPError

from portal.publications.cache import Cache
from portal.publications.lake import NotInLake
from portal.publications.reading import LakeUnreadable

ADDRESS = re.compile(
    r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(?P<prefix>[^/.\s][^/\s]*(?:/[^/.\s][^/\s]*)*))?/?"
)
KEY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")
CHUNK = 1024 * 1024
LATER = (
    "The published figures cannot be fetched just now. Try again in a few minutes; if it goes on,"
    " the platform's operator has to look into it."
)
ARCHIVED = "These figures are archived. The platform's operator can bring them back."

log = logging.getLogger(__name__)


class S3Lake:
    def __init__(self, *, client: Any, bucket: str, prefix: str, cache: Cache) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = prefix
        self._cache = cache

    def folders_with(self, file: str, *, tenant: UUID, key: str) -> list[str]:
        """In one request for a thousand files: a request a folder would be felt on every page."""
        folder = f"{self._place(tenant, key)}/"
        found = []
        with self._reading(key):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=folder
            )
            for page in pages:
                for each in page.get("Contents", []):
                    name, _, rest = each["Key"].removeprefix(folder).partition("/")
                    if rest == file:
                        found.append(name)
        return sorted(found)

    def read(self, *, tenant: UUID, key: str) -> bytes:
        place = self._place(tenant, key)
        with self._reading(key), self._opened(place) as body:
            return bytes(body.read())

    def local_path(self, *, tenant: UUID, key: str, sha256: str) -> Path:
        place = self._place(tenant, key)
        with self._reading(key):
            return self._cache.path(tenant=tenant, sha256=sha256, fetch=partial(self._fetch, place))

    def _fetch(self, place: str, file: IO[bytes]) -> None:
        with self._opened(place) as body:
            for chunk in body.iter_chunks(CHUNK):
                file.write(chunk)

    def _opened(self, place: str) -> Any:
        # Not a `with` of the body itself: that would read past its checks of length and checksum.
        return closing(self._client.get_object(Bucket=self._bucket, Key=place)["Body"])

    def _place(self, tenant: UUID, key: str) -> str:
        """A tenant's own prefix comes first, and no name of a key leads anywhere else."""
        if not KEY.fullmatch(key):
            raise NotInLake(f"{key} lies outside the tenant's folder.")
        return f"{self._prefix}{tenant}/{key}"

    @contextmanager
    def _reading(self, key: str) -> Iterator[None]:
        try:
            yield
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if code == "NoSuchKey":
                raise NotInLake(f"There is no file {key}.") from error
            log.error("The bucket %s: %s of %s: %s", self._bucket, error.operation_name, key, code)
            raise LakeUnreadable(ARCHIVED if code == "InvalidObjectState" else LATER) from error
        except (BotoCoreError, HTTPError, OSError) as error:
            log.error("The bucket %s: %s: %s: %s", self._bucket, key, type(error).__name__, error)
            raise LakeUnreadable(LATER) from error


def s3_lake(address: str) -> S3Lake:
    """:raises ImproperlyConfigured: if that is no address of a bucket"""
    found = ADDRESS.fullmatch(address)
    if found is None:
        raise ImproperlyConfigured(
            f"MERCURIOS_LAKE is {address!r}. Write a folder of this machine, or s3://bucket/prefix."
        )
    return S3Lake(
        client=_client(os.environ.get("AWS_ENDPOINT_URL", "")),
        bucket=found["bucket"],
        prefix=f"{found['prefix']}/" if found["prefix"] else "",
        cache=Cache(settings.LAKE_CACHE, most_bytes=settings.LAKE_CACHE_MB * 1_000_000),
    )


@lru_cache(maxsize=4)
def _client(endpoint: str) -> Any:
    """One for all requests: making it takes longer than most of what it is asked for.

    :param endpoint: what boto3 finds in the environment, here only to tell clients apart
    """
    return boto3.session.Session().client(
        "s3",
        config=Config(
            retries={"mode": "standard", "total_max_attempts": 3},
            connect_timeout=3,
            read_timeout=20,
            max_pool_connections=32,
        ),
    )
