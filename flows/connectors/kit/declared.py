"""Checks of what a connector says about its source's own failures."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

from flows.connectors.kit.bench import Bench
from flows.connectors.kit.faults import Change, Fault
from flows.connectors.kit.findings import NotApplicable
from flows.connectors.kit.http import Reply
from flows.connectors.kit.paths import put
from flows.connectors.kit.patterns import CannotInvent, text_like
from flows.connectors.kit.survival import met_by

_PASSES = ("retry", "wait")
_WAIT = 13.0


def failures_are_told(bench: Bench, _: str) -> Iterator[str]:
    """Each status that has a sentence, and each rule for answers: it ends as it says."""
    usual = {status: each.model_dump() for status, each in bench.connector.failures.items()}
    declared = list(_declared(bench.folder.document, usual))
    if not declared:
        raise NotApplicable("It explains no failures.")
    for where, then, say, change in declared:
        fault = Fault(name=where, change=change, at=1, times=None)
        stream = met_by(bench, fault)[0]
        hit = bench.read(stream, fault=fault)
        if hit.error is None:
            yield f"{_file(bench)}: {where}: The run says that all is well."
        elif say and _start(say) not in str(hit.error):
            yield f"{_file(bench)}: {where}: The tenant does not read its sentence: {hit.error}"
        if then in _PASSES:
            passing = Fault(name=where, change=change, at=1, times=1)
            again = bench.read(stream, fault=passing)
            if again.error is not None:
                yield f"{_file(bench)}: {where}: It says {then}, but ends the run: {again.error}"


def the_wait_is_understood(bench: Bench, _: str) -> Iterator[str]:
    wait = bench.folder.document["client"].get("wait")
    if not wait:
        raise NotApplicable("Its source has no header of its own for how long to wait.")

    def change(reply: Reply, now: datetime) -> Reply:
        return Reply(status=429, headers={wait["header"]: _written(wait, now)}, body=b"{}")

    fault = Fault(name=f"429 with {wait['header']}", change=change, at=1)
    stream = met_by(bench, fault)[0]
    hit = bench.read(stream, fault=fault)
    if hit.error is not None:
        yield f"{_file(bench)}: client.wait: The run ended instead of waiting: {hit.error}"
    elif not _WAIT - 2 <= hit.waited - bench.whole(stream).waited <= _WAIT * 3:
        yield (
            f"{_file(bench)}: client.wait: {wait['header']} asked for {_WAIT:g} s, and the run"
            f" waited {hit.waited:.1f} s. Check as."
        )


def _written(wait: Mapping[str, Any], now: datetime) -> str:
    moment = now + timedelta(seconds=_WAIT)
    match wait.get("as", "seconds"):
        case "date":
            return format_datetime(moment, usegmt=True)
        case "epoch-seconds":
            return str(int(moment.timestamp()))
        case "epoch-milliseconds":
            return str(int(moment.timestamp() * 1000))
        case _:
            return str(int(_WAIT))


def _declared(
    document: Mapping[str, Any], usual: Mapping[int, Any]
) -> Iterator[tuple[str, str, str, Change]]:
    """Where it stands, what is to be done, the sentence, and an answer that it speaks of."""
    for status, terms in {**usual, **(document.get("failures") or {})}.items():
        spelled = terms if isinstance(terms, dict) else {"say": terms}
        yield (
            f"failures.{status}",
            spelled.get("then") or "stop",
            spelled.get("say", ""),
            _answer(int(status), {}),
        )
    for number, rule in enumerate(document.get("answers") or ()):
        status = rule.get("status", 200)
        status = status[0] if isinstance(status, list) else status
        body: dict[str, Any] = {}
        if rule.get("at"):
            try:
                said = (
                    rule["is"]
                    if "is" in rule
                    else text_like(str(rule.get("matches", "said")).strip("^$"), seed="answers")
                )
            except CannotInvent:
                continue
            put(body, rule["at"], said)
        yield f"answers.{number}", rule["then"], rule.get("say", ""), _answer(status, body)


def _answer(status: int, body: Any) -> Change:
    content = json.dumps(body).encode()
    return lambda reply, now: Reply(status=status, body=content)


def _start(sentence: str) -> str:
    """What comes before the name of the stream is filled in."""
    return sentence.strip().partition("{stream}")[0].strip()[:60].removesuffix(".")


def _file(bench: Bench) -> str:
    return str(bench.folder.path / "connector.yaml")
