"""A connector at work against its simulated source. Time passes only when it is told to."""

from __future__ import annotations

import copy
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self
from zoneinfo import ZoneInfo

from flows.connectors.kit.faults import Fault
from flows.connectors.kit.folder import Folder
from flows.connectors.kit.patterns import CannotInvent, text_like
from flows.connectors.kit.reading import Landed, Reading
from flows.connectors.kit.shelf import OWN, Shelf
from flows.connectors.kit.source import Source, led_to
from flows.connectors.kit.wishes import Point
from flows.connectors.kit.world import PAGE, World
from flows.connectors.listings import with_listings
from flows.connectors.probe import ProbeResult, probe
from flows.connectors.reader import Reader, ReadFailed, ReadInterrupted
from flows.connectors.spec import parse_connector

NOW = datetime(2026, 11, 21, 5, 0, tzinfo=UTC)
TIME_ZONE = ZoneInfo("Europe/Berlin")
_SHORTEST_SECRET = 6


class NoCredentials(Exception):
    """No value fits a credential; the sentence says what to add."""


class Clock:
    """Stands still, but for sleep."""

    def __init__(self) -> None:
        self._now = NOW
        self._lock = threading.Lock()

    def __call__(self) -> datetime:
        return self._now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self._now += timedelta(seconds=max(0.0, seconds))


class _Log(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.name} {record.getMessage()}")


class Bench:
    """Everything that the checks of one folder share. Close it."""

    def __init__(self, folder: Folder) -> None:
        self.clock = Clock()
        self.folder = _with_short_pages(folder)
        self.world = World(self.folder, time_zone=TIME_ZONE)
        self.source = self._opened()
        self.connector = self.folder.connector
        self.values = dict(self.source.values)
        self._whole: dict[str, Reading] = {}

    def _opened(self) -> Source | Shelf:
        if self.has_files:
            given = {self.folder.document["client"]["files"]["from"]: OWN}
            values = credentials_of(self.folder, "") | given
            return Shelf(self.folder, self.world, values=values)
        return Source(
            self.folder,
            self.world,
            values=lambda url: credentials_of(self.folder, url),
            clock=self.clock,
            time_zone=TIME_ZONE,
        )

    @property
    def has_files(self) -> bool:
        return "files" in self.folder.document["client"]

    @property
    def secrets(self) -> dict[str, str]:
        """Values that nobody may see, by the name of their field."""
        fields = self.connector.credentials
        return {
            name: value
            for name, value in {**self.source.values, **self.values}.items()
            if fields[name].secret and len(value) >= _SHORTEST_SECRET
        }

    def whole(self, stream: str) -> Reading:
        """A run without a fault that read all of a stream; made once."""
        if stream not in self._whole:
            self._whole[stream] = self.read(stream)
        return self._whole[stream]

    def read(
        self,
        stream: str,
        *,
        since: Point | None = None,
        fault: Fault | None = None,
        is_low_at: int | None = None,
        values: Mapping[str, str] | None = None,
        as_it_is: bool = False,
    ) -> Reading:
        """One run. What it raises beside the two exceptions of a reader is a bug, and flies.

        :param as_it_is: the source is not told that a run begins
        """
        if not as_it_is:
            self.source.begin(fault, is_low_at=is_low_at)
        naps, pages, error = list[float](), list[list[bytes]](), None
        try:
            with (
                self.reader(values, naps) as reader,
                closing(reader.pages(stream, since=since)) as read,
            ):
                for page in read:
                    pages.append([bytes(record) for record in page.records])
        except (ReadFailed, ReadInterrupted) as end:
            error = end
        self.source.check()
        return Reading(
            pages=pages,
            error=error,
            waited=sum(naps),
            heard=list(self.source.heard),
        )

    def reader(
        self, values: Mapping[str, str] | None = None, naps: list[float] | None = None
    ) -> Reader:
        """
        :param naps: takes the seconds of each wait
        """
        return Reader(
            with_listings(led_to(self.connector, self.source.url)),
            self._leading_here(values),
            allow_private=True,
            time_zone=TIME_ZONE,
            clock=self.clock,
            sleep=self._sleeper([] if naps is None else naps),
            keep=self._keep,
        )

    def probe(self, values: Mapping[str, str] | None = None) -> ProbeResult:
        self.source.begin()
        found = probe(
            led_to(self.connector, self.source.url),
            self._leading_here(values),
            allow_private=True,
            time_zone=TIME_ZONE,
            clock=self.clock,
            sleep=self.clock.sleep,
            keep=self._keep,
        )
        self.source.check()
        return found

    def _leading_here(self, values: Mapping[str, str] | None) -> dict[str, str]:
        """The values, whose addresses are those of this run."""
        fields = self.connector.credentials
        here = {name: self.source.url for name, field in fields.items() if field.kind == "url"}
        return {**self.values, **(values or {}), **here}

    def _sleeper(self, naps: list[float]) -> Callable[[float], None]:
        def sleep(seconds: float) -> None:
            naps.append(seconds)
            self.clock.sleep(seconds)

        return sleep

    def landed(self, stream: str) -> Landed:
        return Landed(self.folder.stream(stream), self.world.moments(stream))

    def close(self) -> None:
        self.source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _keep(self, changed: Mapping[str, str]) -> None:
        self.values.update(changed)


def credentials_of(folder: Folder, url: str) -> dict[str, str]:
    """Invented values for every field of the form; addresses are the given one.

    :raises NoCredentials: if a pattern is too odd, and the folder gives no value
    """
    values = {}
    for name, field in folder.connector.credentials.items():
        if field.kind == "url":
            values[name] = url
        elif name in folder.credentials:
            values[name] = folder.credentials[name]
        elif field.default is not None:
            values[name] = field.default
        else:
            try:
                values[name] = text_like(field.pattern, seed=f"{folder.name} {name}")
            except CannotInvent:
                raise NoCredentials(
                    f"{folder.path / 'samples' / 'credentials.json'}: No value could be invented"
                    f" that the pattern of {name} accepts. Give one there: "
                    f'{{"{name}": "…"}}.'
                ) from None
    return values


def _with_short_pages(folder: Folder) -> Folder:
    """The same connector, asking for so few records at a time that a few records fill pages."""
    document = copy.deepcopy(dict(folder.document))
    for stream in document["streams"].values():
        pages: dict[str, Any] = stream.get("pages") or {}
        for name, size in (pages.get("size") or {}).items():
            pages["size"][name] = min(int(size), PAGE)
    connector = parse_connector(name=folder.name, document=document)
    return replace(folder, document=document, connector=connector)


@contextmanager
def listening() -> Iterator[list[str]]:
    """Everything that anybody logs meanwhile, whatever the level."""
    log, loggers = _Log(), [logging.getLogger(), logging.getLogger("urllib3")]
    levels = [each.level for each in loggers]
    for each in loggers:
        each.addHandler(log)
        each.setLevel(logging.DEBUG)
    try:
        yield log.lines
    finally:
        for each, level in zip(loggers, levels, strict=True):
            each.removeHandler(log)
            each.setLevel(level)


@contextmanager
def benches() -> Iterator[Callable[[Folder], Bench]]:
    """Benches made once for a folder, and closed at the end."""
    made: dict[str, Bench] = {}

    def bench_of(folder: Folder) -> Bench:
        key = str(folder.path)
        if key not in made:
            made[key] = Bench(folder)
        return made[key]

    try:
        yield bench_of
    finally:
        for each in made.values():
            each.close()
