"""Running a statement: what the server does itself, what the engine does, and in which order."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from sqlglot import exp

from tests.simulators.snowflake import tables
from tests.simulators.snowflake.account_hook import AccountHook
from tests.simulators.snowflake.copying import Copying
from tests.simulators.snowflake.engine import Engine, parse
from tests.simulators.snowflake.errors import SqlError, refusal
from tests.simulators.snowflake.logins import Logins
from tests.simulators.snowflake.results import Result, said
from tests.simulators.snowflake.session import Session
from tests.simulators.snowflake.settings import answer_setting
from tests.simulators.snowflake.stages import Stages
from tests.simulators.snowflake.transactions import Transactions

_COMMENTS = re.compile(r"(?s)^(?:\s+|/\*.*?\*/|--[^\n]*(?:\n|$))+")
_LAST_COMMENT = re.compile(r"(?s)(?:\s|;|/\*(?:(?!\*/).)*\*/)+$")
_BEGIN = re.compile(
    r"(?is)^(begin|start\s+transaction)(\s+(work|transaction))?(\s+name\s+\w+)?\s*;?$"
)
_COMMIT = re.compile(r"(?is)^commit(\s+work)?\s*;?$")
_ROLLBACK = re.compile(r"(?is)^rollback(\s+work)?\s*;?$")
_CREATE_SCHEMA = re.compile(r"(?is)^create\s+(or\s+replace\s+)?(transient\s+)?schema\s")
_MANAGED_ACCESS = re.compile(r"(?is)\s+with\s+managed\s+access\b")
_DATA_STATEMENTS = (exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Copy, exp.TruncateTable)
_DEFINITIONS = (exp.Create, exp.Drop, exp.Alter, exp.Comment)
_LOCKING = (exp.Update, exp.Delete, exp.Merge, exp.TruncateTable)


class Statements:
    def __init__(
        self,
        engine: Engine,
        stages: Stages,
        copying: Copying,
        transactions: Transactions,
        logins: Logins,
        account: AccountHook,
    ) -> None:
        self._engine = engine
        self._stages = stages
        self._copying = copying
        self._transactions = transactions
        self._logins = logins
        self._account = account

    def run(self, session: Session, sql: str, binding: Any = None) -> Result:
        """A statement's result.

        :raises SqlError: it is refused; whatever went wrong has become one of Snowflake's numbers
        """
        bare = _bare(sql)
        if _CREATE_SCHEMA.match(bare):
            sql = _MANAGED_ACCESS.sub("", sql)
        try:
            if session.aborted is not None:
                message, session.aborted = session.aborted, None
                raise SqlError(604, "57014", message)
            return self._answered(session, sql, bare, binding)
        except SqlError:
            raise
        except Exception as problem:
            # A connector repeats an HTTP 500 for minutes: every problem becomes an answer.
            raise refusal(problem) from problem

    def run_many(self, session: Session, sql: str, rows: Sequence[Sequence[Any]]) -> Result:
        """Run a statement for each row of bound values: all of them or none, counted together."""
        is_own = not session.in_transaction
        if is_own:
            self._transactions.begin(session)
        try:
            for row in rows:
                result = self.run(session, sql, row)
        except SqlError:
            if is_own:
                self._transactions.rollback(session)
            raise
        if is_own and session.autocommit:
            self._transactions.commit(session)
        result.table, result.rows = None, [[str(len(rows))]]
        return result

    def describe(self, session: Session, sql: str) -> Result | None:
        """The columns a statement would give, or None where only running it tells."""
        try:
            with self._account.checked(session, sql):
                return self._engine.describe(session, sql)
        except Exception as problem:
            raise refusal(problem) from problem

    def _answered(self, session: Session, sql: str, bare: str, binding: Any) -> Result:
        answered = self._account.answer(session, bare)
        if answered is not None:
            self._logins.observe(bare)
            return answered
        if (setting := answer_setting(session, bare, self._logins)) is not None:
            return setting
        if _BEGIN.match(bare):
            self._transactions.begin(session)
            return said()
        if _COMMIT.match(bare):
            self._transactions.commit(session)
            return said()
        if _ROLLBACK.match(bare):
            self._transactions.rollback(session)
            return said()
        with self._account.checked(session, bare):
            return self._run_checked(session, sql, bare, binding)

    def _run_checked(self, session: Session, sql: str, bare: str, binding: Any) -> Result:
        if (staged := self._stages.answer(session, bare)) is not None:
            return staged
        return self._run_parsed(session, sql, parse(sql), binding)

    def _run_parsed(
        self, session: Session, sql: str, statement: exp.Expression | None, binding: Any
    ) -> Result:
        if isinstance(statement, _DATA_STATEMENTS):
            return self._change(session, sql, statement, binding)
        if isinstance(statement, _DEFINITIONS):
            # A definition ends the open transaction, and cannot be rolled back.
            self._transactions.commit(session)
            define = self._definition(session, sql, statement, binding)
            written = tables.written(self._engine, session, statement)
            return self._transactions.perform(session, define, writes=written)
        if isinstance(statement, exp.Query):
            reads = tables.read(self._engine, session, statement)
            return self._transactions.perform(
                session, lambda: self._engine.run(session, sql, binding), reads=reads
            )
        return self._engine.run(session, sql, binding)

    def _change(
        self, session: Session, sql: str, statement: exp.Expression, binding: Any
    ) -> Result:
        if not session.autocommit:
            self._transactions.begin(session)
        written = tables.written(self._engine, session, statement)
        return self._transactions.perform(
            session,
            self._data_change(session, sql, statement, binding),
            reads=tables.read(self._engine, session, statement),
            writes=written,
            locks=written if isinstance(statement, _LOCKING) else (),
            is_atomic=True,
        )

    def _data_change(
        self, session: Session, sql: str, statement: exp.Expression, binding: Any
    ) -> Callable[[], Result]:
        if isinstance(statement, exp.Copy) and self._copying.is_ours(statement):
            return lambda: self._copying.load(session, statement.copy())
        if isinstance(statement, exp.Merge):
            return lambda: tables.merge(self._engine, session, statement.copy(), binding)
        if isinstance(statement, exp.TruncateTable):
            return lambda: tables.truncate(self._engine, self._copying, session, statement)
        return lambda: self._engine.run(session, sql, binding)

    def _definition(
        self, session: Session, sql: str, statement: exp.Expression, binding: Any
    ) -> Callable[[], Result]:
        kind = str(statement.args.get("kind") or "").upper()
        if isinstance(statement, exp.Drop) and kind == "STAGE":
            return lambda: self._stages.drop(session, statement)
        if isinstance(statement, exp.Drop) and kind in ("DATABASE", "SCHEMA"):
            return lambda: tables.drop_container(self._engine, self._stages, session, statement)
        if isinstance(statement, exp.Create) and kind == "DATABASE":
            return lambda: tables.create_database(self._engine, session, statement)
        if isinstance(statement, exp.Alter) and (swapped := tables.swapped(statement)) is not None:
            return lambda: tables.swap(self._engine, session, statement, swapped)

        def define() -> Result:
            if isinstance(statement, exp.Create) and tables.is_temporary(statement):
                session.temporary |= tables.written(self._engine, session, statement)
            result = self._engine.run(session, sql, binding)
            if isinstance(statement, exp.Create) and kind == "STAGE":
                self._stages.created(session, statement)
            if isinstance(statement, exp.Create) and statement.expression is not None:
                tables.forbid_nulls(self._engine, session, statement)
            return result

        return define


def _bare(sql: str) -> str:
    """A statement without the comments before and behind it, where dbt says who it is."""
    return _LAST_COMMENT.sub("", _COMMENTS.sub("", sql))
