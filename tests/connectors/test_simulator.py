"""The connector against a whole ProHandel cloud of its own process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec
import pytest

from flows.connectors.catalog import connector
from flows.connectors.probe import Outcome, probe
from flows.connectors.reader import Reader
from flows.connectors.records import strip
from tests.connectors import shop

# What of a person is not about the person; written out, so that none of it goes missing unseen.
OF_A_CUSTOMER = {
    *("id", "number", "creationDate", "lastChange", "isDeleted", "mergedInto", "inactiveFlag"),
    *("isLocked", "isBusiness", "isStaff", "branchNumber", "revenue", "bonusValue"),
    *("loyalityPoints", "customerCardPrintDate", "lastBonusSettlementDate", "countryNumber"),
    *("directDebitAuthorization", "isLockedForSelections", "signedDeclarationOfConsent"),
    *("subscriptionNewsletter", "subscriptionNewsletterConfirmationDate", "staffNumber"),
    *("subscriptionAdvertising", "declarationsOfConsent", "groupNumber", "customerType"),
    *("discountGroup", "discountPercent", "bonusPercent", "familyNumber", "bonusType"),
    *("hasCustomerCard", "email"),
}
OF_STAFF = {
    *("id", "number", "branchNumber", "isActive", "entryDate", "exitDate", "lastChange"),
    "isDeleted",
}
PROHANDEL = connector("prohandel")
MARK = b"PII-CANARY"


@pytest.fixture(scope="module")
def cloud() -> Iterator[str]:
    command = [
        *(sys.executable, "-m", "tests.simulators.prohandel", "--port", "0"),
        *("--company", f"alice:{shop.KEY}:{shop.SECRET}:3000:7"),
        *("--forbid", "alice:staff", "--missing", "alice:order"),
        *("--company", f"bob:{shop.KEY}-bob:{shop.SECRET}:3000:7"),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ready = process.stdout.readline().split()
        assert ready[:1] == ["ready"], "The simulator did not start"
        yield ready[1]
        process.terminate()


def credentials(cloud: str, *, key: str = shop.KEY) -> dict[str, str]:
    return {"api_key": key, "api_secret": shop.SECRET, "auth_url": f"{cloud}/api/v4"}


def test_a_connection_to_a_cloud_is_tried(cloud: str) -> None:
    result = probe(
        PROHANDEL,
        credentials(cloud),
        allow_private=True,
        time_zone=shop.BERLIN,
        clock=lambda: datetime(2025, 6, 30, tzinfo=UTC),
        sleep=shop.Naps(),
    )

    assert result.problem is None
    assert result.streams["sale"].outcome == Outcome.READABLE
    assert result.streams["sale"].incremental
    assert result.streams["staff"].outcome == Outcome.FORBIDDEN
    assert result.streams["order"].outcome == Outcome.MISSING


def test_a_cloud_is_read_to_its_end_without_its_people(cloud: str) -> None:
    def clock() -> datetime:
        return datetime.now(UTC)

    with Reader(
        PROHANDEL,
        credentials(cloud),
        allow_private=True,
        time_zone=shop.BERLIN,
        clock=clock,
        sleep=shop.Naps(),
    ) as reader:
        for name in ("sale", "customer", "branch", "supplier"):
            stream = PROHANDEL.streams[name]
            records = [r for page in reader.pages(name, since=None) for r in page.records]
            landed = [
                strip(record, stream=stream, kept=frozenset(), pseudonym_key=b"k")
                for record in records
            ]
            keys = [msgspec.json.decode(record)["id"] for record in landed]
            assert len(set(keys)) == len(keys) > 0
            assert not [record for record in landed if MARK in record]


@pytest.mark.parametrize(("name", "fields"), [("customer", OF_A_CUSTOMER), ("staff", OF_STAFF)])
def test_of_people_everything_that_is_not_about_them_lands_byte_by_byte(
    cloud: str, name: str, fields: set[str]
) -> None:
    stream = PROHANDEL.streams[name]
    with Reader(
        PROHANDEL,
        credentials(cloud, key=f"{shop.KEY}-bob"),
        allow_private=True,
        time_zone=shop.BERLIN,
        clock=lambda: datetime.now(UTC),
        sleep=shop.Naps(),
    ) as reader:
        records = [r for page in reader.pages(name, since=None) for r in page.records]

    members = msgspec.json.Decoder(dict[str, msgspec.Raw])
    assert len(records) > 0
    for record in records:
        sent = members.decode(record)
        left = members.decode(strip(record, stream=stream, kept=frozenset(), pseudonym_key=b"k"))
        assert set(left) == fields
        assert all(bytes(left[field]) == bytes(sent[field]) for field in fields - {"email"})
        assert stream.personal.unjudged(sent) == []
