"""Tokens, pages, headers and errors are those of the recorded API."""

from __future__ import annotations

import time
from collections.abc import Iterator
from uuid import UUID

import pytest
import requests

from tests.simulators.process import Company, NotReady, Simulator
from tests.simulators.reader import Reader, ask_for_token

ALICE = Company("alice-mode", "alice-key-1", "alice-secret-1", lines=600, seed=11)
CHARLIE = Company("charlie-sport", "charlie-key-1", "charlie-secret-1", lines=300, seed=12)


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    options = ["--forbid", "charlie-sport:customer", "--missing", "charlie-sport:voucher"]
    with Simulator(ALICE, CHARLIE, options=options) as running:
        yield running


@pytest.fixture
def alice(simulator: Simulator) -> Reader:
    return Reader(simulator, ALICE)


@pytest.fixture
def charlie(simulator: Simulator) -> Reader:
    return Reader(simulator, CHARLIE)


def test_a_token_answer_has_the_recorded_shape(alice: Reader) -> None:
    tokens = alice.tokens["token"]

    assert {kind: tokens[kind]["expiresIn"] for kind in tokens} == {
        "token": 1800,
        "refreshToken": 86_400,
    }
    assert alice.tokens["serverUrl"] == f"{alice.simulator.url}/alice-mode"
    assert alice.tokens["requiredActions"] == []


def test_a_token_is_given_for_either_casing(simulator: Simulator) -> None:
    body = {"ApiKey": ALICE.api_key, "Secret": ALICE.secret, "TenantId": "ignored"}

    response = requests.post(f"{simulator.auth_url}/token", json=body, timeout=10)

    assert response.status_code == 200


@pytest.mark.parametrize(
    ("api_key", "secret"),
    [("alice-key-2", ALICE.secret), (ALICE.api_key, CHARLIE.secret), (ALICE.api_key, "")],
)
def test_wrong_credentials_are_refused(simulator: Simulator, api_key: str, secret: str) -> None:
    response = ask_for_token(simulator, api_key=api_key, secret=secret)

    assert response.status_code == 401
    assert "invalid_token" in response.headers["www-authenticate"]
    assert set(response.json()) == {"error", "message", "correlationId"}


def test_a_body_that_is_no_json_is_refused(simulator: Simulator) -> None:
    response = requests.post(f"{simulator.auth_url}/token", data="apiKey=x", timeout=10)

    assert response.status_code == 401


def test_credentials_are_never_sent_back(simulator: Simulator, alice: Reader) -> None:
    granted = ask_for_token(simulator, api_key=ALICE.api_key, secret=ALICE.secret)
    refused = ask_for_token(simulator, api_key=ALICE.api_key, secret="wrong-secret")

    answers = [granted, refused, alice.get("branch"), alice.get("nothing")]

    for answer in answers:
        sent = answer.text + str(answer.headers)
        assert ALICE.api_key not in sent
        assert ALICE.secret not in sent
        assert "wrong-secret" not in sent


def test_an_expired_token_is_refused_until_it_is_refreshed(alice: Reader) -> None:
    alice.simulator.expire_tokens()
    expired = alice.get("branch")

    alice.refresh()

    assert expired.status_code == 401
    assert "invalid_token" in expired.headers["www-authenticate"]
    assert alice.get("branch").status_code == 200


def test_an_access_token_refreshes_nothing(alice: Reader) -> None:
    address = f"{alice.simulator.auth_url}/token/refresh"
    headers = {"Authorization": f"Bearer {alice.access}"}

    response = requests.post(address, headers=headers, timeout=10)

    assert response.status_code == 401


def test_a_refresh_token_reads_nothing(alice: Reader) -> None:
    alice.tokens["token"]["token"] = alice.tokens["token"]["refreshToken"]

    response = alice.get("branch")

    assert response.status_code == 401


def test_the_lifetime_of_a_token_can_be_chosen() -> None:
    with Simulator(ALICE, options=["--token-seconds", "0"]) as simulator:
        reader = Reader(simulator, ALICE)

        response = reader.get("branch")

    assert reader.tokens["token"]["token"]["expiresIn"] == 0
    assert response.status_code == 401


def test_another_companys_token_is_refused(alice: Reader, charlie: Reader) -> None:
    charlie.tokens["serverUrl"] = alice.tokens["serverUrl"]

    response = charlie.get("sale")

    assert response.status_code == 401
    assert "invalid_token" in response.headers["www-authenticate"]


@pytest.mark.parametrize("size", [1, 7, 100, 1000])
def test_the_pages_hold_every_row_once(alice: Reader, size: int) -> None:
    entity = "article" if size == 1 else "sale"
    count = alice.simulator.truth("alice-mode")["records"][entity]

    ids = [row["id"] for row in alice.rows(entity, size=size)]

    assert len(ids) == len(set(ids)) == count


def test_the_last_page_says_so_even_when_it_is_exactly_full(alice: Reader) -> None:
    last = alice.get("sale", page=6, pagesize=100)
    before = alice.get("sale", page=5, pagesize=100)
    after = alice.get("sale", page=7, pagesize=100)

    assert len(last.json()) == len(before.json()) == 100
    assert before.headers["X-More-Pages-Available"] == "True"
    assert last.headers["X-More-Pages-Available"] == "False"
    assert after.headers["X-More-Pages-Available"] == "False"
    assert after.json() == []


