"""Checks of who is let in, and of where what proves it is seen."""

from __future__ import annotations

import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from flows.connectors.files.grammar import FilesClient
from flows.connectors.kit.bench import Bench, listening
from flows.connectors.kit.doors import REFRESH, TOKEN
from flows.connectors.kit.faults import LASTING
from flows.connectors.kit.findings import NotApplicable
from flows.connectors.kit.http import Asked
from flows.connectors.kit.patterns import CannotInvent, text_like
from flows.connectors.kit.source import LOW_WAITS
from flows.connectors.reader import ReadFailed, ReadInterrupted

_WITHIN = 30.0
_MOST_TRIES = 4
_ENOUGH = 24
# Between the moments that are compared, time passes by itself as well.
_TOLERANCE = 0.8
_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}


def good_credentials_are_accepted(bench: Bench, _: str) -> Iterator[str]:
    began = time.monotonic()
    result = bench.probe()
    if result.problem is not None:
        yield f"{_file(bench)}: The right credentials are refused: {result.problem}"
    for name, probed in result.streams.items():
        if bench.world.made(name) and not probed.is_readable:
            yield f"{_file(bench)}: streams.{name}: The test says: {probed.sentence}"
    if time.monotonic() - began > _WITHIN:
        yield f"{_file(bench)}: The test of a connection took more than {_WITHIN:g} seconds."


def bad_credentials_are_refused(bench: Bench, _: str) -> Iterator[str]:
    wrong = wrong_values(bench)
    if not wrong:
        raise NotApplicable("It has no credential that a source could refuse.")
    for name, values in wrong.items():
        result = bench.probe(values)
        if result.problem is None:
            yield f"{_file(bench)}: A wrong {name} is not noticed by the test of a connection."
        elif not result.problem.endswith("."):
            yield f"{_file(bench)}: A wrong {name} is refused without a sentence: {result.problem}"
        if (tries := len(bench.source.heard)) > _MOST_TRIES:
            yield f"{_file(bench)}: A wrong {name} was tried {tries} times. Once is enough."


def secrets_stay_secret(bench: Bench, _: str) -> Iterator[str]:
    hidden = {**bench.secrets, "the token": TOKEN, "the refresh token": REFRESH}
    if not bench.secrets and not bench.source.door.has_login:
        raise NotApplicable("It has no secrets.")
    with listening() as logged:
        for stream in bench.connector.streams:
            yield from _misplaced(bench, bench.read(stream).asked, stream, hidden)
        for told, where in _shown(bench):
            for name, value in {**hidden, **_wrong_secrets(bench)}.items():
                if value in told:
                    yield f"{_file(bench)}: {name} is shown in {where}."
    for name, value in hidden.items():
        if any(value in line for line in logged):
            yield f"{_file(bench)}: {name} was written into a log."


def _misplaced(
    bench: Bench, asked: Sequence[Asked], stream: str, hidden: Mapping[str, str]
) -> Iterator[str]:
    allowed = set(bench.source.door.secret_places())
    for where, text in _sent(asked):
        for name, value in hidden.items():
            if value in text and where not in allowed:
                yield (
                    f"{_file(bench)}: streams.{stream}: {name} was sent in the {where[0]}"
                    f" ({where[1]}), where it does not belong."
                )


def limits_are_kept(bench: Bench, _: str) -> Iterator[str]:
    limits = _limits(bench.folder.document["client"])
    if not limits:
        raise NotApplicable("It asks no API.")
    stream = max(
        (
            name
            for name in bench.connector.streams
            if bench.world.made(name) and bench.whole(name).error is None
        ),
        key=lambda name: len(bench.whole(name).heard),
        default=None,
    )
    if stream is None:
        raise NotApplicable("There are no samples.")
    requests, waited = _asked_again_and_again(bench, stream)
    for each in limits:
        burst, gap = int(each.get("burst", 1)), _UNITS[each.get("per", "second")]
        least = (requests - burst) * gap / float(each["requests"]) * _TOLERANCE
        if waited < least:
            yield (
                f"{_file(bench)}: {requests} requests were made within {waited:.1f} s, more than"
                f" {each['requests']} in a {each.get('per', 'second')} allow."
            )


