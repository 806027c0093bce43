"""The articles, and the article sizes that hold the stock: a row per article, size and shop."""

from __future__ import annotations

from typing import NamedTuple

from tests.simulators.prohandel.catalogue import SIZES_PER_ARTICLE, Catalogue, ean
from tests.simulators.prohandel.moments import DAY, NEVER, date_text, midnight_text
from tests.simulators.prohandel.plans import CompanyPlan
from tests.simulators.prohandel.tables import Row, Stamp, Table

_SIZE_GROUPS = (("S", "M", "L"), ("36", "38", "40"), ("48", "50", "52"), ("116", "128", "140"))
_COLOURS = ("marine", "sand", "oliv", "bordeaux")


class Stock(NamedTuple):
    """What moved in one size of one shop since the simulator's first day."""

    moved: int = 0
    restocked_day: int = 0
    sold_day: int = 0


class Articles:
    def __init__(self, *, plan: CompanyPlan, catalogue: Catalogue, today: int) -> None:
        self._plan = plan
        self._catalogue = catalogue
        self._today = today
        self._marked_down: dict[int, int] = {}
        self.table = Table(
            name="article",
            seed=plan.seed,
            count=plan.articles,
            today=today,
            make=self._row,
            is_ordered=True,
        )

    def mark_down(self, *, index: int, off: int, ticks: int) -> None:
        """Take `off` per cent from what the article costs now."""
        self._marked_down[index] = self.price(index) * (100 - off) // 100
        self.table.touch(index=index, ticks=ticks)

    def price(self, index: int) -> int:
        return self._marked_down.get(index, self._catalogue.goods(index).label_price)

    def _row(self, stamp: Stamp) -> Row:
        goods = self._catalogue.goods(stamp.nth)
        bits = goods.bits
        price = self.price(stamp.nth) / 100
        is_dated = bits % 50 == 7
        bought = midnight_text(self._today - 200 - bits % 900) if is_dated else NEVER
        return {
            "id": stamp.id,
            "number": float(goods.number),
            "supplierArticleNumber": f"{bits % 9000 + 1000}-{stamp.nth:05d}",
            "supplierNumber": supplier_number((bits >> 12) % self._plan.suppliers),
            "categoryNumber": self._catalogue.category(goods).number,
            "seasonNumber": 1 + (bits >> 30) % 53,
            "price": price,
            "labelPrice": price,
            "calculatedPrice": goods.label_price / 100,
            "purchasePrice": goods.purchase_price / 100,
            "lastChange": stamp.changed,
            "isDeleted": is_deleted_article(stamp.bits),
            "isActive": False,
            "imageName": "",
            "individualArticleNumber": "",
            "firstPurchaseDate": bought,
            "lastPurchaseDate": bought,
            "sizeType": "",
            "manufacturerNumber": 1 + (bits >> 12) % self._plan.suppliers,
            "information": "",
            "articleFlag": "",
            "supplierColor": _COLOURS[bits >> 60 & 3] if bits % 17 == 0 else "",
            "supplierSeason": "",
            "supplierCategory": "",
            "isNOS": (bits >> 33) % 10 == 0,
            "firstOrderDate": None,
            "lastOrderDate": None,
            "gender": 0,
            "text1": "",
            "text2": "",
            "text3": "",
            "firstSaleDate": bought,
            "lastSaleDate": bought,
            "patternNumber": 0,
            "labelNumber": 1 if bits % 100 == 9 else 0,
            "colorNumber": 0,
            "shapeNumber": 0,
            "currencyNumber": self._plan.currency,
            "countryNumber": self._plan.country,
            "brandNumber": 0,
            "materialNumber": 0,
            "priceUnitNumber": "",
            "shopNumber": 0,
            "targetGroupNumber": 0,
            "functionNumber": 0,
            "brochure": "",
        }


