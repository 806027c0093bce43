"""What the server has imported that builds are forked from."""

from __future__ import annotations

from flows.warm.server import warm_up

warm_up(["dbt.cli.main", "dbt.adapters.duckdb", "dbt.adapters.snowflake"])
