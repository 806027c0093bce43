"""Run the server: `python -m tests.simulators.snowflake --port 0 --folder DIR`."""

from __future__ import annotations

import argparse
from pathlib import Path


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.simulators.snowflake")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--user", action="append", default=[], metavar="NAME=PUBLIC_KEY.pem")
    parser.add_argument("--password", action="append", default=[], metavar="NAME=PASSWORD")
    parser.add_argument("--expired-password", action="append", default=[], metavar="NAME=PASSWORD")
    parser.add_argument("--s3-endpoint", default=None, metavar="URL")
    parser.add_argument("--account-model", action="store_true")
    parser.add_argument("--account-admin", default="ADMIN", metavar="NAME")
    parser.add_argument("--lock-seconds", type=float, default=20.0)
    parser.add_argument("--abandoned-seconds", type=float, default=5.0)
    return parser.parse_args()


if __name__ == "__main__":
    from tests.simulators.snowflake.launcher import serve

    serve(_arguments())