class ArticleSizes:
    def __init__(self, *, plan: CompanyPlan, articles: Articles, catalogue: Catalogue, today: int):
        self._plan = plan
        self._articles = articles
        self._catalogue = catalogue
        self._today = today
        self._stock: dict[int, Stock] = {}
        self._shops = {shop.number: place for place, shop in enumerate(plan.shops)}
        count = plan.articles * SIZES_PER_ARTICLE * len(plan.shops)
        self.table = Table(
            name="articlesize", seed=plan.seed, count=count, today=today, make=self._row
        )

    def index(self, *, article: int, size: int, shop: int) -> int:
        place = article * SIZES_PER_ARTICLE + size
        return place * len(self._shops) + self._shops[shop]

    def sell(self, *, index: int, quantity: int, ticks: int) -> None:
        stock = self._stock.get(index, Stock())
        moved = stock.moved - quantity
        self._stock[index] = stock._replace(moved=moved, sold_day=ticks // DAY)
        self.table.touch(index=index, ticks=ticks)

    def restock(self, *, index: int, quantity: int, ticks: int) -> None:
        stock = self._stock.get(index, Stock())
        moved = stock.moved + quantity
        self._stock[index] = stock._replace(moved=moved, restocked_day=ticks // DAY)
        self.table.touch(index=index, ticks=ticks)

    def reprice(self, *, article: int, ticks: int) -> None:
        """Stamp every size in every shop, because its price is the article's."""
        rows = SIZES_PER_ARTICLE * len(self._shops)
        for index in range(article * rows, (article + 1) * rows):
            self.table.touch(index=index, ticks=ticks)

    def on_hand(self, index: int) -> int:
        """Pieces the till believes are there: also none, and sometimes fewer than none."""
        moved = self._stock[index].moved if index in self._stock else 0
        return (self.table.bits(index) >> 7) % self._depth(index) - 1 + moved

    def _depth(self, index: int) -> int:
        """How full the shelves are: every fifth article is nearly sold out."""
        article = index // len(self._shops) // SIZES_PER_ARTICLE
        return 4 if self._catalogue.goods(article).bits % 5 == 0 else 14

    def is_deleted(self, index: int) -> bool:
        return (self.table.bits(index) >> 50) % 100 == 0

    def article_number(self, index: int) -> int:
        article = index // len(self._shops) // SIZES_PER_ARTICLE
        return self._catalogue.goods(article).number

    def _row(self, stamp: Stamp) -> Row:
        place, shop = divmod(stamp.nth, len(self._shops))
        article, size = divmod(place, SIZES_PER_ARTICLE)
        goods = self._catalogue.goods(article)
        stock = self._stock.get(stamp.nth, Stock())
        code = ean(article=article, size=size)
        group = goods.bits % len(_SIZE_GROUPS)
        bought = self._today - 30 - stamp.bits % 500
        price = self._articles.price(article) / 100
        return {
            "id": stamp.id,
            "number": float(code),
            "articleNumber": float(goods.number),
            "branchNumber": self._plan.shops[shop].number,
            "size": _SIZE_GROUPS[group][size],
            "sizeGroup": group + 1,
            "ean": str(code),
            "purchasePrice": goods.purchase_price / 100,
            "salePrice": price,
            "labelPrice": price,
            "firstPurchaseDate": midnight_text(bought),
            "lastPurchaseDate": midnight_text(stock.restocked_day or bought),
            "firstSaleDate": NEVER,
            "lastSaleDate": f"{date_text(stock.sold_day)}T00:00:00" if stock.sold_day else NEVER,
            "fifo": goods.purchase_price / 100,
            "volumeUnit": 0.0,
            "isNOS": (goods.bits >> 33) % 10 == 0,
            "currencyNumber": self._plan.currency,
            "priceUnitNumber": "",
            "stockQuantity": float(self.on_hand(stamp.nth)),
            "selectionQuantity": 1.0 if (stamp.bits >> 20) % 33 == 0 else 0.0,
            "lastChange": stamp.changed,
            "isDeleted": self.is_deleted(stamp.nth),
        }


def supplier_number(index: int) -> int:
    return 1001 + index


def is_deleted_article(bits: int) -> bool:
    return (bits >> 50) % 80 == 0
