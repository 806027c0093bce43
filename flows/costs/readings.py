"""When Snowflake's records were read last, and until when the portal has been told of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from flows.costs.usage_files import PLATFORM_CODE
from flows.lake.lake import Lake

KEY = f"{PLATFORM_CODE}/state/readings.json"


@dataclass(frozen=True)
class Readings:
    """
    :param told_at: the reading of which the portal has all; what was read later is to be told
    """

    read_at: datetime | None = None
    told_at: datetime | None = None

    @classmethod
    def of(cls, lake: Lake) -> Self:
        said = json.loads(lake.read(KEY) or "{}")
        return cls(**{name: datetime.fromisoformat(moment) for name, moment in said.items()})

    def keep(self, lake: Lake) -> None:
        said = {name: moment.isoformat() for name, moment in vars(self).items() if moment}
        lake.replace(text=json.dumps(said), key=KEY)
