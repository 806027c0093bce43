"""The warm server: Prefect and the flows are imported once, and each flow run is a child of that.

A run still has a process of its own, with its own environment, streams and memory; it only does not
pay for the start. Prefect's process worker stays as it is: it starts `python -m flows.warm`, which
hands the run over (`flows.warm.handover`).

`python -m flows.warm.server [MODULE …]` imports these modules, too; `dbt.adapters.snowflake` is
worth it where tenants are on Snowflake.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import os
import random
import runpy
import selectors
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from flows.warm.handover import End, NotHandedOver, Work, address, receive

# What a run needs, and the builds it starts. Nothing of it opens a connection or starts a thread
# that stays when it is imported.
PRELOADED = (
    "prefect.flow_engine",
    "prefect.main",
    "flows.sync",
    "flows.platform",
    "duckdb",
    "dbt.cli",
    "dbt.task.build",
    "dbt.adapters.duckdb",
)
WAITING = 128
_SETTLING_SECONDS = 10.0
_ENDS_WITH_PARENT = 1  # PR_SET_PDEATHSIG: no run outlives the server that would tell of its end


@dataclass(frozen=True)
class Begun:
    """A run that a child does, and the connection of whoever waits for it."""

    process: int
    connection: socket.socket


class Server:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._listening = _listen(path)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listening, selectors.EVENT_READ)
        self._begun: dict[int, Begun] = {}
        self._told_to_stop: list[int] = []
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda number, _frame: self._told_to_stop.append(number))

    def serve(self) -> Work | None:
        """Serve until told to stop: then nothing. In a child it comes back with the work to do."""
        woken, waker = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        signal.set_wakeup_fd(waker)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._selector.register(woken, selectors.EVENT_READ)
        while not self._told_to_stop or self._begun:
            if self._told_to_stop and self._path.exists():
                self._stop()
            for key, _ in self._selector.select():
                if key.fileobj is self._listening:
                    if (work := self._begin()) is not None:
                        os.close(woken)
                        os.close(waker)
                        return work
                elif key.fileobj == woken:
                    with suppress(BlockingIOError):
                        os.read(woken, 4096)
                    self._reap()
                elif isinstance(key.data, Begun):
                    self._end(key.data)
        self._path.unlink(missing_ok=True)
        return None

    def _begin(self) -> Work | None:
        """Take a run and fork for it. Gives the work in the child, nothing in the parent."""
        connection, _ = self._listening.accept()
        connection.settimeout(10)
        try:
            work, streams = receive(connection)
        except (NotHandedOver, OSError):
            connection.close()
            return None
        try:
            process = os.fork()
        except OSError:  # no room for another; those that go on must not end for it
            for descriptor in (*streams, connection.detach()):
                os.close(descriptor)
            return None
        if process == 0:
            self._leave(connection)
            _become(work, streams)
            return work
        for stream in streams:
            os.close(stream)
        connection.setblocking(True)
        begun = Begun(process, connection)
        self._begun[process] = begun
        self._selector.register(connection, selectors.EVENT_READ, begun)
        _tell(connection, process)
        return None

    def _leave(self, connection: socket.socket) -> None:
        """In the child: nothing of the server's stays open, above all no other run's connection."""
        signal.set_wakeup_fd(-1)
        self._selector.close()
        self._listening.close()
        connection.close()
        for each in self._begun.values():
            each.connection.close()

    def _reap(self) -> None:
        while True:
            try:
                process, status, used = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if process == 0:
                return
            begun = self._begun.pop(process, None)
            if begun is not None:
                cpu_seconds = used.ru_utime + used.ru_stime
                _tell(begun.connection, End(os.waitstatus_to_exitcode(status), cpu_seconds))
                self._let_go(begun)

    def _end(self, begun: Begun) -> None:
        """Whoever waited has gone: it was killed, and what it waited for must not outlive it."""
        if begun.process in self._begun:  # or it has ended, and its number may be another's
            os.kill(begun.process, signal.SIGKILL)
        self._let_go(begun)

    def _let_go(self, begun: Begun) -> None:
        with suppress(KeyError, ValueError):
            self._selector.unregister(begun.connection)
        begun.connection.close()

    def _stop(self) -> None:
        """Take no more, and tell the runs that go on; they end as Prefect lets them end."""
        self._path.unlink()
        for begun in self._begun.values():
            with suppress(ProcessLookupError):
                os.kill(begun.process, signal.SIGTERM)


def _listen(path: Path) -> socket.socket:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)  # nobody else's, from its first moment
    try:
        with address(fresh) as short:
            listening.bind(short)
    finally:
        os.umask(before)
    listening.listen(WAITING)
    fresh.replace(path)  # whoever sees it is heard
    return listening


def _tell(connection: socket.socket, what: int | End) -> None:
    with suppress(OSError):
        connection.sendall(f"{what}\n".encode())


def _become(work: Work, streams: list[int]) -> None:
    """In the child: what the caller is."""
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.setpgid(0, 0)
    ctypes.CDLL(None).prctl(_ENDS_WITH_PARENT, signal.SIGKILL)
    for target, stream in enumerate(streams):
        os.dup2(stream, target)
    for stream in streams:
        os.close(stream)
    os.environ.clear()
    os.environ.update(work.environment)
    os.chdir(work.folder)
    random.seed()  # or every run would wait the same random while


def do(work: Work) -> None:
    """Run the module that the caller would have been."""
    from prefect.context import refresh_global_settings_context

    if work.arguments[0].startswith("prefect."):
        refresh_global_settings_context()  # of this run's environment
    sys.argv, sys.path[0] = list(work.arguments), work.folder
    runpy.run_module(work.arguments[0], run_name="__main__", alter_sys=True)


def warm_up(modules: Sequence[str]) -> None:
    """Import the modules, and wait for what they began.

    Snowflake's driver loads a library on a thread of its own. Whoever was forked meanwhile would
    wait for ever for a lock of that thread, which it does not have.
    """
    for module in modules:
        importlib.import_module(module)
    for thread in threading.enumerate():
        if thread is not threading.current_thread():
            thread.join(_SETTLING_SECONDS)


def main() -> None:
    server = Server(Path(os.environ["MERCURIOS_WARM_SOCKET"]))
    warm_up([*PRELOADED, *sys.argv[1:]])
    gc.collect()
    gc.freeze()  # what all share is never touched by a collection, so it stays shared
    work = server.serve()
    gc.unfreeze()
    if work is not None:
        do(work)


if __name__ == "__main__":
    main()
