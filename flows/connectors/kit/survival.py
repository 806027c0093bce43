"""Checks of what a connector's reads come to when its source misbehaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from flows.connectors.kit.bench import Bench
from flows.connectors.kit.faults import LASTING, OF_LOGINS, PASSING, Fault
from flows.connectors.kit.findings import Check, NotApplicable
from flows.connectors.kit.reading import Reading
from flows.connectors.kit.reads import differences
from flows.connectors.kit.shapes import is_json
from flows.connectors.kit.source import Heard

# Of streams that are read in the same way a few stand for all: each fault meets each way, and each
# stream meets some fault.
_ALWAYS = 1
# The clock has microseconds.
_ROUNDED = 0.01


def survives(fault: Fault) -> Callable[[Bench, str], Iterator[str]]:
    """Whatever the run with the fault came to, the next one ends where a run without it does."""

    def look(bench: Bench, _: str) -> Iterator[str]:
        _needs_login(bench, fault)
        is_met = False
        for stream in met_by(bench, fault):
            placed = _placed(bench, stream, fault)
            hit = bench.read(stream, fault=placed)
            is_met |= (met := _was_met(hit.heard, placed))
            if problem := _sentence_problem(bench, hit.error):
                yield _told(bench, stream, fault, problem)
            if hit.error is not None and _heals(bench, fault):
                yield _told(bench, stream, fault, f"the run ended: {hit.error}")
            if met and hit.error is None and hit.waited < fault.waits - _ROUNDED:
                yield _told(bench, stream, fault, f"it waited {hit.waited:.1f} s only.")
            yield from _goes_on(bench, stream, fault, hit)
        if not is_met:
            raise NotApplicable("No read makes the request that it happens to.")

    return look


def ends(fault: Fault) -> Callable[[Bench, str], Iterator[str]]:
    """A fault without an end ends the run, with a sentence; the next one is none the worse."""

    def look(bench: Bench, _: str) -> Iterator[str]:
        for stream in met_by(bench, fault):
            hit = bench.read(stream, fault=_placed(bench, stream, fault))
            if hit.error is None:
                yield _told(bench, stream, fault, "the run says that all is well.")
            elif problem := _sentence_problem(bench, hit.error):
                yield _told(bench, stream, fault, problem)
            yield from _goes_on(bench, stream, fault, hit)

    return look


def _heals(bench: Bench, fault: Fault) -> bool:
    """A token that somebody pasted cannot be renewed."""
    return fault.heals and (fault.special != "expire" or bench.source.door.has_login)


def _goes_on(bench: Bench, stream: str, fault: Fault, hit: Reading) -> Iterator[str]:
    """What has landed after the run, and one more if that did not come to its end."""
    landed, calm = bench.landed(stream), bench.landed(stream)
    landed.land(hit)
    if hit.error is not None:
        again = bench.read(stream)
        if again.error is not None:
            yield _told(bench, stream, fault, f"the next run fails, too: {again.error}")
            return
        landed.land(again)
    calm.land(bench.whole(stream))
    if problem := differences(landed.content, calm.content, is_typed=True):
        yield _told(bench, stream, fault, problem)


def met_by(bench: Bench, fault: Fault) -> list[str]:
    """The streams that a fault is tried on."""
    if bench.has_files:
        raise NotApplicable("It reads files.")
    readable = [
        name
        for name in bench.connector.streams
        if bench.world.made(name)
        and bench.whole(name).error is None
        and (not fault.only_json or is_json(bench.folder.stream(name)))
    ]
    if not readable:
        raise NotApplicable("There is no stream that it could happen to.")
    ways = dict[str, str]()
    for name in readable:
        ways.setdefault(_way(bench.folder.stream(name)), name)
    turn = sum(map(ord, fault.name))
    others = [readable[(turn + place) % len(readable)] for place in range(_ALWAYS)]
    return sorted({*ways.values(), *others})


def checks() -> Iterator[Check]:
    for fault in (*PASSING, *OF_LOGINS):
        yield Check(name=f"survives {fault.name}", look=survives(fault), of_streams=False)
    for fault in LASTING:
        yield Check(name=f"ends with {fault.name}", look=ends(fault), of_streams=False)


def _placed(bench: Bench, stream: str, fault: Fault) -> Fault:
    requests = sum(1 for each in bench.whole(stream).heard if each.number)
    return fault.placed(among=requests, seed=stream)


def _way(spec: Mapping[str, Any]) -> str:
    """How a stream is read, as a text that is the same for streams read alike."""
    load, pages = spec["load"], spec.get("pages") or {}
    records = spec.get("records")
    return repr(
        (
            load["by"] if isinstance(load, dict) else load,
            sorted(pages.items(), key=str),
            records if isinstance(records, dict) else bool(records),
            [bool(spec.get(name)) for name in ("each", "graphql", "job", "body")],
        )
    )


def _was_met(heard: Sequence[Heard], fault: Fault) -> bool:
    """Whether the run made the request that the fault happens to."""
    if fault.special == "repeat":
        return any(each.place for each in heard)
    wants_login = fault.special == "login"
    numbers = [each.number for each in heard if (each.number == 0) == wants_login]
    return bool(numbers) if wants_login else any(map(fault.covers, numbers))


def _needs_login(bench: Bench, fault: Fault) -> None:
    if fault.special == "login" and not bench.source.door.has_login:
        raise NotApplicable("It logs in nowhere.")


def _sentence_problem(bench: Bench, error: Exception | None) -> str:
    """Whether what a tenant would read is a sentence without secrets; nothing where it is."""
    if error is None:
        return ""
    said = str(error)
    if not said.strip().endswith(".") or len(said) < 20:
        return f"the failure is no sentence: {said!r}."
    if any(value in said for value in bench.secrets.values()):
        return "the failure names a secret."
    return ""


def _told(bench: Bench, stream: str, fault: Fault, problem: str) -> str:
    return f"{bench.folder.path / 'connector.yaml'}: streams.{stream}, with {fault.name}: {problem}"
