"""The demo's two retailers: invented, and onboarded like any other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from portal.connections import onboarding
from portal.connections.models import Connection
from portal.connections.services import parse_schedule
from portal.tenants.models import Tenant

CONNECTOR = "prohandel"
CONNECTION = "tills"


@dataclass(frozen=True)
class DemoRetailer:
    """Its credentials open the simulated till and nothing else."""

    slug: str
    name: str
    country: str
    time_zone: str
    schedule: str
    credentials: dict[str, str]


RETAILERS = (
    DemoRetailer(
        slug="alster-mode",
        name="Alster Mode",
        country="DE",
        time_zone="Europe/Berlin",
        schedule="15 2 * * *",
        credentials={
            "api_key": "alster-demo-key-0001",
            "api_secret": "alster-demo-secret-not-real",
        },
    ),
    DemoRetailer(
        slug="isar-sport",
        name="Isar Sport",
        country="DE",
        time_zone="Europe/Berlin",
        schedule="every 6 hours",
        credentials={
            "api_key": "isar-demo-key-0002",
            "api_secret": "isar-demo-secret-not-real",
        },
    ),
)


def onboard_demo_retailer(retailer: DemoRetailer, *, till_url: str, at: datetime) -> Connection:
    tenant = Tenant(
        slug=retailer.slug,
        name=retailer.name,
        country=retailer.country,
        time_zone=retailer.time_zone,
    )
    wish = onboarding.Wish(
        tenant=tenant,
        connector=CONNECTOR,
        connection=CONNECTION,
        credentials={**retailer.credentials, "auth_url": f"{till_url}/api/v4"},
        schedule=parse_schedule(retailer.schedule),
    )
    return onboarding.onboard(wish, at=at)
