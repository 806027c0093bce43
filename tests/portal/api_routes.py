"""Every door of the API as the URL resolver knows it: what is not listed there cannot be asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern
from rest_framework.views import APIView

from portal.api.docs import DocsView, SchemaView
from portal.api.permissions import is_for_platform
from portal.api.urls import urlpatterns
from portal.api.views import NothingHereApi
from tests.portal.api_cast import House

# What anybody may read: the description of the API, and that there is nothing elsewhere.
OPEN = (DocsView, SchemaView, NothingHereApi)


# What fills each place of a route with something that is really there, at this house.
Filling = Callable[[House], object]
VALUES: dict[str, Filling] = {
    "tenant": lambda house: house.tenant.slug,
    "connection": lambda house: house.connection.name,
    "user": lambda house: {"alster": "alice", "barmbek": "charlie"}[house.tenant.slug],
    "publication": lambda house: house.publication,
    "view": lambda house: "daily_sales_summary",
    "stream": lambda house: "sale",
    "engine": lambda house: "DUCKDB",
    "day": lambda house: "2026-11-19",
}
CODES: dict[str, Filling] = {
    "keys": lambda house: house.key.code,
    "runs": lambda house: house.run.code,
    "drift": lambda house: house.drift.code,
}
# The same place filled with what nobody has, in the same form.
FABRICATED = {
    "tenant": "nirgends",
    "connection": "nothing-here",
    "user": "nobody",
    "publication": "20200101T000000Z-00000000",
    "view": "nothing",
    "code": "00000000-0000-4000-8000-000000000000",
    "stream": "nothing",
    "engine": "NOTHING",
    "day": "1990-13-01",
}
BUDGET = {"amount": "50.00"}
OVERRIDE = {"until": "2026-12-01T00:00:00Z", "reason": "The sale of the year."}
# A body that each door would take, so that it is the key that is refused and not the body.
BODIES: dict[str, Any] = {
    "POST tenants": {"slug": "neu", "name": "Neu"},
    "PATCH tenants/<slug:tenant>": {"name": "Taken over"},
    "POST tenants/<slug:tenant>/members": {"user": "bob", "role": "ADMIN"},
    "PATCH tenants/<slug:tenant>/members/<str:user>": {"role": "VIEWER"},
    "POST tenants/<slug:tenant>/keys": {"name": "mine", "scopes": ["read"]},
    "POST tenants/<slug:tenant>/connections": {"name": "neu", "connector": "prohandel"},
    "PATCH tenants/<slug:tenant>/connections/<slug:connection>": {"streams": ["sale"]},
    "PUT tenants/<slug:tenant>/connections/<slug:connection>/credentials": {
        "api_key": "theirs",
        "api_secret": "theirs",
    },
    "PUT tenants/<slug:tenant>/connections/<slug:connection>/schedule": {"kind": "MANUAL"},
    "PUT tenants/<slug:tenant>/connections/<slug:connection>/deployment": {"wanted": "PAUSED"},
    "PUT tenants/<slug:tenant>/budget": BUDGET,
    "POST tenants/<slug:tenant>/budget/override": OVERRIDE,
    "PUT platform/budget": BUDGET,
    "POST platform/budget/override": OVERRIDE,
    "POST platform/ledger/<slug:engine>/seen": {"days": ["2026-11-19"]},
    "PUT platform/ledger/<slug:engine>/<str:day>": {
        "currency": "EUR",
        "is_billed": True,
        "digest": "0123456789abcdef",
        "bill": [],
        "lines": [],
    },
    "PUT flow/runs/<uuid:code>/credentials": {
        "credentials": {"api_key": "theirs"},
        "set_at": "2026-11-20T05:00:00Z",
    },
    "PUT flow/runs/<uuid:code>/streams/<slug:stream>": {"status": "FAILED"},
    "POST flow/runs/<uuid:code>/finish": {"status": "FAILED"},
}

# What has to be asked in the address.
QUERIES = {
    "GET tenants/<slug:tenant>/connections/<slug:connection>/schedule/price": "?kind=MANUAL",
}


@dataclass(frozen=True)
class Door:
    """One method of one path, such as `POST tenants/<slug:tenant>/keys`."""

    method: str
    route: str
    view: type[APIView]

    def __str__(self) -> str:
        return f"{self.method} {self.route}"

    @property
    def is_safe(self) -> bool:
        return self.method == "GET"

    @property
    def is_for_platform(self) -> bool:
        """Whether no key of a tenant opens it, whichever tenant it is about."""
        return is_for_platform(self.view, self.method)


def doors() -> Iterator[Door]:
    for pattern in urlpatterns:
        view = view_of(pattern)
        if view not in OPEN:
            for method in view.http_method_names:
                if method != "head" and hasattr(view, method):
                    yield Door(method.upper(), str(pattern.pattern), view)


def view_of(pattern: URLPattern) -> type[APIView]:
    view: type[APIView] = pattern.callback.view_class  # type: ignore[attr-defined]  # as_view's
    return view


def path_of(door: Door, house: House, **other: str) -> str:
    def fill(match: re.Match[str]) -> str:
        name = match[1]
        if name in other:
            return other[name]
        if name == "code":
            kind = next(each for each in CODES if f"{each}/" in door.route)
            return str(CODES[kind](house))
        return str(VALUES[name](house))

    return "/api/v1/" + re.sub(r"<\w+:(\w+)>", fill, door.route)
