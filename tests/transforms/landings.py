"""Histories as they land, batch by batch, in one warehouse or in the same way in several."""

from __future__ import annotations

from collections.abc import Iterator

from tests.transforms.builds import ALICE, CHARLIE, Builds, Tenant
from tests.transforms.random_history import History

LANDINGS = 3
# Whose histories meet in one warehouse: two tenants, and one of them with two connections.
CONNECTIONS: list[tuple[Tenant, str]] = [(ALICE, "till"), (ALICE, "outlet"), (CHARLIE, "till")]


def land_histories(*warehouses: Builds) -> Iterator[int]:
    """Land random histories side by side, and answer after each landing."""
    histories = [History(seed=seed).landings(LANDINGS) for seed in range(len(CONNECTIONS))]
    for number, landings in enumerate(zip(*histories, strict=True)):
        for (tenant, connection), batches in zip(CONNECTIONS, landings, strict=True):
            for hour, batch in enumerate(batches):
                # Connections land at different hours.
                at = f"2025-04-{number + 1:02d}T{10 + 2 * hour + len(connection):02d}:00:00"
                for warehouse in warehouses:
                    warehouse.land(
                        batch.stream,
                        *batch.records,
                        tenant=tenant,
                        connection=connection,
                        at=at,
                        extracted=batch.extracted,
                    )
        yield number
