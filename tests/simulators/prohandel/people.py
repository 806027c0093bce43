"""Customers and staff. Every personal value is invented and carries a mark (see `canary`)."""

from __future__ import annotations

from tests.simulators.prohandel import canary
from tests.simulators.prohandel.moments import DAY, midnight_text, moment_text
from tests.simulators.prohandel.plans import CompanyPlan
from tests.simulators.prohandel.receipts import shopper_number
from tests.simulators.prohandel.tables import Row, Stamp, Table


class Customers:
    """The staff first, under their staff numbers, then the shoppers, then whoever came later."""

    def __init__(self, *, plan: CompanyPlan, today: int) -> None:
        self._plan = plan
        self._today = today
        self.table = Table(
            name="customer",
            seed=plan.seed,
            count=plan.staff + plan.customers,
            today=today,
            make=self._row,
        )

    def number(self, index: int) -> int:
        staff = self._plan.staff
        return index + 1 if index < staff else shopper_number(index - staff)

    def _row(self, stamp: Stamp) -> Row:
        number, bits = self.number(stamp.nth), stamp.bits
        return {
            "id": stamp.id,
            "number": number,
            "creationDate": self._created(stamp),
            "lastChange": stamp.changed,
            "isDeleted": (bits >> 50) % 150 == 0,
            "mergedInto": None,
            "inactiveFlag": False,
            "isLocked": False,
            "isBusiness": bits % 40 == 0,
            "isStaff": stamp.nth < self._plan.staff,
            "branchNumber": 0,
            "revenue": bits % 90_000 / 100 if bits >> 61 == 0 else 0.0,
            "bonusValue": 0.0,
            "loyalityPoints": 0,
            **_identity(number, bits),
            **_contact(number, bits),
            **_flags(bits),
            "customerCard": number,
            "webshopUser": canary.personal("Webshop", number),
            "webshopUserPassword": canary.personal("Password", number),
            "customerType": "",
            "poBox": canary.personal("Postfach", number),
            "poBoxZipCode": canary.personal("Postfach-PLZ", number),
            "telephoneSecondary": canary.personal("Telefon-2", number),
            "mobilePhoneSecondary": canary.personal("Mobil-2", number),
            "discountGroup": 1,
            "discountPercent": 0.0 if bits % 8 else 10.0,
            "bonusPercent": 0.0 if bits % 7 else 3.0,
            "familyNumber": number,
            "bonusType": 1 if bits % 8 else 0,
            "hasCustomerCard": bits % 3 == 0,
        }

    def _created(self, stamp: Stamp) -> str:
        if stamp.nth >= self._plan.staff + self._plan.customers:
            return midnight_text(self.table.changed_at(stamp.nth) // DAY)
        return moment_text((self._today - 740 - stamp.bits % 3000) * DAY)


def _identity(number: int, bits: int) -> Row:
    return {
        "searchTerm": canary.personal("Suchbegriff", number),
        "personalSalutation": canary.personal("Sehr geehrte", number),
        "name1": canary.personal("Name", number),
        "name2": canary.personal("Name-2", number) if bits % 100 == 1 else "",
        "name3": None,
        "salutation": ("Frau", "Herr", "Familie", "")[bits >> 40 & 3],
        "customerCardPrintDate": None,
        "lastBonusSettlementDate": None,
        "directDebitAuthorization": False,
        "title": canary.personal("Dr.", number) if bits % 20 == 3 else "",
        "isLockedForSelections": False,
        "bankCode": canary.BANK_CODE if bits % 3 == 0 else 0,
        "signedDeclarationOfConsent": bits % 5 > 0,
    }


def _contact(number: int, bits: int) -> Row:
    return {
        "email": canary.address("kunde", number) if bits % 4 else "",
        "maritalStatus": 0,
        "fax": canary.personal("Fax", number),
        "dateOfBirth": canary.BIRTH_DATE if bits % 3 else None,
        "dateOfBirthSignificantOther": canary.BIRTH_DATE if bits % 10 == 0 else None,
        "iban": canary.personal("IBAN", number),
        "info1": canary.personal("Info", number) if bits % 9 == 0 else "",
        "info2": canary.personal("Info-2", number) if bits % 33 == 0 else "",
        "bankAccount": canary.personal("Konto", number) if bits % 3 == 0 else "",
        "gender": (bits >> 21) % 3,
        "mobilePhone": canary.personal("Mobil", number),
        "subscriptionNewsletter": bits % 6 == 0,
        "subscriptionNewsletterConfirmationDate": None,
        "lastName": canary.personal("Nachname", number),
        "city": canary.personal("Ort", number),
        "zipCode": canary.personal("PLZ", number),
        "street": canary.personal("Straße", number),
        "bic": canary.personal("BIC", number),
        "telephone": canary.personal("Telefon", number),
        "firstName": canary.personal("Vorname", number),
        "subscriptionAdvertising": bits % 6 == 1,
        "countryNumber": "D" if bits % 100 else "",
        "staffNumber": 0,
    }


def _flags(bits: int) -> Row:
    criteria: Row = {f"selectionCriteria{n}": "" for n in range(1, 10)}
    criteria["selectionCriteria2"] = "Stammkunde" if bits % 7 == 0 else ""
    return {
        **criteria,
        "vatNumber": canary.personal("USt-Id", bits % 1000) if bits % 40 == 0 else "",
        "declarationsOfConsent": 1 if bits % 8 else 0,
        "groupNumber": 0,
    }


def staff_table(*, plan: CompanyPlan, today: int) -> Table:
    def make(stamp: Stamp) -> Row:
        return _staff(stamp, plan, today)

    return Table(name="staff", seed=plan.seed, count=plan.staff, today=today, make=make)


def _staff(stamp: Stamp, plan: CompanyPlan, today: int) -> Row:
    number, bits = stamp.nth + 1, stamp.bits
    has_left = bits % 9 == 0
    return {
        "id": stamp.id,
        "number": number,
        "branchNumber": plan.shops[bits % len(plan.shops)].number,
        "isActive": not has_left,
        "firstName": canary.personal("Vorname-Personal", number),
        "lastName": canary.personal("Nachname-Personal", number),
        "salutation": ("Frau", "Herr")[bits >> 40 & 1],
        "personalSalutation": canary.personal("Liebe", number),
        "gender": 1 + (bits >> 40 & 1),
        "jobTitle": ("Verkauf", "Kasse", "Filialleitung")[bits % 3],
        "entryDate": midnight_text(today - 800 - bits % 4000),
        "exitDate": midnight_text(today - bits % 300) if has_left else None,
        "street": canary.personal("Straße-Personal", number),
        "zipCode": canary.personal("PLZ-Personal", number),
        "city": canary.personal("Ort-Personal", number),
        "countryNumber": "D",
        "telephone": canary.personal("Telefon-Personal", number),
        "mobilePhone": canary.personal("Mobil-Personal", number),
        "fax": canary.personal("Fax-Personal", number),
        "personalEmail": canary.address("privat", number),
        "companyEmail": canary.address("personal", number),
        "dateOfBirth": canary.BIRTH_DATE,
        "bankNumber": canary.personal("BLZ-Personal", number),
        "bankAccount": canary.personal("Konto-Personal", number),
        "imageName": canary.personal("Bild-Personal", number),
        "info": canary.personal("Info-Personal", number),
        "searchTerm": canary.personal("Suchbegriff-Personal", number),
        "lastChange": stamp.changed,
        "isDeleted": False,
    }
