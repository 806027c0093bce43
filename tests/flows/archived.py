"""A lake with the files of two tenants, one of whom is archived, and what brings them back."""

from __future__ import annotations

import json
from typing import Any

import requests

from flows.lake.lake import Lake
from flows.lake_admin.__main__ import lake_address, main
from flows.parts import lake_at
from tests.simulators.aws import AwsServer

ALICE = "6f0b1c9e-54c8-4f57-9c21-5e25c2b5d7aa"
CHARLIE = "c4a211e0-0000-4000-8000-000000000003"
PUBLICATION = "20260101T000000Z-0123abcd"
FILES = {
    f"{ALICE}/raw/shop/sale/a.parquet": "PAR1 a",
    f"{ALICE}/raw/shop/sale/b.parquet": "PAR1 bb",
    f"{ALICE}/publications/{PUBLICATION}/sales.parquet": "PAR1 sales",
    f"{ALICE}/publications/{PUBLICATION}/manifest.json": '{"format": 1}',
}
POINTER = f"{ALICE}/publications/current.json"
CURRENT = json.dumps({"publication": PUBLICATION})


def filled() -> Lake:
    lake = lake_at(lake_address())
    for key, text in FILES.items():
        lake.replace(text=text, key=key)
    lake.replace(text=CURRENT, key=POINTER)
    lake.replace(text='{"slug": "alice-mode"}', key=f"{ALICE}/tenant.json")
    lake.replace(text="PAR1 c", key=f"{CHARLIE}/raw/shop/sale/c.parquet")
    return lake


def restoring(aws: AwsServer, **transition: Any) -> None:
    """How long the simulated S3 takes to fetch an archived file."""
    answer = requests.post(
        f"{aws.url}/moto-api/state-manager/set-transition",
        json={"model_name": "s3::keyrestore", "transition": transition},
        timeout=10,
    )
    answer.raise_for_status()


def restored(tenant: str = ALICE) -> int:
    """Restore until all is back, as the sentence asks for."""
    code = main(["restore", tenant])
    return main(["restore", tenant]) if code == 3 else code


def texts(lake: Lake) -> dict[str, str | None]:
    return {key: lake.read(key) for key in FILES}
