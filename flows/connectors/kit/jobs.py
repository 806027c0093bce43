"""Reports that a simulated source makes in its own time: started, asked after, fetched."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flows.connectors.kit.http import Asked, Reply, as_json
from flows.connectors.kit.paths import put
from flows.connectors.kit.wishes import Wish

_RESULTS = "kit-results"
_POLLS = 2


@dataclass
class Job:
    wish: Wish
    start: Asked
    spec: Mapping[str, Any]
    polled: int = 0


class Jobs:
    """A report is done when it was asked after twice."""

    def __init__(self, *, url: Callable[[], str]) -> None:
        self._url = url
        self._jobs: dict[str, Job] = {}

    def begun(self, wish: Wish, asked: Asked, spec: Mapping[str, Any]) -> Reply:
        code = f"job-{len(self._jobs) + 1}"
        self._jobs[code] = Job(wish=wish, start=asked, spec=spec)
        answer: dict[str, Any] = {}
        put(answer, spec["job"]["id"], code)
        return as_json(answer, status=200)

    def asked_after(self, path: str) -> Reply | Job | None:
        """How a report stands, or the report to hand out; None where the path is none of ours."""
        if found := re.fullmatch(rf"{_RESULTS}/(job-\d+)", path):
            return self._jobs.get(found[1])
        for code, job in self._jobs.items():
            terms = job.spec["job"]
            if path == terms["poll"].replace("{job}", code).strip("/"):
                return self._state(code, job)
            if path == (terms.get("download") or "").replace("{job}", code).strip("/"):
                return job
        return None

    def _state(self, code: str, job: Job) -> Reply:
        job.polled += 1
        terms, answer = job.spec["job"], dict[str, Any]()
        is_done = job.polled >= _POLLS
        put(answer, terms["id"], code)
        put(answer, terms["state"], terms["done"][0] if is_done else "KIT-RUNNING")
        if is_done and terms.get("result"):
            put(answer, terms["result"], f"{self._url()}/{_RESULTS}/{code}")
        return as_json(answer)
