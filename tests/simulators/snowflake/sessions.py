"""Opening and closing sessions."""

from __future__ import annotations

import threading
from typing import Any

from fakesnow.transforms import SERVER_VERSION

from tests.simulators.snowflake import tables
from tests.simulators.snowflake.account_hook import AccountHook
from tests.simulators.snowflake.engine import Engine
from tests.simulators.snowflake.logins import Logins
from tests.simulators.snowflake.session import Session
from tests.simulators.snowflake.settings import set_parameter
from tests.simulators.snowflake.transactions import Transactions

# What a client is told to do: no telemetry, and values of an array bound in the request itself.
_CLIENT_PARAMETERS: dict[str, Any] = {
    "CLIENT_TELEMETRY_ENABLED": False,
    "CLIENT_STAGE_ARRAY_BINDING_THRESHOLD": 0,
    "CLIENT_SESSION_KEEP_ALIVE": False,
    "CLIENT_SESSION_KEEP_ALIVE_HEARTBEAT_FREQUENCY": 3600,
    "PYTHON_CONNECTOR_QUERY_RESULT_FORMAT": "ARROW",
}


class Sessions:
    def __init__(
        self, engine: Engine, transactions: Transactions, logins: Logins, account: AccountHook
    ) -> None:
        self._engine = engine
        self._transactions = transactions
        self._logins = logins
        self._account = account
        self._sessions: dict[str, Session] = {}
        self._lock = threading.Lock()

    def open(self, data: dict[str, Any], query: dict[str, str]) -> dict[str, Any]:
        """Log a user in; the answer is that of a login request.

        :raises SqlError: wrong key, wrong password, unknown user or role
        """
        self._logins.check(data)
        session = Session(user=str(data.get("LOGIN_NAME", "")).upper())
        self._engine.open(
            session, _stored(query.get("databaseName")), _stored(query.get("schemaName"))
        )
        for name, value in (data.get("SESSION_PARAMETERS") or {}).items():
            set_parameter(session, name, value)
        session.role = _stored(query.get("roleName"))
        session.warehouse = _stored(query.get("warehouse"))
        self._account.log_in(session)
        with self._lock:
            self._sessions[session.token] = session
        return {"data": _login_data(session), "code": None, "message": None, "success": True}

    def find(self, token: str) -> Session | None:
        return self._sessions.get(token)

    def close(self, token: str) -> None:
        """End a session; its open transaction is rolled back."""
        with self._lock:
            session = self._sessions.pop(token, None)
        if session is None:
            return
        with session.lock:
            self._transactions.rollback(session)
            tables.drop_temporary(self._engine, session)
            session.connection.close()

    def rows(self) -> list[dict[str, Any]]:
        with self._lock:
            return [
                {
                    "session": session.number,
                    "user": session.user,
                    "in_transaction": session.in_transaction,
                    "silent_seconds": round(session.silent_seconds, 3),
                }
                for session in self._sessions.values()
            ]


def _login_data(session: Session) -> dict[str, Any]:
    parameters = {**_CLIENT_PARAMETERS, "AUTOCOMMIT": session.autocommit}
    return {
        "token": session.token,
        # The connector closes a session at the server only if it has this one, too.
        "masterToken": session.token,
        "validityInSeconds": 3600,
        "masterValidityInSeconds": 14400,
        "sessionId": session.number,
        "serverVersion": SERVER_VERSION,
        "parameters": [{"name": name, "value": value} for name, value in parameters.items()],
        "sessionInfo": {
            "databaseName": session.database,
            "schemaName": session.schema,
            "warehouseName": session.warehouse,
            "roleName": session.role,
        },
    }


def _stored(name: str | None) -> str | None:
    if not name:
        return None
    return name.strip('"') if name.startswith('"') else name.upper()
