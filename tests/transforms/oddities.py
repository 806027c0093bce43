"""What engines are likely to read differently: odd values and nights, corrections, late batches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.transforms import till
from tests.transforms.builds import ALICE, Builds

CONNECTION = "market"
MARCH = "2025-03-01T09:00:00"
# Local clocks: one hour comes twice in autumn, and one is left out in spring.
NIGHTS = {"2024-10-27": (3600, 7200, 9000, 10800), "2024-03-31": (3600, 7200, 9000, 10800)}


@dataclass(frozen=True)
class Batch:
    stream: str
    records: list[till.Record]
    extracted: str | None = None
    gone: bool = False


def land_oddities(number: int, *warehouses: Builds) -> None:
    """Land the batches of a landing, one of `LANDINGS`, in every warehouse."""
    for hour, batch in enumerate(LANDINGS[number]):
        for warehouse in warehouses:
            warehouse.land(
                batch.stream,
                *batch.records,
                tenant=ALICE,
                connection=CONNECTION,
                at=f"2025-04-{number + 1:02d}T{hour:02d}:30:00",
                extracted=batch.extracted,
                gone=batch.gone,
            )


def _sale(id: str, *, changed: str = MARCH, **said: Any) -> till.Record:
    return till.sale(id, changed=changed, date=said.pop("date", "2025-02-28"), **said)


def _nights() -> list[till.Record]:
    return [
        _sale(f"{day}-{seconds}", date=day, time=seconds, receiptNumber=seconds)
        for day, hours in NIGHTS.items()
        for seconds in hours
    ]


FIRST = [
    Batch("sale", [
        _sale("plain", receiptNumber=1, customerNumber=501.0, discount=1.5, staffDiscount=0.05),
        _sale("half-a-cent", receiptNumber=2, salePrice=0.03, purchasePrice=0.005),
        _sale("minus-half-a-cent", receiptNumber=3, salePrice=-0.03, quantity=-1.0),
        _sale("reduced", receiptNumber=4, articleNumber=100000002.0, salePrice=106.99),
        _sale("returned", receiptNumber=5, quantity=-2.0, salePrice=-238.0, purchasePrice=-100.0),
        _sale("unknown-article", receiptNumber=6, articleNumber=7.0, branchNumber="D"),
        _sale("a-third", receiptNumber=7, quantity=0.333, salePrice=33.33),
        _sale("zero-pieces", receiptNumber=8, quantity=0.0, salePrice=5.0),
        _sale("to-be-deleted", receiptNumber=9),
        _sale("to-be-moved", receiptNumber=9, receiptPosition=2),
        *_nights(),
    ]),
    Batch("branch", [
        till.branch("b1", changed=MARCH),
        till.branch("b2", changed=MARCH, number=2, name1="", countryNumber="A"),
    ]),
    Batch("country", [till.country("c1", changed=MARCH)]),
    Batch("supplier", [
        till.supplier("s1", changed=MARCH),
        till.supplier("s2", changed=MARCH, number=71.0, name1=None),
    ]),
    Batch("category", [
        till.category("k1", changed=MARCH),
        till.category("k2", changed=MARCH, number=20, taxNumber=2, name="Bücher"),
    ]),
    Batch("article", [
        till.article("a1", changed=MARCH, nothing=None,
                     brandNew={"b": [1, None, "ü'\\\""], "a": 1.10}),
        till.article("a2", changed=MARCH, number=100000002.0, categoryNumber=20, isNOS=True,
                     supplierColor="", imageName=7),
        till.article("a3", changed=MARCH, number=100000003.0, supplierArticleNumber="",
                     supplierColor=None, categoryNumber=0,
                     lastPurchaseDate="2025-02-10T00:00:00"),
    ]),
    Batch("articlesize", [
        till.articlesize("z1", changed=MARCH),
        till.articlesize("z2", changed=MARCH, number=2.0, stockQuantity=-1.5, purchasePrice=0.333),
        till.articlesize("z3", changed=MARCH, number=3.0, articleNumber=100000002.0,
                         currencyNumber="CHF"),
        till.articlesize("z4", changed=MARCH, number=4.0, articleNumber=100000003.0,
                         stockQuantity=1e3),
    ]),
    Batch("customer", [
        till.customer("u1", changed=MARCH), till.customer("u2", changed=MARCH, number="VIP-7"),
    ]),
    Batch("order", [
        till.order("o1", *(till.position("p1", deliveredAmount=amount) for amount in (2.0, 1.0))),
        till.order("o2", number=901), till.order("o3", number=902, positions=None),
        till.order("o4", number=903, positions={"not": "a list"}),
    ]),
]  # fmt: skip

LATER = "2025-03-02T09:00:00"
SECOND = [
    Batch("sale", [
        _sale("plain", changed=LATER, receiptNumber=1, customerNumber=777.0, salePrice=99.99),
        _sale("to-be-deleted", changed=LATER, receiptNumber=9, isDeleted=True),
        _sale("to-be-moved", changed=LATER, receiptNumber=10, receiptPosition=1),
    ]),
    Batch("article", [till.article("a1", changed=LATER, price=129.0, brandNew={"a": 1.10})]),
    Batch("articlesize", [till.articlesize("z1", changed=LATER, stockQuantity=3.0)]),
    Batch("order", [till.order("o1", till.position("p2"), changed=LATER)]),
    Batch("branch", [till.branch("b2", changed=LATER, number=2, name1="Nord", isDeleted=True)]),
    Batch("customer", [till.customer("u2", changed=MARCH, number="VIP-7")], gone=True),
    Batch("articlesize", [
        till.articlesize("z2", changed=MARCH, number=2.0, stockQuantity=-1.5, purchasePrice=0.333),
    ], gone=True),
    Batch("sale", [_sale("zero-pieces", receiptNumber=8, quantity=0.0, salePrice=5.0)], gone=True),
]  # fmt: skip

# Read before anything above, and landed after it.
ARCHIVED = "2025-02-27T20:00:00"
NONSENSE = "2025-03-03T09:00:00"
THIRD = [
    Batch("sale", [
        _sale("plain", changed="2025-02-27T09:00:00", receiptNumber=1, salePrice=50.0),
        _sale("to-be-moved", changed="2025-02-27T09:00:00", receiptNumber=8, receiptPosition=3),
    ], extracted=ARCHIVED),
    Batch("sale", [
        _sale("no-price", changed=NONSENSE, receiptNumber=20, salePrice="gratis"),
        _sale("no-time", changed=NONSENSE, receiptNumber=25, time=None),
        _sale("long-time", changed=NONSENSE, receiptNumber=26, time=4_000_000_000),
        _sale("too-much", changed=NONSENSE, receiptNumber=27, salePrice=1e14, quantity=1e17),
        _sale("spaces", changed=NONSENSE, receiptNumber=" 28 ", quantity=" 2 ", salePrice=" 12.5 "),
        _sale("exponent", changed=NONSENSE, receiptNumber=29, quantity="2e0", salePrice="1.25e1"),
        _sale("many-digits", changed=NONSENSE, receiptNumber=30, quantity=1.0005, salePrice=12.345),
        _sale("zeros", changed=NONSENSE, receiptNumber="0031", customerNumber="000"),
    ]),
    Batch("article", [
        till.article("a4", changed=NONSENSE, number=None, isNOS="vielleicht", isActive="on",
                     price=""),
        till.article("a5", changed=NONSENSE, number=5, isNOS="Yes", isActive=1.0, gender="1.5",
                     firstSaleDate="2024-02-30T00:00:00", lastSaleDate="2024-02-29T00:00:00"),
        till.article("a6", changed=NONSENSE + ".1234567", number="A 6", isDeleted=True, price="x"),
    ]),
    Batch("order", [
        till.order("o5", till.position("p9", orderAmount="viel"), created="2025-02-01 10:00:00"),
        till.order("o6", positions=[7, "text", None], number=906, created="20250201"),
    ]),
    # One is there again, and another is not.
    Batch("customer", [till.customer("u2", changed="2025-04-03T09:00:00", number="VIP-7")]),
    Batch("order", [till.order("o2", number=901)], gone=True),
]  # fmt: skip

# Analytics refuses a line without a business date, so these are built no further than standard.
UNDATED = [
    Batch("sale", [
        _sale("no-date", changed=NONSENSE, receiptNumber=21) | {"date": "gestern"},
        _sale("date-of-digits", changed=NONSENSE, receiptNumber=22) | {"date": 20250303},
        _sale("date-of-13th-month", changed=NONSENSE, receiptNumber=23, date="2025-13-01"),
        _sale("short-date", changed=NONSENSE, receiptNumber=24) | {"date": "2025-3-3"},
    ]),
]  # fmt: skip

LANDINGS = (FIRST, SECOND, THIRD, UNDATED)
