"""Which stream a request asks for, of which parent, and since when: the other end of a read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from flows.connectors.kit.folder import Folder, Record
from flows.connectors.kit.http import Asked
from flows.connectors.kit.moments import Moments
from flows.connectors.kit.paths import steps, value_at
from flows.connectors.kit.turns import NotUnderstood
from flows.connectors.kit.world import Made, World, counter_of
from flows.connectors.listings import listed_by, listing_in_yaml, with_listings

_NAMED = re.compile(r"\{([a-z][a-z0-9_]*)(?:\.([^{}]+))?\}")
Parents = Mapping[str, Record]
# A moment, or the number of a change.
Point = datetime | int


@dataclass(frozen=True, kw_only=True)
class Wish:
    stream: str
    parents: Parents
    since: Point | None = None
    until: datetime | None = None

    def granted(self, made: list[Made]) -> list[Made]:
        """The records of this parent in the time asked for, both ends included; or those that came
        after a number.
        """
        since, found = self.since, [each for each in made if each.parents == self.parents]
        if isinstance(since, int):
            found = [each for each in found if each.count is not None and each.count > since]
        elif since is not None:
            found = [each for each in found if each.changed and each.changed >= since]
        if self.until is not None:
            found = [each for each in found if each.changed is None or each.changed <= self.until]
        return found


class Wishes:
    """:param values: of the credentials, for templates"""

    def __init__(
        self, folder: Folder, world: World, values: Mapping[str, str], *, time_zone: tzinfo
    ) -> None:
        self._folder = folder
        self._world = world
        self._values = values
        self._time_zone = time_zone
        self._places: dict[tuple[str, str], list[tuple[str, Parents]]] = {}
        self._known: set[str] = set()

    def understood(self, asked: Asked, path: str) -> Wish:
        """
        :param path: below the base address
        :raises NotUnderstood: if no stream is asked for in this way
        """
        self._learn()
        problem: tuple[int, str] = (-1, f"There is nothing at {path}")
        best: tuple[int, Wish] | None = None
        for stream, parents, since in self._candidates(asked.method, path):
            try:
                found = self._fits(asked, stream, parents, since)
            except NotUnderstood as error:
                # What fits in most ways is what was meant.
                problem = max(problem, (error.matched, f"{stream}: {error}"))
                continue
            if best is None or found[0] > best[0]:
                best = found
        if best is None:
            raise NotUnderstood(problem[1])
        return best[1]

    def _learn(self) -> None:
        """Every address a stream can be asked at, once for each parent."""
        if self._known:
            return
        for name in with_listings(self._folder.connector).streams:
            self._known.add(name)
            spec = self._spec(name)
            start = (spec.get("job") or {}).get("start") or spec
            is_post = _is_post(spec)
            for parents in self._world.parents(listed_by(name)):
                path = str(self.fill(start.get("path", spec.get("path", "")), parents))
                key = ("POST" if is_post else "GET", path.strip("/"))
                self._places.setdefault(key, []).append((name, parents))

    def _candidates(self, method: str, path: str) -> Iterator[tuple[str, Parents, str | None]]:
        for stream, parents in self._places.get((method, path), ()):
            yield stream, parents, None
        for (verb, place), asked_here in self._places.items():
            if verb != method or not path.startswith(f"{place}/"):
                continue
            for stream, parents in asked_here:
                load = self._spec(stream)["load"]
                if isinstance(load, dict) and load["by"] == "segment":
                    form = re.escape(load["add"]).replace(r"\{since\}", "(?P<since>[^/]+)")
                    if found := re.fullmatch(form, path.removeprefix(f"{place}/")):
                        yield stream, parents, found["since"]

    def _fits(
        self, asked: Asked, stream: str, parents: Parents, since: str | None
    ) -> tuple[int, Wish]:
        spec = self._spec(stream)
        load = spec["load"] if isinstance(spec["load"], dict) else {"by": "full"}
        start = (spec.get("job") or {}).get("start") or {}
        matched = 0
        free = _free_names(spec, load)
        for name, value in {**(spec.get("params") or {}), **(start.get("params") or {})}.items():
            if name not in free:
                _same(name, asked.query.get(name), _as_text(self.fill(value, parents)), matched)
                matched += 1
        if query := spec.get("graphql"):
            sent = (asked.body or {}).get("query", "")
            _same("query", " ".join(str(sent).split()), " ".join(str(query).split()), matched)
            matched += 1
        body = start.get("body") or spec.get("body") or {}
        for path, value in _leaves(self.fill(body, parents)):
            if ".".join(path) not in free:
                _same(".".join(path), value_at(asked.body, path), value, matched)
                matched += 1
        try:
            begins, ends = self._times(asked, stream, load, since, spec)
        except NotUnderstood as error:
            raise NotUnderstood(str(error), matched=matched) from None
        wish = Wish(stream=listed_by(stream), parents=parents, since=begins, until=ends)
        return matched + (begins is not None), wish

    def _times(
        self,
        asked: Asked,
        stream: str,
        load: Mapping[str, Any],
        since: str | None,
        spec: Mapping[str, Any],
    ) -> tuple[Point | None, datetime | None]:
        match load["by"]:
            case "segment":
                return self._point(stream, load, since), None
            case "parameter":
                until = load.get("until")
                return (
                    self._point(stream, load, _sent(asked, load, load["send"])),
                    self._read(stream, load, _sent(asked, load, until) if until else None),
                )
            case "filter":
                text = _sent(asked, load, load["send"])
                constants = {**(spec.get("params") or {})}
                constant = constants.get(load["send"])
                if load.get("in") == "body":
                    constant = value_at(spec.get("body"), load["send"])
                if text in (None, constant):
                    return None, None
                return self._filtered(stream, load, str(text))
        return None, None

    def _filtered(
        self, stream: str, load: Mapping[str, Any], text: str
    ) -> tuple[Point | None, datetime | None]:
        form = _as_pattern(str(self.fill(load["write"], {})))
        until = _as_pattern(str(self.fill(load.get("until") or "", {})))
        found = re.fullmatch(f"{form}(?:{until})?", text)
        if found is None:
            raise NotUnderstood(f"The filter is not as declared: {text}")
        said = found.groupdict()
        begins = self._point(stream, load, said.get("since"))
        return begins, self._read(stream, load, said.get("until"))

    def _point(self, stream: str, load: Mapping[str, Any], text: Any) -> Point | None:
        if text is None or counter_of(self._folder.stream(stream)) is None:
            return self._read(stream, load, text)
        try:
            return int(text)
        except (ValueError, TypeError):
            raise NotUnderstood(f"{text} is no number of a change") from None

    def _read(self, stream: str, load: Mapping[str, Any], text: Any) -> datetime | None:
        if text is None:
            return None
        declared = self._world.moments(stream)
        form = load.get("format")
        formats = declared.formats if declared else ("iso",)
        zone = load.get("zone") or (declared.zone if declared else "utc")
        # `utc` says that a text's own zone is not meant; a moment we were sent means its zone.
        moments = Moments(
            (form,) if form else formats,
            "tenant" if zone == "tenant" else "offset",
            self._time_zone,
        )
        found = moments.read(text)
        if found is None:
            raise NotUnderstood(f"{text} is no moment in the declared form")
        return found

    def _spec(self, stream: str) -> Mapping[str, Any]:
        """Of a stream, or of the listing beside it."""
        spec = self._folder.stream(listed_by(stream))
        return spec if listed_by(stream) == stream else listing_in_yaml(spec)

    def fill(self, value: Any, parents: Parents) -> Any:
        """Filled in from credentials and parents; one placeholder alone keeps its JSON type."""
        match value:
            case dict():
                return {name: self.fill(inner, parents) for name, inner in value.items()}
            case list():
                return [self.fill(inner, parents) for inner in value]
            case str():
                if found := _NAMED.fullmatch(value):
                    return self._named(found, parents)
                return _NAMED.sub(lambda found: _as_text(self._named(found, parents)), value)
        return value

    def _named(self, found: re.Match[str], parents: Parents) -> Any:
        name, path = found.groups()
        if path is not None and name in parents:
            return value_at(parents[name], path)
        return self._values.get(name, found[0])


def _is_post(spec: Mapping[str, Any]) -> bool:
    if spec.get("job"):
        return str(spec["job"]["start"].get("method", "post")) == "post"
    return spec.get("method") == "post" or any(spec.get(name) for name in ("body", "graphql"))


def _free_names(spec: Mapping[str, Any], load: Mapping[str, Any]) -> set[str]:
    """What of a request is not constant, since pages and times are asked for there."""
    pages = spec.get("pages") or {}
    names = {load.get("send"), pages.get("send"), *(pages.get("size") or {})}
    if load["by"] == "parameter":
        names.add(load.get("until"))
    return {".".join(steps(name)) for name in names if name}


def _sent(asked: Asked, load: Mapping[str, Any], name: Any) -> Any:
    return value_at(asked.body, name) if load.get("in") == "body" else asked.query.get(name)


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def _same(name: str, found: Any, wanted: Any, matched: int) -> None:
    if found != wanted:
        raise NotUnderstood(f"{name} is {found!r}, not {wanted!r}", matched=matched)


def _leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _leaves(inner, (*path, name))
    elif isinstance(value, list) and value and isinstance(value[0], dict | list):
        for place, inner in enumerate(value):
            yield from _leaves(inner, (*path, str(place)))
    elif path:
        yield path, value


def _as_pattern(template: str) -> str:
    escaped = re.escape(template)
    for name in ("since", "until"):
        escaped = escaped.replace(rf"\{{{name}\}}", f"(?P<{name}>[^'\"\\]]+?)", 1)
    return escaped
