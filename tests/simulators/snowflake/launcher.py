"""Puts the server's parts together and serves them."""

from __future__ import annotations

import argparse
import os
import socket
from pathlib import Path
from types import FrameType

import uvicorn
from starlette.applications import Starlette

from tests.simulators.snowflake import patches
from tests.simulators.snowflake.account import Account
from tests.simulators.snowflake.account_hook import AccountHook
from tests.simulators.snowflake.app import Protocol
from tests.simulators.snowflake.buckets import Buckets
from tests.simulators.snowflake.copying import Copying
from tests.simulators.snowflake.engine import Engine
from tests.simulators.snowflake.faults import Faults
from tests.simulators.snowflake.ledger import Ledger
from tests.simulators.snowflake.logins import Logins
from tests.simulators.snowflake.session import Session
from tests.simulators.snowflake.sessions import Sessions
from tests.simulators.snowflake.stages import Stages
from tests.simulators.snowflake.statements import Statements
from tests.simulators.snowflake.transactions import Transactions
from tests.simulators.snowflake.usage.shown import ShownUsage


def serve(arguments: argparse.Namespace) -> None:
    """Serve until the process is ended; prints `ready URL` as soon as requests are taken."""
    app = _app(arguments)
    # Named as TCP, or the event loop leaves out TCP_NODELAY and every answer waits 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", arguments.port))
    listener.listen(128)
    server = _Server(
        uvicorn.Config(app, log_level="warning", timeout_keep_alive=60, lifespan="off")
    )
    print(f"ready http://127.0.0.1:{listener.getsockname()[1]}", flush=True)  # noqa: T201
    server.run(sockets=[listener])


def _app(arguments: argparse.Namespace) -> Starlette:
    patches.apply()
    folder = arguments.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    engine = Engine(folder)
    logins = _logins(folder, arguments)
    account = AccountHook(
        Account.load(folder, user=arguments.account_admin) if arguments.account_model else None
    )
    transactions = Transactions(
        lock_seconds=arguments.lock_seconds, abandoned_seconds=arguments.abandoned_seconds
    )
    stages = Stages(engine)
    copying = Copying(engine, stages, Buckets(arguments.s3_endpoint))
    _restore(engine, stages)
    return Protocol(
        Sessions(engine, transactions, logins, account),
        Statements(engine, stages, copying, transactions, logins, account),
        Ledger(),
        Faults(),
        account,
        ShownUsage(engine),
    ).app()


def _logins(folder: Path, arguments: argparse.Namespace) -> Logins:
    logins = Logins(folder / "logins.json")
    for name, file in map(_pair, arguments.user):
        logins.add_key(name, Path(file))
    for name, password in map(_pair, arguments.password):
        logins.add_password(name, password)
    for name, password in map(_pair, arguments.expired_password):
        logins.add_password(name, password, is_expired=True)
    return logins


def _restore(engine: Engine, stages: Stages) -> None:
    session = Session(user="SYSTEM")
    engine.open(session, None, None)
    stages.restore(session)
    session.connection.close()


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name, value


class _Server(uvicorn.Server):
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End without waiting for clients: what is committed is on disk."""
        os._exit(0)