def test_every_page_carries_the_recorded_headers(alice: Reader) -> None:
    response = alice.get("sale", Page=2, PageSize=50)

    assert response.headers["X-Page"] == "2"
    assert response.headers["X-Pagesize"] == "50"
    assert str(UUID(response.headers["X-Correlation-ID"])) == response.headers["X-Correlation-ID"]
    assert response.headers["api-supported-versions"].startswith("2.0, 2.5")
    assert response.headers["content-type"] == "application/json; charset=utf-8"


def test_a_page_has_100_rows_unless_asked_and_1000_at_most(simulator: Simulator) -> None:
    with Simulator(Company("big", "big-key", "big-secret", lines=2500)) as other:
        reader = Reader(other, Company("big", "big-key", "big-secret", lines=2500))

        unasked = reader.get("sale")
        greedy = reader.get("sale", pagesize=5000)

    assert (len(unasked.json()), unasked.headers["X-Pagesize"]) == (100, "100")
    assert (len(greedy.json()), greedy.headers["X-Pagesize"]) == (1000, "1000")
    assert greedy.headers["X-More-Pages-Available"] == "True"


@pytest.mark.parametrize("query", [{"page": "0"}, {"pagesize": "-5"}, {"page": "two"}])
def test_an_impossible_page_is_a_bad_request(alice: Reader, query: dict[str, str]) -> None:
    response = alice.get("sale", **query)

    assert response.status_code == 400


def test_sale_lines_come_in_no_order_but_always_the_same(alice: Reader) -> None:
    dates = [row["date"] for row in alice.rows("sale")]
    numbers = [row["number"] for row in alice.rows("article")]

    again = [row["date"] for row in alice.rows("sale")]

    assert dates == again
    assert dates != sorted(dates)
    assert numbers == sorted(numbers)


@pytest.mark.parametrize("path", ["sales", "receipt", "orderposition", "voucher/redemption", "tax"])
def test_unknown_paths_are_not_found(alice: Reader, path: str) -> None:
    response = alice.get(path)

    assert response.status_code == 404
    assert set(response.json()) == {"error", "message", "correlationId"}


@pytest.mark.parametrize("path", ["shop", "customercard"])
def test_some_lists_are_always_empty(alice: Reader, path: str) -> None:
    response = alice.get(path)

    assert response.json() == []
    assert response.headers["X-More-Pages-Available"] == "False"


def test_orders_cannot_be_asked_for_changes(alice: Reader) -> None:
    response = alice.get("order/changed/2025-06-01T00:00:00")

    assert alice.get("order").status_code == 200
    assert response.status_code == 404


def test_a_time_with_an_offset_is_a_bad_request(alice: Reader) -> None:
    response = alice.get("sale/changed/2025-06-01T00:00:00Z")

    assert response.status_code == 400


def test_a_key_may_be_kept_from_single_lists(alice: Reader, charlie: Reader) -> None:
    forbidden = [charlie.get(path) for path in ("customer", "customer/changed/2025-06-01")]
    missing = [charlie.get(path) for path in ("voucher", "voucher/redemption/changed/2025-06-01")]

    assert [response.status_code for response in forbidden] == [403, 403]
    assert [response.status_code for response in missing] == [404, 404]
    assert alice.get("customer").status_code == alice.get("voucher").status_code == 200


def test_full_and_changed_requests_are_counted_apart(alice: Reader) -> None:
    alice.simulator.reset_requests()
    alice.rows("branch")
    alice.get("branch/changed/2999-01-01T00:00:00")

    counted = alice.simulator.requests()["alice-mode"]["branch"]

    assert counted == {
        "full": {"requests": 1, "rows": 4},
        "changed": {"requests": 1, "rows": 0},
    }


def test_a_bad_company_ends_the_process_with_a_sentence() -> None:
    company = Company("zero", "zero-key", "zero-secret", lines=0)

    with pytest.raises(NotReady, match="between 1 and 10000000 sale lines"):
        Simulator(company)


def test_a_silent_process_is_given_up_in_time() -> None:
    with pytest.raises(NotReady, match="not ready after 0 s"):
        Simulator(ALICE, timeout=0)


def test_ten_million_lines_are_served_at_once_from_little_memory() -> None:
    company = Company("vast", "vast-key", "vast-secret", lines=10_000_000)
    with Simulator(company) as simulator:
        reader = Reader(simulator, company)
        started_at = time.perf_counter()

        responses = [reader.get("sale", page=page, pagesize=1000) for page in (1, 5000, 10_000)]

        seconds = time.perf_counter() - started_at
        resident_kilobytes = _resident_kilobytes(simulator.pid)

    assert [len(response.json()) for response in responses] == [1000, 1000, 1000]
    assert responses[-1].headers["X-More-Pages-Available"] == "False"
    assert seconds < 3  # 0.05 s on a quiet machine
    assert resident_kilobytes < 150_000


def _resident_kilobytes(pid: int) -> int:
    with open(f"/proc/{pid}/status") as status:
        lines = dict(line.split(":", 1) for line in status)
    return int(lines["VmRSS"].split()[0])
