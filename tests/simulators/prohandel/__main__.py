"""Serve a ProHandel cloud: python -m tests.simulators.prohandel --port 8700"""

from __future__ import annotations

import argparse
import asyncio
import socket
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from tests.simulators.prohandel import memory, plans
from tests.simulators.prohandel.app import build_app
from tests.simulators.prohandel.cloud import Cloud
from tests.simulators.prohandel.retailer import Retailer
from tests.simulators.prohandel.tokens import Tokens

_FIRST_TODAY = date(2025, 6, 30)
_REPEATED = (
    ("--company", "NAME:KEY:SECRET:LINES:SEED", "instead of the two of the demonstration"),
    ("--forbid", "COMPANY:ENTITY", "answered with 403"),
    ("--missing", "COMPANY:ENTITY", "answered with 404"),
    ("--swiss", "COMPANY", "has a shop in Zürich too, whose lines are in CHF"),
)


def main(arguments: Sequence[str] | None = None) -> None:
    options = _options().parse_args(arguments)
    listener = socket.create_server((options.host, options.port), backlog=256)
    port = listener.getsockname()[1]
    base_url = options.public_url or f"http://{options.host}:{port}"
    try:
        cloud = _cloud(options, base_url)
    except (plans.BadPlan, memory.ForeignState) as problem:
        listener.close()
        sys.exit(str(problem))

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        # The socket listens already, so whoever reads this line can connect.
        sys.stdout.write(f"ready http://{options.host}:{port}\n")
        sys.stdout.flush()
        yield

    app = build_app(cloud=cloud, lifespan=lifespan)
    config = uvicorn.Config(app, log_level="warning", access_log=False, ws="none")
    asyncio.run(uvicorn.Server(config).serve(sockets=[listener]))


def _cloud(options: argparse.Namespace, base_url: str) -> Cloud:
    named = [plans.parse_company(text) for text in options.company]
    chosen = plans.adjust(
        named or plans.DEMO,
        forbidden=options.forbid,
        missing=options.missing,
        swiss=options.swiss,
    )
    today = options.today.toordinal()
    retailers = {plan.name: Retailer(plan=plan, first_today=today) for plan in chosen}
    if options.state:
        memory.restore(path=options.state, retailers=retailers.values())
    tokens = Tokens(access_seconds=options.token_seconds, clock=time.monotonic)
    return Cloud(retailers=retailers, tokens=tokens, base_url=base_url, state=options.state)


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="prohandel", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 chooses a free one")
    parser.add_argument("--public-url", help="how others reach this address, if not by host:port")
    parser.add_argument("--state", type=Path, help="remembers the days advanced")
    parser.add_argument("--today", type=date.fromisoformat, default=_FIRST_TODAY)
    parser.add_argument("--token-seconds", type=int, default=1800)
    for name, form, meaning in _REPEATED:
        parser.add_argument(name, metavar=form, help=meaning, action="append", default=[])
    return parser


if __name__ == "__main__":
    main()
