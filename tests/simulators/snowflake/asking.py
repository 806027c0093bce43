"""Asking a connection, in one line."""

from __future__ import annotations

from typing import Any

from snowflake.connector import SnowflakeConnection


def run(connection: SnowflakeConnection, sql: str) -> list[Any]:
    """Run a statement; its rows."""
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())
