"""For whom a statement runs: what its cost is told by afterwards."""

from __future__ import annotations

import json
from dataclasses import dataclass


@dataclass(frozen=True)
class Tag:
    """A tenant's code, a connection's code, a run, and what of it; what is empty is left out."""

    tenant: str = ""
    connection: str = ""
    run: str = ""
    step: str = ""

    @property
    def text(self) -> str:
        """Compact JSON. Snowflake takes 2 000 characters; dbt adds the model's name."""
        said = {"t": self.tenant, "c": self.connection, "r": self.run, "s": self.step}
        return json.dumps(
            {name: value for name, value in said.items() if value}, separators=(",", ":")
        )
