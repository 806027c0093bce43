"""Each tenant's configuration beside its data: the lake alone tells whose files these are."""

from __future__ import annotations

import json
from typing import Any

from flows.lake.lake import Lake

FORMAT = 1


def mirror(lake: Lake, *, configurations: list[dict[str, Any]]) -> list[str]:
    """Write those `<tenant>/tenant.json` that say something else.

    :param configurations: as the portal gives them: settings, connections, schedules, no secret
    :returns: the codes of the tenants whose configuration was written
    """
    written = []
    for said in configurations:
        key = f"{said['code']}/tenant.json"
        text = json.dumps({"format": FORMAT, **said}, indent=1, sort_keys=True, ensure_ascii=False)
        if lake.read(key) != text:
            lake.replace(text=text, key=key)
            written.append(str(said["code"]))
    return written
