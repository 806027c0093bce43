"""Branches and suppliers: companies, not people, but their bank fields are nobody's business."""

from __future__ import annotations

from tests.simulators.prohandel import canary
from tests.simulators.prohandel.articles import supplier_number
from tests.simulators.prohandel.moments import midnight_text
from tests.simulators.prohandel.plans import CompanyPlan
from tests.simulators.prohandel.tables import Row, Stamp, Table

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_TRADES = ("Textil", "Moden", "Sportartikel", "Leder", "Strickwaren", "Import")
_TOWNS = ("Bielefeld", "Metzingen", "Albstadt", "Herford", "Krefeld", "Prato")


def branch_table(*, plan: CompanyPlan, today: int) -> Table:
    def make(stamp: Stamp) -> Row:
        return _branch(stamp, plan, today)

    return Table(name="branch", seed=plan.seed, count=len(plan.shops), today=today, make=make)


def supplier_table(*, plan: CompanyPlan, today: int) -> Table:
    def make(stamp: Stamp) -> Row:
        return _supplier(stamp, plan)

    return Table(name="supplier", seed=plan.seed, count=plan.suppliers, today=today, make=make)


def _branch(stamp: Stamp, plan: CompanyPlan, today: int) -> Row:
    shop = plan.shops[stamp.nth]
    has_location = stamp.nth % 5 < 4
    row: Row = {
        "id": stamp.id,
        "number": shop.number,
        "name1": f"{plan.name} {shop.name}",
        "name2": "",
        "name3": "",
        "searchTerm": shop.name.upper()[:10],
        "isActive": True,
        "isWebshop": shop.is_webshop,
        "street": f"Beispielweg {stamp.nth + 1}",
        "zipCode": shop.zip_code,
        "city": shop.city,
        "countryNumber": shop.country,
        "stateNumber": 0,
        "imageName": "",
        "bankCode": canary.BANK_CODE,
        "email": f"filiale{shop.number}@{plan.name}.example" if stamp.nth % 5 < 3 else "",
        "fax": "",
        "iban": canary.personal("IBAN-Filiale", shop.number),
        "glN1": 4_099_999_000_000.0 + shop.number if has_location else 0.0,
        "glN2": 4_099_998_000_000.0 + shop.number if has_location else 0.0,
        "branchInfo": "",
        "stocktakingDate": midnight_text(today - 150) if stamp.nth % 5 < 3 else None,
        "bankAccount": canary.personal("Konto-Filiale", shop.number),
        "logoFileName": "",
        "bic": canary.personal("BIC-Filiale", shop.number),
        "telephoneNumber": f"+49 000 {shop.number:05d}",
        "regionNumber": 0,
        "lastChange": stamp.changed,
        "isDeleted": False,
    }
    row.update({f"open{day}": None for day in _DAYS})
    return row


def _supplier(stamp: Stamp, plan: CompanyPlan) -> Row:
    number, bits = supplier_number(stamp.nth), stamp.bits
    name = f"{_TRADES[bits % 6]} {_TOWNS[(bits >> 8) % 6]} {number}"
    host = f"lieferant{number}.example"
    return {
        "id": stamp.id,
        "number": number,
        "name1": name,
        "name2": "GmbH" if bits % 2 else "",
        "name3": "",
        "searchTerm": name.upper()[:12] + str(number),
        "isActive": True,
        "isEDI": bits % 3 == 0,
        "currencyNumber": plan.currency,
        "countryNumber": "D" if bits % 100 else "",
        "bankCode": canary.BANK_CODE,
        "email": f"verkauf@{host}" if bits % 5 else "",
        "fax": "",
        "website": f"https://{host}" if bits % 2 else "",
        "iban": canary.personal("IBAN-Lieferant", number),
        "info1": "",
        "info2": "",
        "bankAccount": canary.personal("Konto-Lieferant", number),
        "mobilePhone": "",
        "city": _TOWNS[(bits >> 8) % 6],
        "zipCode": f"{bits % 90_000 + 10_000}",
        "street": f"Beispielstraße {bits % 200 + 1}",
        "bic": canary.personal("BIC-Lieferant", number),
        "telephone": f"+49 000 {number:06d}",
        "shipmentOptionNumber": 0,
        "paymentOptionNumber": bits % 14,
        "lastChange": stamp.changed,
        "isDeleted": (bits >> 50) % 60 == 0,
    }
