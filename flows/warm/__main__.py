"""Run a flow run in a child of the warm server, or else as Prefect itself would.

`python -m flows.warm` stands where `python -m prefect.engine` would: same environment, folder,
streams, signals and exit code. What it saves is the second or more that importing Prefect and the
flows takes each time. Without a server at MERCURIOS_WARM_SOCKET it becomes Prefect's engine.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import NoReturn

from flows.warm.handover import NotHandedOver, Work, hand_over

ENGINE = "prefect.engine"
PASSED_ON = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def main() -> int:
    path = os.environ.get("MERCURIOS_WARM_SOCKET", "")
    arguments = [ENGINE, *sys.argv[1:]]
    if not path:
        return _alone(arguments)
    try:
        work = Work(arguments, dict(os.environ), str(Path.cwd()))
        return _end_like(hand_over(Path(path), work, begun=_pass_signals_on).code)
    except NotHandedOver:
        return _alone(arguments)


def _alone(arguments: list[str]) -> NoReturn:
    os.execv(sys.executable, [sys.executable, "-m", *arguments])  # noqa: S606 - ourselves


def _pass_signals_on(process: int) -> None:
    def pass_on(number: int, _frame: FrameType | None) -> None:
        with suppress(ProcessLookupError):  # it has just ended, and how is about to be told
            os.kill(process, number)

    for number in PASSED_ON:
        signal.signal(number, pass_on)


def _end_like(code: int) -> int:
    """Prefect looks at how a run ended: with which code, or killed by which signal."""
    if code < 0:
        if -code != signal.SIGKILL:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    return code


if __name__ == "__main__":
    sys.exit(main())
