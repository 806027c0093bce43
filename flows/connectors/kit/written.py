"""Checks of what is written in a folder: the form's secrets, and the samples."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from flows.connectors.kit.bench import TIME_ZONE, Bench
from flows.connectors.kit.findings import NotApplicable
from flows.connectors.kit.moments import moments_of
from flows.connectors.kit.paths import value_at
from flows.connectors.kit.world import OF_FILES, key_paths, source_names

_SOUNDS_SECRET = re.compile(
    r"(^|_)(token|secret|password|passwort|passphrase|key|apikey|pin|credential|signature|jwt)s?(_|$)"
)
# Whoever knows these has a way in nevertheless, or none: the word before says which key it is.
_SAID_TO_BE_NONE = re.compile(r"#.*\bnot secret\b", re.IGNORECASE)
_EMAIL = re.compile(r"[\w.+-]+@([\w-]+(?:\.[\w-]+)+)")
_RESERVED = re.compile(
    r"(^|\.)(example\.(com|org|net|edu)|[\w-]+\.(example|test|invalid|localhost)|(example|test|invalid))$"
)
_PHONE_FIELD = re.compile(r"phone|mobile|fax|(^|_)(tel|cell)(_|$)|telefon|handy", re.IGNORECASE)
# Numbers that regulators keep for fiction, and such that nobody can have.
_INVENTED_PHONE = re.compile(
    r"555-?01\d\d$|55501\d\d$|5550\d{3}$|23125\d{3}$|^49?0?(30|40|69|89|221)\d*(000|12345|99900|66969|90009|4669)"
    r"|7700900\d{3}$|1632960\d{3}$|01632960|20794600\d\d|0{4,}|12345|(\d)\2{5,}"
)


def secrets_are_marked(bench: Bench, _: str) -> Iterator[str]:
    lines = bench.folder.text.splitlines()
    for name, field in bench.connector.credentials.items():
        sounds = _SOUNDS_SECRET.search(name) or _SOUNDS_SECRET.search(
            field.title.lower().replace(" ", "_").replace("-", "_")
        )
        if field.secret or field.kind == "url" or not sounds or _is_explained(name, lines):
            continue
        yield (
            f"{bench.folder.path / 'connector.yaml'}: credentials.{name} sounds secret. Add secret:"
            " true, or say in a comment on its line why it is not secret."
        )


def samples_are_there(bench: Bench, stream: str) -> Iterator[str]:
    if not bench.folder.samples[stream]:
        yield (
            f"{bench.folder.file(stream)}: There are no samples of {stream}. Write a list of a few"
            " records there, as the vendor's documents show them."
        )


def keys_are_there(bench: Bench, stream: str) -> Iterator[str]:
    spec, names = bench.folder.stream(stream), source_names(bench.folder.stream(stream))
    paths = [path for path in key_paths(spec) if path not in (spec.get("with") or {})]
    for number, record in enumerate(_samples(bench, stream), 1):
        for path in paths:
            at = names.get(path, path) if isinstance(path, str) else path
            if value_at(record, at) in (None, ""):
                yield (
                    f"{bench.folder.file(stream)}: Record {number} of {stream} has no"
                    f" {_shown(at)}, which is its key. Correct it, or key in connector.yaml."
                )


def changes_are_there(bench: Bench, stream: str) -> Iterator[str]:
    spec, names = bench.folder.stream(stream), source_names(bench.folder.stream(stream))
    changed = spec.get("changed")
    moments = moments_of(changed, time_zone=TIME_ZONE)
    if not changed or moments is None:
        raise NotApplicable("Its records do not say when they changed.")
    take = changed["take"]
    if take in OF_FILES:
        raise NotApplicable("Its records change with their files.")
    if take in (spec.get("with") or {}):
        raise NotApplicable("Its records change with their parents.")
    at = names.get(take, take) if isinstance(take, str) else take
    found = [value_at(record, at) for record in _samples(bench, stream)]
    said = [value for value in found if value not in (None, "")]
    if not said:
        yield (
            f"{bench.folder.file(stream)}: No record of {stream} has {_shown(at)}, which says when"
            " it changed. Correct the samples, or changed in connector.yaml."
        )
    for value in said:
        if moments.read(value) is None:
            yield (
                f"{bench.folder.file(stream)}: {_shown(at)} of {stream} is {value!r}, which is none"
                f" of the forms {', '.join(moments.formats)}. Add its form to changed.format."
            )


def samples_name_nobody(bench: Bench, stream: str) -> Iterator[str]:
    for path, text in _texts(_samples(bench, stream)):
        for host in _EMAIL.findall(text):
            if not _RESERVED.search(host.lower()):
                yield (
                    f"{bench.folder.file(stream)}: {path} has an e-mail address at {host}, which"
                    " may be somebody's. Use example.com."
                )
        digits, name = re.sub(r"\D", "", text), path.rpartition(".")[2]
        is_number = re.fullmatch(r"[+\d\s()/.-]{7,}", text) and len(digits) >= 7
        if is_number and _PHONE_FIELD.search(name) and not _INVENTED_PHONE.search(digits):
            yield (
                f"{bench.folder.file(stream)}: {path} has a telephone number that may be"
                " somebody's. Use +1 202 555 01 and two more digits."
            )


def fields_are_judged(bench: Bench, stream: str) -> Iterator[str]:
    personal = bench.connector.streams[stream].personal
    if personal.known is None:
        raise NotApplicable("It does not list the fields it knows.")
    for name in sorted({name for record in _samples(bench, stream) for name in record}):
        if personal.unjudged([name]):
            yield (
                f"{bench.folder.path / 'connector.yaml'}: streams.{stream}.personal says nothing of"
                f" {name}, so it does not land. Add it to known, drop, hash or never."
            )


def _samples(bench: Bench, stream: str) -> list[dict[str, Any]]:
    found = bench.folder.samples[stream]
    if not found:
        raise NotApplicable("There are no samples.")
    return found


def _is_explained(name: str, lines: list[str]) -> bool:
    for number, line in enumerate(lines):
        if re.match(rf"\s+{re.escape(name)}:", line):
            return bool(
                _SAID_TO_BE_NONE.search(line)
                or (number and _SAID_TO_BE_NONE.search(lines[number - 1]))
            )
    return False


def _shown(path: Any) -> str:
    return path if isinstance(path, str) else ".".join(path)


def _texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    match value:
        case str():
            yield path, value
        case dict():
            for name, inner in value.items():
                yield from _texts(inner, f"{path}.{name}" if path else name)
        case list():
            for place, inner in enumerate(value):
                yield from _texts(inner, f"{path}[{place}]")
