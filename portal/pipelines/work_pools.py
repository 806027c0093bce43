"""The work pools that flow runs wait in: one of processes, and one of AWS's tasks where wanted.

The platform's own flows always are in the first: they are small and of no tenant.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

Json = dict[str, Any]

PROCESS, ECS = "process", "ecs"
ECS_TEMPLATE = Path("flows") / "ecs" / "job-template.json"


@dataclass(frozen=True)
class WorkPool:
    name: str
    kind: str
    template: Json | None = None  # none: the one that a worker of this kind brings


def work_pools(retailers: str) -> list[WorkPool]:
    """
    :param retailers: the name of the pool of the retailers' deployments
    """
    platform = WorkPool(name=settings.PLATFORM_POOL, kind=PROCESS)
    if retailers == platform.name:
        return [platform]
    return [platform, WorkPool(name=retailers, kind=ECS, template=ecs_template())]


def ecs_template() -> Json:
    """Our job template with what the settings say about this account. Nothing in it is secret."""
    template: Json = json.loads((settings.BASE_DIR / ECS_TEMPLATE).read_text(encoding="utf-8"))
    said = {
        "cluster": settings.ECS_CLUSTER,
        "task_definition_arn": settings.ECS_TASK_DEFINITION,
        "subnets": list(settings.ECS_SUBNETS),
        "security_groups": list(settings.ECS_SECURITY_GROUPS),
        "assign_public_ip": "ENABLED" if settings.ECS_PUBLIC_ADDRESS else "DISABLED",
    }
    for name, value in said.items():
        template["variables"]["properties"][name]["default"] = value
    return template
