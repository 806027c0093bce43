"""Where a test makes the API misbehave. There are no faults here, only the place for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from starlette.responses import Response


@dataclass(frozen=True)
class Call:
    """What was asked for. `number` counts the calls of this company and entity, from 1."""

    company: str
    entity: str
    kind: str
    page: int
    number: int


class Fault(Protocol):
    async def alter(self, *, call: Call, response: Response) -> Response:
        """The response to send: the given one, or another; it may also keep the caller waiting."""
        ...
