"""Made-up histories of a shop: corrections, moves, deletions and late batches, as they land."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.transforms import till

START = datetime(2025, 3, 1, 8, tzinfo=UTC)
STREAMS = ("sale", "article", "articlesize", "category", "customer", "order")


@dataclass(frozen=True)
class Landing:
    """One batch: what it brought, when it was read, and in which of the landings it arrived."""

    stream: str
    records: list[till.Record]
    extracted: str


@dataclass
class History:
    """Few keys and few moments, so that they meet often."""

    seed: int
    rng: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)

    def landings(self, count: int) -> Iterator[list[Landing]]:
        """Some batches for each of `count` landings. The first has only sales."""
        for number in range(count):
            streams = ["sale"] if number == 0 else self.rng.sample(STREAMS, k=4)
            yield [self._batch(stream, number) for stream in streams]

    def _batch(self, stream: str, number: int) -> Landing:
        # Now and then an archived batch lands: it was read before others that landed already.
        late = self.rng.random() < 0.3
        extracted = START + timedelta(days=number, hours=-40 if late else 12)
        make = getattr(self, f"_{stream}")
        records = [make() for _ in range(self.rng.randint(3, 9))]
        return Landing(stream, records, _text(extracted))

    def _changed(self) -> str:
        return _text(START + timedelta(hours=self.rng.randint(0, 5)))

    def _common(self) -> dict[str, Any]:
        return {"changed": self._changed(), "isDeleted": self.rng.random() < 0.25}

    def _sale(self) -> till.Record:
        quantity = self.rng.choice([1.0, 1.0, 2.0, -1.0])
        return till.sale(
            f"line-{self.rng.randint(1, 4)}",
            date=self.rng.choice(["2025-02-27", "2025-02-28"]),
            receiptNumber=self.rng.randint(1, 5),
            receiptPosition=self.rng.randint(1, 4),
            articleNumber=self.rng.choice([0.0, 1.0, 2.0]),
            customerNumber=self.rng.choice([0, 1, 2]),
            currencyNumber=self.rng.choice(["", "CHF"]),
            quantity=quantity,
            salePrice=quantity * self.rng.choice([9.99, 19.95]),
            **self._common(),
        )

    def _article(self) -> till.Record:
        number = self.rng.randint(1, 2)
        price = self.rng.choice([9.99, 12.5])
        return till.article(
            f"article-{self.rng.randint(1, 3)}", number=float(number), price=price, **self._common()
        )

    def _articlesize(self) -> till.Record:
        return till.articlesize(
            f"size-{self.rng.randint(1, 3)}",
            articleNumber=float(self.rng.randint(1, 2)),
            stockQuantity=float(self.rng.randint(-1, 9)),
            **self._common(),
        )

    def _category(self) -> till.Record:
        return till.category("category-1", taxNumber=self.rng.randint(0, 2), **self._common())

    def _customer(self) -> till.Record:
        number = self.rng.randint(1, 2)
        return till.customer(f"customer-{number}", number=number, **self._common())

    def _order(self) -> till.Record:
        positions = [
            till.position(f"position-{number}", deliveredAmount=float(self.rng.randint(0, 2)))
            for number in self.rng.sample([1, 2, 3], k=self.rng.randint(0, 3))
        ]
        return till.order(f"order-{self.rng.randint(1, 2)}", *positions)


def _text(moment: datetime) -> str:
    """As tills write it: without a zone."""
    return moment.replace(tzinfo=None).isoformat()
