"""What the retailer ordered from its suppliers; the positions come inside the order."""

from __future__ import annotations

from tests.simulators.prohandel.articles import supplier_number
from tests.simulators.prohandel.catalogue import SIZES_PER_ARTICLE, Catalogue, ean
from tests.simulators.prohandel.moments import DAY, SECOND, moment_text
from tests.simulators.prohandel.plans import CompanyPlan
from tests.simulators.prohandel.randomness import Guids, mix, salt
from tests.simulators.prohandel.tables import Row, Stamp, Table


class PurchaseOrders:
    def __init__(self, *, plan: CompanyPlan, catalogue: Catalogue, today: int) -> None:
        self._plan = plan
        self._catalogue = catalogue
        self._today = today
        self._positions = Guids(salt=salt(seed=plan.seed, name="orderposition"))
        count = max(5, min(5000, plan.articles // 40))
        self.table = Table(name="order", seed=plan.seed, count=count, today=today, make=self._row)

    def _row(self, stamp: Stamp) -> Row:
        bits = stamp.bits
        number = 60_001 + stamp.nth
        created = (self._today - bits % 400) * DAY + (bits >> 9) % (DAY // SECOND) * SECOND
        return {
            "id": stamp.id,
            "number": number,
            "source": "",
            "created": moment_text(created),
            "supplierNumber": supplier_number((bits >> 12) % self._plan.suppliers),
            "supplierOrderId": f"AB-{bits % 100_000:05d}",
            "merchantNumber": 0,
            "info": "",
            "overallDiscount": 0.0,
            "status": bits % 3,
            "type": 0,
            "positions": [
                self._position(number, mix(bits + n), created) for n in range(1 + bits % 4)
            ],
        }

    def _position(self, order: int, bits: int, created: int) -> Row:
        article = bits % self._plan.articles
        size = (bits >> 20) % SIZES_PER_ARTICLE
        goods = self._catalogue.goods(article)
        code = str(ean(article=article, size=size))
        ordered = 1 + (bits >> 30) % 12
        delivered = min(ordered, (bits >> 36) % 14)
        return {
            "id": self._positions.of(bits),
            "orderNumber": order,
            "articleNumber": float(goods.number),
            "branchNumber": self._plan.shops[bits % len(self._plan.shops)].number,
            "sizeGroupNumber": goods.bits % 4 + 1,
            "sizeGroupPosition": size + 1,
            "size": "",
            "originalEAN": code,
            "ean": code,
            "purchasePrice": goods.purchase_price / 100,
            "netPurchasePrice": goods.purchase_price / 100,
            "salePrice": goods.label_price / 100,
            "labelPrice": goods.label_price / 100,
            "isConsignment": False,
            "orderAmount": float(ordered),
            "deliveredAmount": float(delivered),
            "backlogAmount": float(ordered - delivered),
            "distributedAmount": 0.0,
            "status": 2 if delivered == ordered else 1,
            "distributionStatus": 0,
            "lastChange": moment_text(created),
            "isDeleted": False,
        }
