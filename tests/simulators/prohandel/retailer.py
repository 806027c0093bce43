"""One company behind the API: its lists, its clock, and what a further day does to both."""

from __future__ import annotations

from collections.abc import Sequence

from tests.simulators.prohandel.articles import Articles, ArticleSizes
from tests.simulators.prohandel.catalogue import SIZES_PER_ARTICLE, Catalogue
from tests.simulators.prohandel.documents import Documents
from tests.simulators.prohandel.moments import DAY, SECOND
from tests.simulators.prohandel.partners import branch_table, supplier_table
from tests.simulators.prohandel.people import Customers, staff_table
from tests.simulators.prohandel.plans import CompanyPlan
from tests.simulators.prohandel.purchase_orders import PurchaseOrders
from tests.simulators.prohandel.randomness import mix, salt
from tests.simulators.prohandel.reference import reference_tables
from tests.simulators.prohandel.sales import Sales
from tests.simulators.prohandel.tables import Stream

WITH_CHANGES = frozenset(
    {"sale", "article", "articlesize", "customer", "supplier", "branch", "category", "voucher"}
)
_RETURNED_SHARE = 40
_CORRECTED_AFTER_DAYS = 45
_MARK_DOWNS = (10, 20, 30)


class Retailer:
    """Everything follows from the plan, the first day and the number of days gone since."""

    def __init__(self, *, plan: CompanyPlan, first_today: int) -> None:
        self.plan = plan
        self.first_today = self.today = first_today
        self._salt = salt(seed=plan.seed, name="day")
        self.catalogue = Catalogue(plan=plan)
        self.sales = Sales(plan=plan, catalogue=self.catalogue, today=first_today)
        self.articles = Articles(plan=plan, catalogue=self.catalogue, today=first_today)
        self.sizes = ArticleSizes(
            plan=plan, articles=self.articles, catalogue=self.catalogue, today=first_today
        )
        self.customers = Customers(plan=plan, today=first_today)
        self.documents = Documents(plan=plan, today=first_today)
        self._suppliers = supplier_table(plan=plan, today=first_today)
        orders = PurchaseOrders(plan=plan, catalogue=self.catalogue, today=first_today)
        self.streams: dict[str, Stream] = {
            "article": self.articles.table,
            "articlesize": self.sizes.table,
            "branch": branch_table(plan=plan, today=first_today),
            "customer": self.customers.table,
            "order": orders.table,
            "sale": self.sales,
            "staff": staff_table(plan=plan, today=first_today),
            "supplier": self._suppliers,
            **self.documents.tables(),
            **reference_tables(plan=plan, catalogue=self.catalogue, today=first_today),
        }

    @property
    def days(self) -> int:
        return self.today - self.first_today

    def advance(self) -> dict[str, int]:
        """Let one day pass; answers how much of what happened."""
        self.today += 1
        newcomer = self.customers.table.append(ticks=self._moment(0))
        return {
            "customers": 1,
            "lines": self._open_shops(self.customers.number(newcomer)),
            "corrected_lines": self._correct(),
            "marked_down_articles": self._mark_down(),
            "restocked_sizes": self._restock(),
            "touched": self._touch(),
        }

    def redeemed_since(self, ticks: int) -> Sequence[int]:
        changed = self.documents.voucher.since(ticks)
        return [index for index in changed if self.documents.is_redeemed(index)]

    def _open_shops(self, newcomer: int) -> int:
        day = self.sales.receipts.open_day(
            day=self.today, returned_share=_RETURNED_SHARE, newcomer=newcomer
        )
        for index in range(day.first_line, day.first_line + day.lines):
            line = self.sales.line(index)
            if line.goods.article_index < 0 or line.is_deleted:
                continue
            size = self.sizes.index(
                article=line.goods.article_index,
                size=line.goods.size_index,
                shop=line.receipt.shop.number,
            )
            self.sizes.sell(index=size, quantity=line.quantity, ticks=line.changed)
        return day.lines

    def _correct(self) -> int:
        """Change the amount of old lines, and delete others, months and years after the sale."""
        old = self.sales.receipts.first_line_of(self.today - _CORRECTED_AFTER_DAYS)
        if old == 0:
            return 0
        wanted = max(4, self.plan.lines // 30_000)
        chosen = sorted({self._draw(100 + n) % old for n in range(wanted)})
        for n, index in enumerate(chosen):
            ticks = self._moment(200 + n)
            if n % 2:
                self.sales.correct(index=index, ticks=ticks, is_deleted=True)
            else:
                self.sales.correct(index=index, ticks=ticks, off=10)
        return len(chosen)

    def _mark_down(self) -> int:
        count = max(1, self.plan.articles // 300)
        for n in range(count):
            index = self._draw(10_000 + n) % self.plan.articles
            off = _MARK_DOWNS[n % len(_MARK_DOWNS)]
            ticks = self._moment(20_000 + n)
            self.articles.mark_down(index=index, off=off, ticks=ticks)
            self.sizes.reprice(article=index, ticks=ticks)
        return count

    def _restock(self) -> int:
        rows = self.plan.articles * SIZES_PER_ARTICLE * len(self.plan.shops)
        count = max(1, self.plan.articles // 150)
        for n in range(count):
            index = self._draw(30_000 + n) % rows
            self.sizes.restock(index=index, quantity=10, ticks=self._moment(40_000 + n))
        return count

    def _touch(self) -> int:
        """Changes that move no figure: an address, a telephone number, a spent voucher."""
        known = self.plan.staff + self.plan.customers
        self.customers.table.touch(index=self._draw(1) % known, ticks=self._moment(1))
        voucher = self._draw(2) % self.plan.documents
        self.documents.redeem(index=voucher, ticks=self._moment(2))
        supplier = self._draw(3) % self.plan.suppliers
        self._suppliers.touch(index=supplier, ticks=self._moment(3))
        return 3

    def _draw(self, purpose: int) -> int:
        return mix(mix(self.today + self._salt) + purpose)

    def _moment(self, purpose: int) -> int:
        """After closing time on the day the clock shows."""
        bits = self._draw(purpose + 1_000_000)
        return self.today * DAY + (72_000 + bits % 7000) * SECOND + (bits >> 20) % SECOND
