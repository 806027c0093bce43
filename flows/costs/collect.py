"""What the last days cost: measured and read, reckoned, and told to the portal."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from flows.costs.copies import Copies
from flows.costs.days import DayLedger, Prices
from flows.costs.embedded import run_rows, storage_rows, write_rows
from flows.costs.ledger import build_ledger
from flows.costs.readings import Readings
from flows.costs.usage_files import PLATFORM_CODE, day_of, moment_of, newest, put
from flows.costs.views import SNOWFLAKE_VIEWS
from flows.dbt import TransformFailed
from flows.lake.lake import Lake, LakeKeyTaken
from flows.maintenance import bytes_stored
from flows.parts import lake_at
from flows.portal import Portal, PortalRefused, TenantPlace
from flows.provision.account import AccountFailure
from flows.settings import SettingMissing, WorkerSettings
from flows.warehouse.warehouse import WarehouseRefused, WarehouseUnavailable

DUCKDB, SNOWFLAKE = "DUCKDB", "SNOWFLAKE"
# How far back what was missed is made up for.
MOST_DAYS = 31
# Runs that were settled late are counted: these days are reckoned anew each time.
RESTATED_DAYS = 3
# A query may take two days, and belongs to every hour in which it ran.
LONGEST_QUERY_DAYS = 2
# Each reading wakes a warehouse for a minute or two, and what it tells is hours old anyway.
READ_AFTER = timedelta(hours=12)

Inputs = dict[str, list[Path]]
# What is wrong with one engine keeps no other one's ledger from being told.
OF_ONE_ENGINE = (AccountFailure, TransformFailed, WarehouseRefused, WarehouseUnavailable)


@dataclass
class Collected:
    """Which days are new or other than before, by engine.

    :param missing: what an account does not show, and the ledger can do without
    :param problems: what an operator has to mend; everything else was told
    """

    days: dict[str, list[date]] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        told = [
            f"{engine}: {', '.join(str(day) for day in days)}" for engine, days in self.days.items()
        ]
        news = f"{'; '.join(told) or 'Nothing has changed'}."
        return " ".join([*self.problems, news, *self.missing.values()])


def collect(
    *, portal: Portal, settings: WorkerSettings, at: datetime, reads_now: bool = False
) -> Collected:
    """Bring the ledger of every engine up to date. Doing it again changes nothing.

    :param reads_now: read Snowflake's records even if that was done not long ago
    :raises LakeUnavailable, LakeRefused, PortalUnavailable, PortalRefused: what stood in the way
    """
    collector = _Collector(portal, settings, at)
    collector.work.mkdir(parents=True, exist_ok=True)
    try:
        collector.embedded()
        collector.snowflake(reads_now=reads_now)
    finally:
        shutil.rmtree(collector.work, ignore_errors=True)
    return collector.done


class _Collector:
    def __init__(self, portal: Portal, settings: WorkerSettings, at: datetime) -> None:
        self.portal, self.settings, self.at, self.today = portal, settings, at, at.date()
        self.lake: Lake = lake_at(settings.lake)
        self.folder = settings.home / "costs"
        self.work = self.folder / "work"
        self.oldest = self.today - timedelta(days=MOST_DAYS)
        self.done = Collected()

    def embedded(self) -> None:
        """What runs and lakes used that no account sends a bill for."""
        known = self._known(DUCKDB)
        first = self._first_embedded(known)
        # One day more, should the portal's clock be past midnight already.
        self.usage = self.portal.usage(days=(self.today - first).days + 1)
        self.tenants = [TenantPlace(**each) for each in self.usage["tenants"]]
        self._measure()
        runs = write_rows("embedded_runs", run_rows(self.usage["runs"]), self.work / "runs.parquet")
        stored = Copies(self.lake, self.folder / "copies" / DUCKDB).of(
            newest(self.lake, "embedded_storage", first, self.today)
        )
        inputs = {"embedded_runs": [runs], "embedded_storage": stored}
        self._reckon(DUCKDB, inputs, first=first, known=known)

    def snowflake(self, *, reads_now: bool) -> None:
        """What the account used, as far as it has been read and not been told."""
        known = self._known(SNOWFLAKE)
        if not (known or any(each.engine == SNOWFLAKE for each in self.tenants)):
            return
        readings = Readings.of(self.lake)
        if reads_now or readings.read_at is None or self.at - readings.read_at >= READ_AFTER:
            readings = self._feed(readings)
        first = self._first_untold(readings, has_any=bool(known))
        if first is None:
            return
        since = first - timedelta(days=LONGEST_QUERY_DAYS)
        keys = {view: newest(self.lake, view, since, self.today) for view in SNOWFLAKE_VIEWS}
        copies = Copies(self.lake, self.folder / "copies" / SNOWFLAKE)
        files = copies.of([key for each in keys.values() for key in each])
        by_key = dict(zip([key for each in keys.values() for key in each], files, strict=True))
        inputs = {view: [by_key[key] for key in each] for view, each in keys.items()}
        if self._reckon(SNOWFLAKE, inputs, first=first, known=known) and readings.read_at:
            Readings(readings.read_at, told_at=readings.read_at).keep(self.lake)

    def _known(self, engine: str) -> Mapping[date, str]:
        return self.portal.ledger(engine=engine, first=self.oldest, last=self.today)

    def _first_embedded(self, known: Mapping[date, str]) -> date:
        """Days that were missed are made up for."""
        after_the_last = max(known, default=self.oldest)
        return max(self.oldest, min(self.today - timedelta(days=RESTATED_DAYS), after_the_last))

    def _measure(self) -> None:
        stored = bytes_stored(tenants=self.tenants, settings=self.settings)
        file = self.work / "stored.parquet"
        write_rows("embedded_storage", storage_rows(stored, day=self.today), file)
        put(self.lake, "embedded_storage", self.today, source=file, at=self.at)

    def _feed(self, readings: Readings) -> Readings:
        # Its connector takes a second to import, which most installations never need.
        from flows.costs.feed import read_usage, usage_reader

        try:
            with usage_reader() as reader:
                fed = read_usage(
                    reader, self.lake, folder=self.work, now=self.at, days=MOST_DAYS + 1
                )
        except SettingMissing as error:
            # An account that nobody is on any more may be gone.
            if any(each.engine == SNOWFLAKE for each in self.tenants):
                self.done.problems.append(str(error))
            return readings
        except OF_ONE_ENGINE as error:
            self.done.problems.append(str(error))
            return readings
        self.done.missing = dict(fed.missing)
        read = Readings(self.at, told_at=readings.told_at)
        read.keep(self.lake)
        return read

    def _first_untold(self, readings: Readings, *, has_any: bool) -> date | None:
        """What was read but never told, as when the portal was away, is told now."""
        told_at = readings.told_at if has_any else None
        keys = [
            key
            for view in SNOWFLAKE_VIEWS
            for key in newest(self.lake, view, self.oldest, self.today)
        ]
        untold = [day_of(key) for key in keys if told_at is None or moment_of(key) > told_at]
        return min(untold, default=None)

    def _reckon(
        self, engine: str, inputs: Inputs, *, first: date, known: Mapping[date, str]
    ) -> bool:
        """Reckon an engine's days from the first to today, and tell them; whether all were."""
        try:
            ledgers = build_ledger(
                inputs=inputs,
                tenants=self.tenants,
                prices=_prices(self.usage),
                first=first,
                last=self.today,
                today=self.today,
                folder=self.folder,
            )
        except TransformFailed as error:
            self.done.problems.append(str(error))
            return False
        as_before, problems = [], []
        for each in ledgers:
            try:
                if each.digest == known.get(each.day):
                    as_before.append(each.day)
                else:
                    self._tell(each)
            except PortalRefused as error:
                problems.append(f"{engine} on {each.day} was refused: {error}")
        if as_before:
            self.portal.confirm_ledger(engine=engine, days=as_before)
        self.done.problems += problems
        return not problems

    def _tell(self, ledger: DayLedger) -> None:
        base = f"costs/{ledger.engine}/{ledger.day}/{ledger.digest[:16]}"
        files = {}
        for name, file in ledger.files.items():
            key = f"{base}/{name}.parquet"
            with suppress(LakeKeyTaken):  # it did not reach the portal then
                self.lake.put(source=file, key=f"{PLATFORM_CODE}/{key}")
            about = {"sha256": ledger.file_digests[name], "bytes": file.stat().st_size}
            files[name] = {"key": key, **about}
        body = {**ledger.for_portal(), "digest": ledger.digest, "files": files}
        self.portal.send_ledger(engine=ledger.engine, day=ledger.day, ledger=body)
        self.done.days.setdefault(ledger.engine, []).append(ledger.day)


def _prices(usage: Mapping[str, Any]) -> Prices:
    said = {name: Decimal(price) for name, price in usage["prices"].items()}
    return Prices(currency=usage["currency"], **said)
