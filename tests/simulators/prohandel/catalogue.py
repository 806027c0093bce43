"""What the shops sell: facts of an article and its sizes, each made from its index."""

from __future__ import annotations

from typing import NamedTuple

from tests.simulators.prohandel.plans import CompanyPlan
from tests.simulators.prohandel.randomness import Shuffle, mix, salt

SIZES_PER_ARTICLE = 3
_FIRST_ARTICLE = 100_000_000
_ENDINGS = (95, 95, 90, 99, 0)
_GARMENTS = (
    "Hosen", "Blusen", "Röcke", "Magazine", "Jacken", "Mäntel", "Strick", "Shirts", "Schuhe",
    "Taschen", "Wäsche", "Kinderbücher", "Schmuck", "Gürtel", "Mützen", "Bademode", "Sakkos",
)  # fmt: skip
_REDUCED = frozenset({3, 11})
_DEPARTMENTS = (
    "Damen", "Herren", "Mädchen", "Jungen", "Baby", "Sport", "Outdoor", "Trachten", "Wohnen",
    "Junge Mode", "Outlet",
)  # fmt: skip


class Goods(NamedTuple):
    """An article. Prices in cents; `bits` for whatever else depends on the article alone."""

    number: int
    label_price: int
    purchase_price: int
    bits: int


class Category(NamedTuple):
    number: int
    name: str
    tax_number: int


class Catalogue:
    """Facts that never change. What changes day by day lives with the lists that serve it."""

    def __init__(self, *, plan: CompanyPlan) -> None:
        self.articles = plan.articles
        self._salt = salt(seed=plan.seed, name="goods")
        self._popularity = Shuffle(size=plan.articles, seed=self._salt)
        self._sold = max(1, plan.articles * 9 // 10)
        self.categories = tuple(_category(index) for index in range(plan.categories))

    def goods(self, index: int) -> Goods:
        bits = mix(index + self._salt)
        label = (10 + (bits >> 8) % 50 * ((bits >> 20) % 6 + 1)) * 100 - 100 + _ENDINGS[bits % 5]
        purchase = label * (30 + (bits >> 40) % 20) // 100
        return Goods(_FIRST_ARTICLE + 4 * index + (bits & 3), label, purchase, bits)

    def popular(self, bits: int) -> int:
        """An article's index; some come up often, every tenth never."""
        share = bits & 0xFFFFFF
        return self._popularity.index(share * share * self._sold >> 48)

    def category(self, goods: Goods) -> Category:
        return self.categories[(goods.bits >> 28) % len(self.categories)]


def ean(*, article: int, size: int) -> int:
    """The 13 digits of a size, check digit included."""
    body = 4_000_000_000_00 + (article * SIZES_PER_ARTICLE + size)
    group, low = divmod(body, 1_000_000)
    high = group % 1_000_000
    total = _WEIGHED[high // 1000] + _WEIGHED_REST[high % 1000]
    total += _WEIGHED[low // 1000] + _WEIGHED_REST[low % 1000]
    return body * 10 + (-total) % 10


def _weighed(first: int, second: int) -> tuple[int, ...]:
    return tuple(n // 100 * first + n // 10 % 10 * second + n % 10 * first for n in range(1000))


_WEIGHED = _weighed(1, 3)
_WEIGHED_REST = _weighed(3, 1)


def _category(index: int) -> Category:
    department, garment = divmod(index, len(_GARMENTS))
    # The second department sells blouses under the first one's name: names are no keys.
    owner = 0 if (department, garment) == (1, 1) else department
    tax_number = 2 if garment in _REDUCED else 1
    return Category(10 * (index + 1), f"{_DEPARTMENTS[owner]} {_GARMENTS[garment]}", tax_number)
