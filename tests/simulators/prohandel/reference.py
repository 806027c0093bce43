"""Short lists that others point at: categories, seasons, sizes, countries, currencies, labels."""

from __future__ import annotations

from datetime import date

from tests.simulators.prohandel.catalogue import Catalogue
from tests.simulators.prohandel.moments import midnight_text
from tests.simulators.prohandel.plans import CompanyPlan
from tests.simulators.prohandel.tables import Row, Stamp, Table

_SEASONS = 53
_SIZE_NAMES = ("S", "M", "L", "36", "38", "40", "48", "50", "52", "116", "128", "140")
_LABELS = ("Standard", "Sale", "Bio", "Exklusiv")
_CURRENCIES = (("EUR", 1.0), ("CHF", 0.9375))
_COUNTRIES = (
    ("D", "Deutschland", "DE", "DEU", "EUR", True), ("A", "Österreich", "AT", "AUT", "EUR", True),
    ("CH", "Schweiz", "CH", "CHE", "CHF", False), ("F", "Frankreich", "FR", "FRA", "EUR", True),
    ("I", "Italien", "IT", "ITA", "EUR", True), ("NL", "Niederlande", "NL", "NLD", "EUR", True),
    ("B", "Belgien", "BE", "BEL", "EUR", True), ("L", "Luxemburg", "LU", "LUX", "EUR", True),
    ("DK", "Dänemark", "DK", "DNK", "DKK", True), ("PL", "Polen", "PL", "POL", "PLN", True),
    ("CZ", "Tschechien", "CZ", "CZE", "CZK", True), ("E", "Spanien", "ES", "ESP", "EUR", True),
    ("P", "Portugal", "PT", "PRT", "EUR", True), ("S", "Schweden", "SE", "SWE", "SEK", True),
    ("FIN", "Finnland", "FI", "FIN", "EUR", True), ("N", "Norwegen", "NO", "NOR", "NOK", False),
    ("GB", "Großbritannien", "GB", "GBR", "GBP", False),
    ("IRL", "Irland", "IE", "IRL", "EUR", True), ("H", "Ungarn", "HU", "HUN", "HUF", True),
    ("TR", "Türkei", "TR", "TUR", "TRY", False), ("CN", "China", "CN", "CHN", "CNY", False),
    ("FL", "Liechtenstein", "LI", "LIE", "CHF", False),
)  # fmt: skip


def reference_tables(*, plan: CompanyPlan, catalogue: Catalogue, today: int) -> dict[str, Table]:
    def category(stamp: Stamp) -> Row:
        return _category(stamp, catalogue)

    lists = {
        "category": (len(catalogue.categories), category),
        "country": (len(_COUNTRIES), _country),
        "currency": (len(_CURRENCIES), _currency),
        "label": (len(_LABELS), _label),
        "season": (_SEASONS, _season),
        "size": (len(_SIZE_NAMES), _size),
    }
    return {
        name: Table(name=name, seed=plan.seed, count=count, today=today, make=make)
        for name, (count, make) in lists.items()
    }


def _category(stamp: Stamp, catalogue: Catalogue) -> Row:
    category = catalogue.categories[stamp.nth]
    department = 1 + stamp.nth // 17
    return {
        "id": stamp.id,
        "number": category.number,
        "name": category.name,
        "searchTerm": category.name.upper()[:10],
        "departmentNumber": department,
        "mainDepartmentNumber": 0,
        "mainCategoryNumber": department,
        "generalCategoryNumber": department,
        "taxNumber": category.tax_number,
        "isServiceCategory": False,
        "labelNumber": 1,
        "lastChange": stamp.changed,
        "isDeleted": False,
    }


def _country(stamp: Stamp) -> Row:
    number, name, alpha2, alpha3, currency, is_eu = _COUNTRIES[stamp.nth]
    return {
        "id": stamp.id,
        "number": number,
        "countryName": name,
        "isoAlpha2": alpha2,
        "isoAlpha3": alpha3,
        "currencyNumber": currency,
        "domain": f".{alpha2.lower()}",
        "isEU": is_eu,
        "searchTerm": name.upper()[:10],
        "lastChange": stamp.changed,
        "isDeleted": False,
    }


def _currency(stamp: Stamp) -> Row:
    code, course = _CURRENCIES[stamp.nth]
    return {
        "id": stamp.id,
        "number": code,
        "isoAlpha3": code,
        "unit": 1,
        "course": course,
        "lastChange": stamp.changed,
        "isDeleted": False,
    }


def _label(stamp: Stamp) -> Row:
    name = _LABELS[stamp.nth]
    return {
        "id": stamp.id,
        "number": stamp.nth + 1,
        "name": name,
        "searchTerm": name.upper(),
        "lastChange": stamp.changed,
        "isDeleted": False,
    }


def _season(stamp: Stamp) -> Row:
    year, half = 2000 + stamp.nth // 2, stamp.nth % 2
    starts = date(year, 7 if half else 1, 1).toordinal()
    name = f"{'Herbst/Winter' if half else 'Frühjahr/Sommer'} {year}"
    return {
        "id": stamp.id,
        "seasonNumber": stamp.nth + 1,
        "name": name,
        "searchTerm": name.upper()[:8],
        "validFrom": midnight_text(starts),
        "validUntil": midnight_text(starts + 183) if stamp.nth < _SEASONS - 3 else None,
        "lastChange": stamp.changed,
        "isDeleted": False,
    }


def _size(stamp: Stamp) -> Row:
    group, position = divmod(stamp.nth, 3)
    return {
        "id": stamp.id,
        "sizeGroupNumber": group + 1,
        "name": _SIZE_NAMES[stamp.nth],
        "position": position + 1,
        "lastChange": stamp.changed,
        "isDeleted": False,
    }
