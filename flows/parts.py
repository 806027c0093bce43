"""Which part stands behind each seam. What uses a part knows its protocol and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from flows.lake.lake import Lake
from flows.lake.local import LocalLake
from flows.warehouse.duckdb import DuckDBWarehouses
from flows.warehouse.tag import Tag
from flows.warehouse.warehouse import Warehouses


def lake_at(address: str) -> Lake:
    """The lake at an address: a folder of this machine, or `s3://bucket/prefix`.

    :raises LakeRefused: if it is the address of something else
    """
    if "://" not in address:
        return LocalLake(Path(address))
    # Not above: boto3 takes its time, and an installation of one machine never needs it.
    from flows.lake.bucket import bucket_at
    from flows.lake.s3 import S3Lake

    return S3Lake(bucket_at(address))


def warehouses_for(engine: str, *, folder: Path, lake: Lake, tag: Callable[[], Tag]) -> Warehouses:
    """The warehouses of an engine, which is a setting of the tenant.

    :param folder: for what an engine keeps on this machine
    :param tag: for whom they are opened, asked again at each step
    """
    if engine == "SNOWFLAKE":
        # Its connector takes a second to import, which only its own tenants pay.
        from flows.warehouse.snowflake import SnowflakeWarehouses
        from flows.warehouse.snowflake_account import snowflake_account

        return SnowflakeWarehouses(snowflake_account(), tag=tag, lake=lake)
    return DuckDBWarehouses(folder)
