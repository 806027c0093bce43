"""Files of a bucket, fetched from a local stand-in for S3."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from tests.simulators.snowflake.errors import SqlError


class Buckets:
    """`endpoint` is where S3 is spoken; without one, no bucket can be read."""

    def __init__(self, endpoint: str | None) -> None:
        self._endpoint = endpoint

    @contextmanager
    def downloaded(self, url: str, names: list[str]) -> Iterator[list[tuple[str, Path]]]:
        """The objects below `s3://bucket/prefix`, or the named ones: their keys and local copies.

        :raises SqlError: 100016 where there is no such bucket or object
        """
        if self._endpoint is None or not url.startswith("s3://"):
            raise SqlError(
                1011, "42601", f"SQL compilation error:\ninvalid URL prefix found in: '{url}'"
            )
        # Only servers that read buckets pay for the import.
        import boto3
        import botocore.exceptions

        client = boto3.client(
            "s3",
            endpoint_url=self._endpoint,
            region_name="eu-central-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        bucket, prefix = urlsplit(url).netloc, urlsplit(url).path.lstrip("/")
        with tempfile.TemporaryDirectory() as folder:
            found = []
            try:
                pages = client.get_paginator("list_objects_v2").paginate(
                    Bucket=bucket, Prefix=prefix
                )
                held = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
                keys = [f"{prefix}{name}" for name in names] if names else held
                for number, key in enumerate(keys):
                    path = Path(folder) / f"{number}.parquet"
                    client.download_file(bucket, key, str(path))
                    found.append((f"s3://{bucket}/{key}", path))
            except botocore.exceptions.ClientError as problem:
                raise SqlError(
                    100016, "22000", f"Failed to access remote file: {problem}"
                ) from problem
            yield found
