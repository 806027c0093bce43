"""Having the ledger brought up to date before its hour comes."""

from __future__ import annotations

from uuid import UUID, uuid4

from portal.pipelines.foundations import platform_deployment
from portal.pipelines.prefect import PrefectApi

FLOW, DEPLOYMENT = "costs", "every-hour"


def collect_now(*, api: PrefectApi) -> UUID:
    """Start the platform's own flow; Prefect cancels it, if one goes on already. Its flow run.

    :raises PrefectUnavailable, PrefectRefused: if it is not started
    """
    return UUID(
        api.create_flow_run(
            deployment_id=platform_deployment(api, flow=FLOW, name=DEPLOYMENT),
            idempotency_key=str(uuid4()),
            parameters={"reads_now": True},
        )
    )
