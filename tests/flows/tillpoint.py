"""Tillpoint: a till that nobody sells, and the folder that reads it.

What its makers would document, and what the API below does, written by hand:

- `POST /oauth/token` with a form (client credentials) gives a token for 15 minutes.
- `GET /v1/receipts` in pages by a cursor; `changed_from` takes epoch seconds and includes them.
  `has_more` is the text "false" at the end. Money is a decimal text, numbers have leading zeros.
- `GET /v1/outlets` in pages by a Link header; the list is the whole answer.
- `GET /v1/outlets/<id>/stock` for each outlet, by offset, with a total; stock has no id of its own.
- `POST /v1/customers/search` with the page in its body; moments are `/Date(ms)/`.
- More than ten requests a second are answered with 429 and `X-Wait: <milliseconds since 1970>`.
- A token that is not good any more is answered with 401, and an error says so with status 200.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from tests.connectors.fake_source import FakeSource, Reply, Seen

CLIENT, SECRET = "tillpoint-client", "CANARY-tillpoint-secret"
FOLDER = """\
name: tillpoint
title: Tillpoint
credentials:
  address: {title: Address, kind: url}
  client: {title: Client}
  secret: {title: Secret, secret: true}
client:
  base_url: "{address}/v1"
  auth: {by: oauth-client, url: "{address}/oauth/token", id: client, secret: secret}
  requests_per_second: 100
  wait: {header: X-Wait, as: epoch-milliseconds}
  probe: outlets
failures:
  401: Tillpoint rejected the client or its secret. Enter both once more.
answers:
  - {status: 200, at: error.code, is: BUSY, then: retry, say: Tillpoint was busy.}
defaults:
  key: [id]
streams:
  receipts:
    path: receipts
    records: data.receipts
    changed: {take: touched, zone: utc, format: epoch-seconds}
    load: {by: parameter, send: changed_from, overlap: 1 hour}
    pages: {by: cursor, send: after, take: meta.next, stop: {flag: meta.has_more}, size: {limit: 2}}
  outlets:
    path: outlets
    load: full
    pages: {by: link, rel: next}
  stock:
    path: outlets/{outlets.id}/stock
    each: outlets
    with: {outlet: id}
    key: [outlet, product.sku]
    records: items
    load: full
    pages: {by: offset, send: skip, size: {take: 2}, total: total}
  customers:
    path: customers/search
    method: post
    records: found
    changed: {take: changedAt, zone: utc, format: ms-date}
    load: {by: parameter, in: body, send: filter.since, format: iso, overlap: 1 day}
    pages: {by: number, in: body, send: paging.page, size: {paging.size: 2}, stop: short}
    personal: {drop: [name], hash: [email]}
"""
DAY = int(datetime(2026, 11, 20, tzinfo=UTC).timestamp())
NAMES = ("Alice", "Bob", "Charlie", "Olga", "Dora")


class Tillpoint:
    """What the till knows, and the API in front of it."""

    def __init__(self, api: FakeSource) -> None:
        self.api = api
        self.receipts: list[dict[str, Any]] = [
            {"id": f"00{number}", "total": f"{number}.10", "touched": DAY + number // 3 * 3600}
            for number in range(7)
        ]
        self.outlets = [{"id": number, "name": f"Outlet {number}"} for number in (1, 2, 3)]
        self.stock = {
            1: [{"product": {"sku": f"S{number}"}, "on_hand": number} for number in range(5)],
            2: [],
            3: [{"product": {"sku": "S0"}, "on_hand": 9007199254740993}],
        }
        self.customers = [
            {
                "id": number,
                "name": name,
                "email": f"{name}@example.com",
                "changedAt": f"/Date({(DAY + number) * 1000})/",
            }
            for number, name in enumerate(NAMES)
        ]
        self.troubles: list[Reply] = []
        api.on("/oauth/token", self._token)
        api.on("/v1/receipts", self._signed(self._receipts))
        api.on("/v1/outlets", self._signed(self._outlets))
        for outlet in self.outlets:
            api.on(f"/v1/outlets/{outlet['id']}/stock", self._signed(self._stock))
        api.on("/v1/customers/search", self._signed(self._customers))

    @property
    def credentials(self) -> dict[str, str]:
        return {"address": self.api.url, "client": CLIENT, "secret": SECRET}

    def _token(self, seen: Seen) -> Reply:
        form = dict(parse_qsl(seen.body.decode()))
        wanted = {
            "grant_type": "client_credentials",
            "client_id": CLIENT,
            "client_secret": SECRET,
        }
        if seen.method != "POST" or form != wanted:
            return Reply(status=401, body={"error": "invalid_client"})
        return Reply(body={"access_token": "CANARY-tillpoint-token", "expires_in": 900})

    def _signed(self, answer: Callable[[Seen], Reply]) -> Callable[[Seen], Reply]:
        def guarded(seen: Seen) -> Reply:
            if seen.headers.get("authorization") != "Bearer CANARY-tillpoint-token":
                return Reply(status=401, body={"error": {"code": "TOKEN"}})
            return self.troubles.pop(0) if self.troubles else answer(seen)

        return guarded

    def _receipts(self, seen: Seen) -> Reply:
        since, start = int(seen.params.get("changed_from", 0)), int(seen.params.get("after", 0))
        size = int(seen.params["limit"])
        known = [each for each in self.receipts if int(each["touched"]) >= since]
        here, more = known[start : start + size], start + size < len(known)
        meta = {"next": str(start + size), "has_more": "true" if more else "false"}
        return Reply(body={"data": {"receipts": here}, "meta": meta})

    def _outlets(self, seen: Seen) -> Reply:
        page = int(seen.params.get("p", 1))
        links = f'</v1/outlets?p={page + 1}>; rel="next", </v1/outlets>; rel=first'
        has_more = page < len(self.outlets)
        return Reply(
            body=self.outlets[page - 1 : page], headers={"Link": links} if has_more else {}
        )

    def _stock(self, seen: Seen) -> Reply:
        items = self.stock[int(seen.path.split("/")[3])]
        start, size = int(seen.params.get("skip", 0)), int(seen.params["take"])
        return Reply(body={"items": items[start : start + size], "total": len(items)})

    def _customers(self, seen: Seen) -> Reply:
        asked = json.loads(seen.body)
        page, size = asked["paging"]["page"], asked["paging"]["size"]
        text = asked.get("filter", {}).get("since", "1970-01-01T00:00:00Z")
        since = datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000
        known = [each for each in self.customers if int(str(each["changedAt"])[6:-2]) >= since]
        return Reply(body={"found": known[(page - 1) * size : page * size]})


def records_of(till: Tillpoint) -> dict[str, list[dict[str, Any]]]:
    """What has to be in raw, people left out, by the order of the till."""
    stock = [{**item, "outlet": outlet} for outlet, items in till.stock.items() for item in items]
    people = [
        {name: value for name, value in each.items() if name not in ("name", "email")}
        for each in till.customers
    ]
    return {
        "receipts": list(till.receipts),
        "outlets": list(till.outlets),
        "stock": stock,
        "customers": people,
    }


@contextmanager
def tillpoint() -> Iterator[Tillpoint]:
    api = FakeSource()
    try:
        yield Tillpoint(api)
    finally:
        api.close()