def _asked_again_and_again(bench: Bench, stream: str) -> tuple[int, float]:
    """How many requests one reader made, and in how many seconds."""
    bench.source.begin()
    naps: list[float] = []
    with bench.reader(naps=naps) as reader:
        while len(bench.source.heard) < _ENOUGH:
            for _ in reader.pages(stream, since=None):
                pass
    bench.source.check()
    requests = sum(1 for each in bench.source.heard if each.number)
    return requests, sum(naps)


def an_allowance_is_heeded(bench: Bench, _: str) -> Iterator[str]:
    if not bench.folder.document["client"].get("throttle"):
        raise NotApplicable("Its source does not say how much may still be asked.")
    for stream in bench.connector.streams:
        whole = bench.whole(stream)
        if whole.error is not None or sum(1 for each in whole.heard if each.number) < 3:
            continue
        usual, low = bench.read(stream), bench.read(stream, is_low_at=1)
        if low.waited - usual.waited < LOW_WAITS / 2:
            yield (
                f"{_file(bench)}: The source said that nothing is left for {LOW_WAITS:g} s, and was"
                f" asked after {low.waited:.1f} s. Check client.throttle."
            )
        return
    raise NotApplicable("No stream makes several requests.")


def _limits(client: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    if client.get("requests_per_second"):
        return [{"requests": client["requests_per_second"], "per": "second"}]
    return list(client.get("limits") or ())


def wrong_values(bench: Bench) -> dict[str, dict[str, str]]:
    """For each secret, or each credential where none is secret, the values with a wrong one."""
    fields = bench.connector.credentials
    client = bench.connector.client
    if isinstance(client, FilesClient):
        named = {client.files.word} if client.files.word else set()
    else:
        named = set(client.auth.fields())
    candidates = [name for name in fields if name in named and fields[name].kind != "url"]
    chosen = [name for name in candidates if fields[name].secret] or candidates
    found = {}
    for name in chosen:
        wrong = _another(bench, name)
        if fields[name].problem(wrong) is None and wrong != bench.values.get(name):
            found[name] = {**bench.values, name: wrong}
    return found


def _another(bench: Bench, name: str) -> str:
    """A value that the form accepts and the source does not know."""
    with suppress(CannotInvent):
        return text_like(bench.connector.credentials[name].pattern, seed=f"a wrong {name}")
    value = bench.values.get(name, "")
    last = {"z": "a", "Z": "A", "9": "0"}
    return "".join(last.get(each, chr(ord(each) + 1)) if each.isalnum() else each for each in value)


def _wrong_secrets(bench: Bench) -> dict[str, str]:
    return {f"a wrong {name}": values[name] for name, values in wrong_values(bench).items()}


def _shown(bench: Bench) -> Iterator[tuple[str, str]]:
    """Everything that is told when a login is refused and when a source answers with nonsense."""
    with bench.reader() as reader:
        yield repr(reader) + repr(vars(reader)), "the repr of a reader"
    for name, values in wrong_values(bench).items():
        yield repr(bench.probe(values)), f"a test of a connection with a wrong {name}"
    stream = next(iter(bench.connector.streams))
    for fault in LASTING:
        bench.source.begin(fault)
        if (error := _error(bench, stream)) is not None:
            yield _everything(error), f"the failure with {fault.name}"


def _error(bench: Bench, stream: str) -> BaseException | None:
    try:
        with bench.reader() as reader:
            for _ in reader.pages(stream, since=None):
                pass
    except (ReadFailed, ReadInterrupted) as error:
        return error
    return None


def _everything(error: BaseException) -> str:
    """The error with all it was caused by, and the variables of the frames below our own."""
    told, waiting = [], [error]
    while waiting:
        one = waiting.pop()
        told += [repr(one), str(vars(one))]
        trace = one.__traceback__
        below = trace.tb_next if trace else None
        whole = traceback.TracebackException(
            type(one), one, below, capture_locals=True, compact=True
        )
        told += [str(line) for frame in whole.stack for line in (frame.locals or {}).values()]
        waiting += [cause for cause in (one.__cause__, one.__context__) if cause]
    return "\n".join(told)


def _sent(asked: Sequence[Asked]) -> Iterator[tuple[tuple[str, str], str]]:
    for each in asked:
        yield ("path", each.path), each.path
        for name, value in each.query.items():
            yield ("query", name), f"{name}={value}"
        for name, value in each.headers.items():
            yield ("header", name), value
        yield ("body", each.path), each.content.decode("utf-8", "replace")


def _file(bench: Bench) -> str:
    return str(bench.folder.path / "connector.yaml")
