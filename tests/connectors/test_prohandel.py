from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from flows.connectors.catalog import connector
from flows.connectors.loads import ChangedSegment, FullLoad
from flows.connectors.opening import first_question
from flows.connectors.pages import NumberedPages
from flows.connectors.records import strip
from flows.connectors.request import Request
from flows.connectors.spec import validate_credentials
from flows.connectors.stops import StopRule
from flows.connectors.templates import Filling
from tests.connectors import shop

PROHANDEL = connector("prohandel")
INCREMENTAL = {
    "sale",
    "article",
    "articlesize",
    "customer",
    "supplier",
    "branch",
    "category",
    "voucher",
}


def landed(stream: str, *names: str) -> set[str]:
    record = msgspec.json.encode(dict.fromkeys(names, "x"))
    kept = frozenset(names)
    spec = PROHANDEL.streams[stream]
    return set(msgspec.json.decode(strip(record, stream=spec, kept=kept, pseudonym_key=b"k")))


def test_it_has_nineteen_streams_with_a_path_and_a_key_each() -> None:
    assert len(PROHANDEL.streams) == 19
    assert all(stream.path == name for name, stream in PROHANDEL.streams.items())
    assert {stream.key for stream in PROHANDEL.streams.values()} == {("id",)}


def test_analytics_needs_five_of_them() -> None:
    required = {name for name, stream in PROHANDEL.streams.items() if stream.required}

    assert required == {"sale", "article", "articlesize", "branch", "category"}


def test_it_asks_for_changes_where_that_may_work_and_tries_it_first() -> None:
    streams = PROHANDEL.streams

    assert {name for name, stream in streams.items() if stream.is_incremental} == INCREMENTAL
    assert all(streams[name].needs_probe for name in INCREMENTAL)


def test_the_overlap_covers_a_server_that_takes_local_time_for_utc() -> None:
    summer = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)

    sale = PROHANDEL.streams["sale"]
    assert isinstance(sale.load, ChangedSegment)

    [span] = sale.load.spans(summer, now=summer)
    question = first_question(
        sale,
        filling=Filling(credentials=lambda name: ""),
        span=span,
        time_zone=shop.BERLIN,
    )

    _, _, written = question.path.rpartition("/")
    assert question.path == "sale/changed/2026-07-01T11:00:00"
    assert datetime.fromisoformat(f"{written}+00:00") <= summer - timedelta(hours=1)


def test_a_page_holds_a_thousand_and_a_header_says_whether_there_is_more() -> None:
    pages = PROHANDEL.streams["sale"].pages

    assert isinstance(pages, NumberedPages)
    assert pages.first(Request()).params == {"page": "1", "pagesize": "1000"}
    assert pages.stop == StopRule(header="X-More-Pages-Available")


def test_a_tenant_chooses_the_beginning_of_what_happened_and_never_of_what_is() -> None:
    assert {n for n, stream in PROHANDEL.streams.items() if stream.has_history} == {
        "sale",
        "voucher",
    }


@pytest.mark.parametrize("stream", ["customer", "staff"])
def test_a_new_field_of_a_person_does_not_land_whatever_the_tenant_says(stream: str) -> None:
    assert landed(stream, "id", "number", "email2", "contacts") == {"id", "number"}


def test_an_order_has_no_change_field() -> None:
    order = PROHANDEL.streams["order"]

    assert order.changed is None
    assert isinstance(order.load, FullLoad)


def test_the_login_address_may_be_left_empty() -> None:
    clean = validate_credentials(PROHANDEL, {"api_key": "k", "api_secret": "s", "auth_url": ""})

    assert clean["auth_url"] == "https://auth.prohandel.cloud/api/v4"


@pytest.mark.parametrize(
    ("stream", "names"),
    [
        ("customer", ["webshopUserPassword", "iban", "bic", "bankCode", "bankAccount"]),
        ("staff", ["bankNumber", "bankAccount"]),
        ("supplier", ["iban", "bic", "bankCode", "bankAccount"]),
        ("branch", ["iban", "bic", "bankCode", "bankAccount"]),
    ],
)
def test_passwords_and_bank_accounts_never_land(stream: str, names: list[str]) -> None:
    assert landed(stream, "id", *names) == {"id"}


def test_of_a_customer_only_what_analytics_needs_lands() -> None:
    names = {*PROHANDEL.streams["customer"].personal.drop, "number", "isStaff", "branchNumber"}
    record = msgspec.json.encode(dict.fromkeys(names, "x") | {"id": "1"})

    left = strip(record, stream=PROHANDEL.streams["customer"], kept=frozenset(), pseudonym_key=b"k")

    assert set(msgspec.json.decode(left)) == {"id", "number", "isStaff", "branchNumber"}


def test_a_branch_keeps_its_city() -> None:
    record = b'{"id":"1","name1":"Mitte","city":"Berlin","zipCode":"10115","street":"Wall 1"}'

    left = strip(record, stream=PROHANDEL.streams["branch"], kept=frozenset(), pseudonym_key=b"k")

    assert left == b'{"id":"1","name1":"Mitte","city":"Berlin","zipCode":"10115"}'
