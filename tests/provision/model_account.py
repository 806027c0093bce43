"""The model of an account as provisioning sees one: it judges statements, DuckDB keeps the rows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import duckdb

from flows.provision.account import refusal
from tests.simulators.snowflake.account import Account, AccountError

Row = dict[str, Any]
ASKS = ("SHOW ", "DESCRIBE ", "SELECT ", "USE ")
COMMENT = re.compile(r"COMMENT = '(?:[^']|'')*'")
SCHEMA = re.compile(r"CREATE (?:TRANSIENT )?SCHEMA (\S+)")
VIEW = re.compile(r"(?s)CREATE OR REPLACE (?:SECURE )?VIEW (\S+).*?\nAS\n(SELECT.*)")
PARAMETER = re.compile(r"SHOW PARAMETERS LIKE '(\w+)' IN USER (\w+)")
DESCRIBED = re.compile(r"DESCRIBE (?:TABLE|VIEW) (\w+)\.(\w+)\.(\w+)")


@dataclass
class Session:
    user: str
    role: str | None = "PUBLIC"
    warehouse: str | None = None
    database: str | None = None
    schema: str | None = None
    secondary_roles: str = "NONE"


class ModelAccount:
    """`flows.provision.account.Account` over the model. `sent` has every statement."""

    def __init__(self, *, user: str = "ADMIN", other: ModelAccount | None = None) -> None:
        self.model: Account = other.model if other else Account.fresh(user=user)
        self.engine: duckdb.DuckDBPyConnection = other.engine if other else duckdb.connect()
        self.session = Session(user)
        self.sent: list[str] = []

    def of(self, user: str) -> ModelAccount:
        """Another user's session with the same account."""
        return ModelAccount(user=user, other=self)

    def close(self) -> None:
        self.engine.close()

    def rows(self, sql: str) -> list[Row]:
        self.sent.append(sql)
        if found := PARAMETER.match(sql):  # which the model knows, but does not show
            value = self.model.options("USER", found[2]).get(found[1], "")
            return [{"key": found[1], "value": value}]
        try:
            answer = self.model.answer(sql, self.session)
            if answer is not None:
                return answer.records()
            self.model.check(sql, self.session)
        except AccountError as error:
            said = " ".join(error.message.split())
            raise refusal(number=error.errno, said=said, user=self.session.user) from error
        return self._ran(sql)

    def run(self, sql: str) -> None:
        self.rows(sql)

    @property
    def changes(self) -> list[str]:
        """What was sent that is more than a question."""
        return [sql for sql in self.sent if not sql.startswith(ASKS)]

    def forget(self) -> None:
        self.sent.clear()

    def _ran(self, sql: str) -> list[Row]:
        if found := DESCRIBED.match(sql):
            return self._fetched(
                "SELECT column_name AS name FROM duckdb_columns()"
                f" WHERE (database_name, schema_name, table_name) = {found.groups()}"
            )
        return self._fetched(_translated(sql))

    def _fetched(self, sql: str) -> list[Row]:
        cursor = self.engine.execute(sql)
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _translated(sql: str) -> str:
    if sql.startswith("CREATE DATABASE"):
        return f"ATTACH ':memory:' AS {sql.split()[2]}"
    if found := SCHEMA.match(sql):
        return f"CREATE SCHEMA {found[1]}"
    if sql.startswith("DROP SCHEMA"):
        return sql + " CASCADE"
    if "SNOWFLAKE.ACCOUNT_USAGE" in sql:
        return "SELECT 1"  # DuckDB has no records of Snowflake
    if found := VIEW.match(sql):
        return f"CREATE OR REPLACE VIEW {found[1]} AS {found[2]}"
    return COMMENT.sub("", sql)
