from __future__ import annotations

import json
from datetime import timedelta
from email.utils import format_datetime

import pytest

from flows.connectors.limits import Moment, Wait, seconds_until
from flows.connectors.throttles import Bucket, Cost, Remaining, Told
from tests.connectors.shop import NOW

SOON = int(NOW.timestamp()) + 30


def told(headers: dict[str, str] | None = None, body: object = None, *, others: int = 0) -> Told:
    return Told(headers=headers or {}, body=json.dumps(body).encode(), now=NOW, others=others)


def remaining(**said: object) -> Remaining:
    return Remaining.model_validate({"by": "remaining", "header": "Left", **said})


@pytest.mark.parametrize(
    ("left", "others", "seconds"),
    [("7", 0, 0), ("1", 0, 0), ("0", 0, 30), ("2", 2, 30), ("3", 2, 0), ("", 9, 0), ("-1", 0, 0)],
)
def test_nobody_asks_when_nothing_would_be_left(left: str, others: int, seconds: float) -> None:
    style = remaining(reset="Reset", **{"as": "epoch-seconds"})
    answer = told({"Left": left, "Reset": str(SOON)}, others=others)

    assert style.pause(answer) == seconds


@pytest.mark.parametrize("reset", ["", "abc", "-5", "1"])
def test_without_a_moment_that_makes_sense_the_pause_is_short(reset: str) -> None:
    style = remaining(reset="Reset", **{"as": "epoch-seconds"})

    assert style.pause(told({"Left": "0", "Reset": reset})) == 1
    assert remaining().pause(told({"Left": "0"})) == 1


@pytest.mark.parametrize(
    ("said", "others", "seconds"),
    [
        ("32/40", 0, 0),
        ("39/40", 0, 0),
        ("40/40", 0, 0.5),
        ("38/40", 3, 1.0),
        ("400/400", 0, 0.05),
        ("40", 0, 0),
        ("a/b", 0, 0),
        ("1/0", 0, 0),
        ("", 0, 0),
    ],
)
def test_a_bucket_keeps_room_for_the_next_request(said: str, others: int, seconds: float) -> None:
    style = Bucket(by="bucket", header="Calls")

    assert style.pause(told({"Calls": said}, others=others)) == pytest.approx(seconds)


def test_a_bucket_leaks_as_fast_as_the_connector_says() -> None:
    style = Bucket(by="bucket", header="Calls", per_second=4)

    assert style.pause(told({"Calls": "40/40"})) == 0.25


def cost(left: object, rate: object, asked: object) -> object:
    status = {"currentlyAvailable": left, "restoreRate": rate}
    return {"extensions": {"cost": {"requestedQueryCost": asked, "throttleStatus": status}}}


@pytest.mark.parametrize(
    ("body", "others", "seconds"),
    [
        (cost(980, 50, 100), 0, 0),
        (cost(40, 50, 90), 0, 1),
        (cost(100, 50, 100), 1, 2),
        (cost(0.5, 50, 10.5), 0, 0.2),
        (cost(0, 0, 10), 0, 0),
        (cost(None, 50, 10), 0, 0),
        (cost("a", 50, 10), 0, 0),
        ({"data": []}, 0, 0),
        ([], 0, 0),
    ],
)
def test_a_question_waits_until_it_can_be_paid(body: object, others: int, seconds: float) -> None:
    style = Cost(
        by="cost",
        available="extensions.cost.throttleStatus.currentlyAvailable",
        restored="extensions.cost.throttleStatus.restoreRate",
        asked="extensions.cost.requestedQueryCost",
    )

    assert style.pause(told(body=body, others=others)) == pytest.approx(seconds)


def test_an_answer_that_is_no_json_costs_nothing() -> None:
    style = Cost(by="cost", available="a", restored="b", asked="c")

    assert style.pause(Told(headers={}, body=b"<html>", now=NOW)) == 0


@pytest.mark.parametrize(
    ("text", "form", "seconds"),
    [
        ("30", "seconds", 30.0),
        (" 0.5 ", "seconds", 0.5),
        ("0", "seconds", None),
        ("-5", "seconds", None),
        ("abc", "seconds", None),
        ("2, 2", "seconds", None),
        ("9" * 30, "seconds", None),
        ("٣", "seconds", None),
        (str(SOON), "epoch-seconds", 30.0),
        (f"{SOON}000", "epoch-milliseconds", 30.0),
        ("1", "epoch-seconds", None),
        (format_datetime(NOW + timedelta(seconds=30), usegmt=True), "date", 30.0),
        (format_datetime(NOW - timedelta(seconds=30), usegmt=True), "date", None),
        ("tomorrow", "date", None),
        (None, "seconds", None),
    ],
)
def test_a_header_says_when_in_one_of_four_ways(
    text: str | None, form: Moment, seconds: float | None
) -> None:
    assert seconds_until(text, form=form, now=NOW) == seconds


def test_the_header_of_a_wait_is_the_connectors() -> None:
    wait = Wait.model_validate({"header": "X-Reset", "as": "epoch-seconds"})

    assert wait.seconds({"X-Reset": str(SOON)}, now=NOW) == 30
    assert wait.seconds({}, now=NOW) is None
