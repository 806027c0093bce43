"""How kinds of cost, budgets and ledgers look and read in the admin."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from portal.costs.figures import Amounts
from portal.costs.forecast import Forecast
from portal.costs.models import Holder, Kind
from portal.costs.tables import money_of, share, share_of

CORRECTION = "CORRECTION"
# In the order in which they are stacked, from the ground. A kind has its colour and its pattern
# everywhere; colours are Okabe and Ito's.
KINDS: dict[str, str] = {
    Kind.DIRECT: "Direct",
    Kind.OVERLAP: "Overlap",
    Kind.IDLE: "Idle",
    Kind.CLOUD_SERVICES: "Cloud services",
    Kind.SERVERLESS: "Serverless",
    Kind.READING: "Reading",
    Kind.STORAGE: "Storage",
    Kind.UNATTRIBUTED: "Unattributed",
    CORRECTION: "Corrections",
}
SAYS = {
    Kind.DIRECT: "What queries and steps used while they ran.",
    Kind.OVERLAP: "What queries that ran at once saved against each running alone.",
    Kind.IDLE: "A warehouse that was up without a query, charged to whose query kept it up.",
    Kind.CLOUD_SERVICES: "Compiling, listing and logging, as far as Snowflake bills it.",
    Kind.SERVERLESS: "Tasks, clustering and the like, on Snowflake's own machines.",
    Kind.READING: "Bytes read from the tills' and shops' APIs.",
    Kind.STORAGE: "What is kept, by the day.",
    Kind.UNATTRIBUTED: "Billed, and explained by nothing that Snowflake has told so far.",
    CORRECTION: "What closed months were corrected by, on the day it was posted.",
}
ENGINES = {"DUCKDB": "Embedded", "SNOWFLAKE": "Snowflake"}
PLATFORM = "The platform itself"
NOBODY = "Unattributed"


@dataclass(frozen=True)
class Mark:
    """Something that is to be known about figures before they are believed."""

    name: str
    says: str
    variant: str = "warning"


ESTIMATED = Mark(
    "Estimated",
    "at the configured prices, since Snowflake gave no rate sheet for those days",
    "info",
)
INFERRED = Mark(
    "Inferred", "told by how long queries ran, for want of Snowflake's own attribution", "info"
)
PROVISIONAL = Mark(
    "Provisional", "what has been metered so far; the bill of those days has not come yet"
)


def share_marks(cost: Amounts) -> list[dict[str, Any]]:
    """What is to be known before the figures are believed, and how much of them it is about."""
    marks = [(ESTIMATED, cost.estimated), (INFERRED, cost.inferred)]
    return [
        {"mark": mark, "about": f"{share(share_of(part, cost.amount))} of the cost"}
        for mark, part in marks
        if part
    ]


def kind_class(kind: str) -> str:
    return kind.lower().replace("_", "-")


def holder_name(holder: str, slug: str) -> str:
    match holder:
        case Holder.PLATFORM:
            return PLATFORM
        case Holder.NOBODY:
            return NOBODY
        case _:
            return slug or "A tenant that is gone"


def engine_name(engine: str) -> str:
    return ENGINES.get(engine, engine)


def day_text(day: date) -> str:
    """Like 3 November 2026."""
    return f"{day.day} {day:%B %Y}"


def short_day(day: date) -> str:
    return f"{day.day} {day:%b}"


def moment_text(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else ""


def forecast_card(forecast: Forecast, currency: str) -> dict[str, Any]:
    """What a month will have cost at its end, or why nobody can say."""
    if forecast.value is None:
        return {"title": "At month's end", "value": "\u2013", "note": forecast.sentence}
    between = ""
    if forecast.low is not None and forecast.high is not None:
        between = f"{money_of(forecast.low)} to {money_of(forecast.high)}. "
    return {
        "title": "At month's end",
        "value": f"{money_of(forecast.value)} {currency}",
        "note": f"{between}{forecast.sentence}",
    }
