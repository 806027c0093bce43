"""What a day has cost, said each morning: on a page, and as a text to every channel of alerts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from statistics import median
from typing import Any

from django.conf import settings
from django.urls import reverse

from portal.alerts.models import Alert
from portal.alerts.services import is_noticed, raise_notice
from portal.costs.advice import Advice
from portal.costs.estimates import advice
from portal.costs.figures import Amounts, Key, Period, day_of, ledger_days, line_sums, regrouped
from portal.costs.models import Holder, Kind
from portal.costs.shown import day_text, engine_name, holder_name
from portal.costs.standing import Standing, standings, steps_of
from portal.costs.tables import decimal_of, money, money_of, money_places, share, share_of
from portal.tenants.models import Tenant

# What is compared, in words, and the slug of the tenant that it is about.
Naming = Callable[[Key], tuple[str, str]]

COMPARED = timedelta(days=7)
# The days before that a median needs.
LEAST_COMPARED = 3
# Of UTC: after it, a report does not wait for the bill any longer.
LATEST_HOUR = 12
MOST_RISERS = 5
MOST_ADVICE = 5
# A budget is near a step that lies at most so many per cent of the amount above what is used.
NEAR = 10
# Lines of a ledger by who, what and for which service.
BY = ("holder", "tenant_slug", "kind", "ledger__engine", "service_type")


@dataclass(frozen=True)
class Compared:
    """What something cost on the day, beside the median of the seven days before."""

    name: str
    slug: str
    cost: int
    median: int | None

    @property
    def change(self) -> int | None:
        return None if self.median is None else self.cost - self.median


@dataclass(frozen=True)
class Near:
    """A budget, and the next step that it has not reached."""

    name: str
    standing: Standing
    level: str
    next_at: int | None


@dataclass(frozen=True)
class Report:
    day: date
    currency: str
    whole: Compared
    tenants: list[Compared]
    services: list[Compared]
    idle: int
    compute: int
    unattributed: int
    near: list[Near]
    advice: list[Advice]
    has_ledger: bool
    is_billed: bool

    @property
    def risers(self) -> list[Compared]:
        """Whoever cost most more than before."""
        rising = [(change, each) for each in self.tenants if (change := each.change or 0) > 0]
        return [each for _, each in sorted(rising, key=lambda found: -found[0])[:MOST_RISERS]]


def daily_report(
    *, day: date, at: datetime, warehouses: Sequence[Mapping[str, Any]] = ()
) -> Report:
    """
    :param day: of UTC
    :param warehouses: of the account's state, for advice
    """
    before = Period(day - COMPARED, day)
    today = line_sums(day_of(day), *BY)
    earlier = line_sums(before, "on", *BY)
    known = {each.day for each in ledger_days(before)}
    ledgers = list(ledger_days(day_of(day)))
    by_kind = regrouped(today, 2)
    return Report(
        day=day,
        currency=settings.COST_CURRENCY,
        whole=_compare({(): _sum(today)}, _by_day(earlier), known, _all)[0],
        tenants=_compare(regrouped(today, 0, 1), _by_day(earlier, 1, 2), known, _who),
        services=_compare(regrouped(today, 3, 4), _by_day(earlier, 4, 5), known, _service),
        idle=_cost(by_kind, Kind.IDLE),
        compute=_cost(by_kind, Kind.IDLE, Kind.DIRECT, Kind.OVERLAP),
        unattributed=_cost(regrouped(today, 0), Holder.NOBODY),
        near=_near(at),
        advice=advice(at=at, warehouses=warehouses)[:MOST_ADVICE],
        has_ledger=bool(ledgers),
        is_billed=all(each.is_billed for each in ledgers),
    )


def raise_due_report(*, at: datetime, warehouses: Sequence[Mapping[str, Any]] = ()) -> list[Alert]:
    """Yesterday's, as soon as it is billed, or at noon without the bill. Cheap if it is not due.

    Where an engine has no ledger of the day, there is no report of it: that is told at noon.
    """
    now = at.astimezone(UTC)
    day = now.date() - timedelta(days=1)
    ledgers = list(ledger_days(day_of(day)))
    missing = _engines_of(day) - {each.engine for each in ledgers}
    waits = any(not each.is_billed for each in ledgers) or missing
    if is_noticed(_about(day)) or (waits and now.hour < LATEST_HOUR):
        return []
    if missing:
        return _raise_no_ledger(day, missing, at)
    return raise_report(day=day, at=at, warehouses=warehouses)


def _engines_of(day: date) -> set[str]:
    """Those with tenants that were there on the day: of each, a ledger is to be expected."""
    end = datetime.combine(day + timedelta(days=1), time(), UTC)
    return set(Tenant.objects.filter(created_at__lt=end).values_list("engine", flat=True))


def _raise_no_ledger(day: date, missing: set[str], at: datetime) -> list[Alert]:
    names = " and ".join(engine_name(each) for each in sorted(missing))
    return raise_notice(
        kind=Alert.Kind.REPORT,
        about=f"no ledger:{day}",
        subject=f"Mercurios: there is no ledger of {day}",
        text=(
            f"There is no ledger of {day} for {names}, so what the day cost is not reported yet."
            " Please look at the last flow run of costs/every-hour.\n"
        ),
        at=at,
    )


def raise_report(
    *, day: date, at: datetime, warehouses: Sequence[Mapping[str, Any]] = ()
) -> list[Alert]:
    """Send the report of a day to every channel, once; nothing while there is no ledger of it."""
    report = daily_report(day=day, at=at, warehouses=warehouses)
    if not report.has_ledger:
        return []
    return raise_notice(
        kind=Alert.Kind.REPORT,
        about=_about(day),
        subject=subject_of(report),
        text=as_text(report),
        at=at,
    )


def _about(day: date) -> str:
    return f"report:{day}"


def subject_of(report: Report) -> str:
    amount = money_of(report.whole.cost).replace("\u2212", "-")
    return f"Mercurios: {report.day} cost {amount} {report.currency}"


def as_text(report: Report) -> str:
    """For a mail: lines of plain text, short enough to be read on a telephone."""
    parts = [
        [f"What {day_text(report.day)} cost (UTC), in {report.currency}", _whole_line(report)],
        [] if report.is_billed else ["The bill of this day has not come yet: it may still change."],
        _section("By tenant", [_line(each) for each in report.tenants]),
        _section("By service", [_line(each) for each in report.services]),
        _section("Rising most", [_line(each) for each in report.risers]),
        _section("Shares", _shares(report)),
        _section("Budgets near a step", [near_line(each) for each in report.near]),
        _section("Advice", [_advice_line(each, report.currency) for each in report.advice]),
        [f"{settings.PUBLIC_URL}{reverse('costs:report', args=[report.day])}"],
    ]
    return "\n\n".join("\n".join(each) for each in parts if each) + "\n"


def near_line(near: Near) -> str:
    budget = near.standing.budget
    used = share(near.standing.per_cent)
    of = f" of {money(budget.amount, 2)}" if budget else ""
    next_step = f"; the next step is at {near.next_at} %" if near.next_at is not None else ""
    return f"{near.name}: {used}{of}{next_step}"


def _by_day(earlier: dict[Key, Amounts], *places: int) -> dict[date, dict[Key, Amounts]]:
    found: dict[date, dict[Key, Amounts]] = {}
    for (on, *key), amounts in regrouped(earlier, 0, *places).items():
        found.setdefault(on, {})[tuple(key)] = amounts
    return found


def _compare(
    now: dict[Key, Amounts], earlier: dict[date, dict[Key, Amounts]], known: set[date], name: Naming
) -> list[Compared]:
    """The most expensive first. A day with a ledger and without this cost counts as nothing."""
    keys = {*now, *(key for day in earlier.values() for key in day)}
    found = []
    for key in keys:
        past = [earlier.get(day, {}).get(key, Amounts()).amount for day in known]
        middle = round(median(past)) if len(past) >= LEAST_COMPARED else None
        cost = now.get(key, Amounts()).amount
        if cost or middle:
            title, slug = name(key)
            found.append(Compared(title, slug, cost, middle))
    return sorted(found, key=lambda each: (-each.cost, each.name)) or [Compared("", "", 0, None)]


def _all(_key: Key) -> tuple[str, str]:
    return "Everything", ""


def _who(key: Key) -> tuple[str, str]:
    holder, slug = key
    return holder_name(holder, slug), slug


def _service(key: Key) -> tuple[str, str]:
    engine, service = key
    return f"{service.replace('_', ' ').capitalize()} ({engine_name(engine)})", ""


def _sum(found: dict[Key, Amounts]) -> Amounts:
    return sum(found.values(), Amounts())


def _cost(found: dict[Key, Amounts], *names: str) -> int:
    return sum(found.get((name,), Amounts()).amount for name in names)


def _near(at: datetime) -> list[Near]:
    """Budgets that have reached a step, or soon will: the fullest first."""
    found = []
    for standing in standings(at=at).values():
        budget, used = standing.budget, standing.per_cent
        if budget is None or used is None:
            continue
        steps = [step for step, _ in steps_of(budget) if step is not None]
        following = next((step for step in steps if step > used), None)
        if standing.level or (following is not None and following - used <= NEAR):
            name = budget.tenant.slug if budget.tenant else "The platform"
            found.append(Near(name, standing, standing.level, following))
    return sorted(found, key=lambda each: -(each.standing.per_cent or 0))


def _whole_line(report: Report) -> str:
    whole = report.whole
    text = f"Everything: {money_of(whole.cost)}"
    if whole.median is None:
        return f"{text}. There are too few days before to compare it with."
    return f"{text}, {_than(whole)} the median of the seven days before ({money_of(whole.median)})."


def _than(each: Compared) -> str:
    change = each.change or 0
    if not change:
        return "as much as"
    return f"{money_of(abs(change))} {'more' if change > 0 else 'less'} than"


def _line(each: Compared) -> str:
    places = money_places(abs(decimal_of(each.cost)))
    if each.change is None:
        return f"{each.name}: {money_of(each.cost, places)}"
    sign = "+" if each.change > 0 else ""
    return f"{each.name}: {money_of(each.cost, places)} ({sign}{money_of(each.change, places)})"


def _shares(report: Report) -> list[str]:
    lines = []
    if report.compute:
        lines.append(f"Idle: {share(share_of(report.idle, report.compute))} of compute")
    of_cost = share(share_of(report.unattributed, report.whole.cost)) or "nothing"
    return [*lines, f"Unattributed: {of_cost} of the cost"]


def _advice_line(each: Advice, currency: str) -> str:
    return f"{each.sentence} It would save about {money_of(each.saving)} {currency} in 30 days."


def _section(title: str, lines: list[str]) -> list[str]:
    return [f"{title}:", *(f"  {line}" for line in lines)] if lines else []
