"""Which retailers there are: their keys, their size, their shops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace


class BadPlan(ValueError):
    """The command line describes no possible company."""


@dataclass(frozen=True)
class Shop:
    """One branch. `country` is the API's vehicle key, `currency` is "" where lines carry none."""

    number: int
    name: str
    city: str
    zip_code: str
    country: str
    registers: int
    is_webshop: bool = False
    currency: str = ""


HAMBURG = Shop(1, "Neuer Wall", "Hamburg", "20354", "D", 3)
EPPENDORF = Shop(2, "Eppendorf", "Hamburg", "20249", "D", 2)
LUEBECK = Shop(3, "Lübeck", "Lübeck", "23552", "D", 1)
WEBSHOP = Shop(90, "Online", "Hamburg", "20354", "D", 1, is_webshop=True)
MUNICH = Shop(1, "Sendlinger Straße", "München", "80331", "D", 2)
AUGSBURG = Shop(2, "Augsburg", "Augsburg", "86150", "D", 1)
INNSBRUCK = Shop(5, "Innsbruck", "Innsbruck", "6020", "A", 1)
ZURICH = Shop(7, "Zürich", "Zürich", "8001", "CH", 1, currency="CHF")


@dataclass(frozen=True)
class CompanyPlan:
    name: str
    api_key: str
    secret: str
    lines: int
    seed: int
    shops: tuple[Shop, ...] = (HAMBURG, EPPENDORF, INNSBRUCK, WEBSHOP)
    currency: str = "EUR"
    country: str = "D"
    forbidden: frozenset[str] = frozenset()
    missing: frozenset[str] = frozenset()

    @property
    def articles(self) -> int:
        return max(20, min(200_000, self.lines // 10))

    @property
    def customers(self) -> int:
        """Shoppers, without the staff that the till knows as customers too."""
        return max(10, min(300_000, self.lines // 15))

    @property
    def staff(self) -> int:
        return max(6, min(113, self.lines // 500))

    @property
    def categories(self) -> int:
        return max(8, min(187, self.articles // 10))

    @property
    def suppliers(self) -> int:
        return max(5, min(1500, self.articles // 12))

    @property
    def documents(self) -> int:
        """How many there are of each: invoices, payments, vouchers, credits."""
        return max(12, min(20_000, self.lines // 60))


DEMO = (
    CompanyPlan(
        name="alster-mode",
        api_key="alster-demo-key-0001",
        secret="alster-demo-secret-not-real",
        lines=12_000,
        seed=1,
        shops=(HAMBURG, EPPENDORF, LUEBECK, WEBSHOP),
    ),
    CompanyPlan(
        name="isar-sport",
        api_key="isar-demo-key-0002",
        secret="isar-demo-secret-not-real",
        lines=5_000,
        seed=2,
        shops=(MUNICH, AUGSBURG, INNSBRUCK),
    ),
)


def parse_company(text: str) -> CompanyPlan:
    """NAME:KEY:SECRET:LINES:SEED.

    :raises BadPlan: if it is anything else
    """
    parts = text.split(":")
    if len(parts) != 5 or not all(parts) or not (parts[3].isdigit() and parts[4].isdigit()):
        raise BadPlan("Write a company as NAME:KEY:SECRET:LINES:SEED, lines and seed as numbers.")
    name, api_key, secret, lines, seed = parts
    if not 1 <= int(lines) <= 10_000_000:
        raise BadPlan(f"Give company {name} between 1 and 10000000 sale lines.")
    return CompanyPlan(name, api_key, secret, int(lines), int(seed))


def adjust(
    plans: Sequence[CompanyPlan],
    *,
    forbidden: Sequence[str],
    missing: Sequence[str],
    swiss: Sequence[str],
) -> tuple[CompanyPlan, ...]:
    """The plans with what single companies may not see, and with their Swiss shops.

    :raises BadPlan: if two companies share a name or a key, or an option names an unknown company
    """
    names = [plan.name for plan in plans]
    if len(set(names)) < len(names) or len({plan.api_key for plan in plans}) < len(plans):
        raise BadPlan("Give every company a name and an API key of its own.")
    for option in (*forbidden, *missing, *swiss):
        if option.split(":")[0] not in names:
            raise BadPlan(f"Name one of {', '.join(names)} instead of {option}.")
    return tuple(
        replace(
            plan,
            forbidden=_entities(forbidden, plan.name),
            missing=_entities(missing, plan.name),
            shops=(*plan.shops, ZURICH) if plan.name in swiss else plan.shops,
        )
        for plan in plans
    )


def _entities(options: Sequence[str], company: str) -> frozenset[str]:
    pairs = [option.partition(":") for option in options]
    return frozenset(entity for name, _, entity in pairs if name == company)
