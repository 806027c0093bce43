"""`python -m flows.lake_admin`: the lake's bucket as it should be, and tenants in the archive."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from flows.lake.lake import LakeKeyRefused, LakeRefused, LakeUnavailable
from flows.lake_admin.archive import Archiver, tenant_code
from flows.settings import PROJECT

REFUSED, ON_THEIR_WAY = 1, 3


def main(arguments: Sequence[str] | None = None) -> int:
    """:returns: 0 if all is done, 1 if somebody has to act, 3 if files are on their way"""
    asked = _parser().parse_args(arguments)
    try:
        return _do(asked.what, getattr(asked, "tenant", ""), address=lake_address())
    except (LakeRefused, LakeKeyRefused, LakeUnavailable) as error:
        sys.stderr.write(f"{error}\n")
    except OSError as error:
        sys.stderr.write(
            f"{error.filename or 'The disk'}: {error.strerror}. An operator has to free some space,"
            " or to correct who may write there; then this can be run again.\n"
        )
    return REFUSED


def lake_address() -> str:
    home = Path(os.environ.get("MERCURIOS_HOME") or PROJECT / "var").resolve()
    return os.environ.get("MERCURIOS_LAKE") or str(home / "lake")


def _do(what: str, tenant: str, *, address: str) -> int:
    match what:
        case "plan" | "apply":
            for sentence in _agree(what, address):
                say(sentence)
        case "archive":
            archiver_of(address).archive(tenant=tenant_code(tenant), at=datetime.now(UTC), say=say)
        case "restore":
            is_back = archiver_of(address).restore(tenant=tenant_code(tenant), say=say)
            return 0 if is_back else ON_THEIR_WAY
    return 0


def _agree(what: str, address: str) -> list[str]:
    if "://" not in address:
        return ["The lake is a folder of this machine: there is nothing to set up."]
    from flows.lake.bucket import bucket_at
    from flows.lake_admin.plan import apply, planned

    bucket = bucket_at(address)
    sentences = apply(bucket) if what == "apply" else planned(bucket)
    return sentences or [f"The bucket {bucket.name} is as it should be."]


def archiver_of(address: str) -> Archiver:
    if "://" not in address:
        from flows.lake_admin.folder_archive import FolderArchiver

        return FolderArchiver(Path(address).resolve())
    from flows.lake.bucket import bucket_at
    from flows.lake_admin.s3_archive import S3Archiver

    return S3Archiver(bucket_at(address))


def say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m flows.lake_admin", description=__doc__)
    does = parser.add_subparsers(dest="what", required=True)
    does.add_parser("plan", help="say what the bucket lacks")
    does.add_parser("apply", help="give the bucket what it lacks")
    for name, text in (
        ("archive", "move a tenant's batches and publications into the archive"),
        ("restore", "bring them back; with S3, run it again until it says that all are back"),
    ):
        each = does.add_parser(name, help=text)
        each.add_argument("tenant", metavar="TENANT", help="the tenant's code")
    return parser


if __name__ == "__main__":
    sys.exit(main())
