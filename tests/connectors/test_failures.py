from __future__ import annotations

import json
import time
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from flows.connectors.failures import AnswerRules, Failures, Verdict, usual_failures, verdict
from flows.connectors.spec import Connector, parse_connector
from tests.connectors import asking

OK = frozenset({200})
FAILURES = TypeAdapter(Failures)
RULES = TypeAdapter(AnswerRules)


def judged(
    status: int,
    body: object = None,
    *,
    failures: dict[int, Any] | None = None,
    answers: list[Any] | None = None,
    answered: frozenset[int] = OK,
) -> Verdict | None:
    return verdict(
        status,
        body if isinstance(body, bytes) else json.dumps(body).encode(),
        failures=FAILURES.validate_python(failures or {}),
        answers=RULES.validate_python(answers or []),
        answered=answered,
    )


def then(found: Verdict | None) -> str:
    return found.then if found else "read"


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (200, "read"),
        (201, "stop-stream"),
        (204, "stop-stream"),
        (301, "stop-stream"),
        (400, "stop-stream"),
        (401, "stop-run"),
        (403, "stop-stream"),
        (404, "stop-stream"),
        (408, "retry"),
        (429, "wait"),
        (500, "retry"),
        (502, "retry"),
        (503, "wait"),
        (526, "retry"),
    ],
)
def test_what_a_status_means_everywhere(status: int, expected: str) -> None:
    assert then(judged(status, [])) == expected


def test_what_counts_as_answered_is_said_with_the_question() -> None:
    assert then(judged(202, {}, answered=frozenset({200, 202}))) == "read"


def test_a_connector_has_its_own_sentence_for_a_status() -> None:
    found = judged(403, failures={403: "This key may not read {stream}."})

    assert found
    assert found.told("Sales") == "This key may not read Sales."
    assert found.then == "stop-stream"


def test_a_connector_may_say_what_else_a_status_means() -> None:
    failures = {
        403: {"then": "stop-run", "say": "The plan of this shop has no API."},
        401: {"then": "stop-stream", "say": "This key has no right to {stream}."},
        409: {"then": "retry", "say": "The report is not ready."},
        500: {"then": "stop-stream", "say": "Till cannot list {stream}."},
    }

    told = [then(judged(status, failures=failures)) for status in (403, 401, 409, 500)]

    assert told == ["stop-run", "stop-stream", "retry", "stop-stream"]


def test_what_is_tried_again_says_why_without_a_stop() -> None:
    found = judged(409, failures={409: {"then": "retry", "say": "{stream} is not ready."}})

    assert found
    assert found.why("Sales") == "Sales is not ready"


THROTTLED = {"errors": [{"extensions": {"code": "THROTTLED"}}]}


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, THROTTLED, "wait"),
        (400, THROTTLED, "stop-stream"),
        (200, {"errors": [{"extensions": {"code": "ACCESS_DENIED"}}]}, "read"),
        (200, {"errors": []}, "read"),
        (200, [], "read"),
        (200, b"<html>", "read"),
        (200, b"\xff\xfe", "read"),
        (200, b"[" * 100_000, "read"),
    ],
)
def test_an_answer_of_200_may_be_a_failure(status: int, body: object, expected: str) -> None:
    rule = {"status": 200, "at": "errors.0.extensions.code", "is": "THROTTLED", "then": "wait"}

    assert then(judged(status, body, answers=[rule])) == expected


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ("no", "stop-run"),
        ({"code": 1}, "stop-run"),
        (["x"], "stop-run"),
        (7, "stop-run"),
        (True, "stop-run"),
        (None, "read"),
        (False, "read"),
        ("", "read"),
        ([], "read"),
        ({}, "read"),
        (0, "read"),
    ],
)
def test_a_rule_with_a_path_alone_wants_something_there(error: object, expected: str) -> None:
    rule = {"at": "error", "then": "stop-run", "say": "Till is closed."}

    assert then(judged(200, {"error": error, "items": []}, answers=[rule])) == expected
    assert then(judged(200, {"items": []}, answers=[rule])) == "read"


@pytest.mark.parametrize(
    ("wanted", "said", "fits"),
    [
        (False, False, True),
        (False, "false", True),
        (False, 0, False),
        (7, 7, True),
        (7, "7", True),
        (7, 70, False),
        (1.5, 1.5, True),
        ("RATE", "RATE", True),
        ("RATE", "rate", False),
        (None, None, True),
        (None, "x", False),
        ("x", {"x": 1}, False),
    ],
)
def test_a_value_is_compared_as_json_has_it(wanted: object, said: object, fits: bool) -> None:
    rule = {"at": "ok", "is": wanted, "then": "retry"}

    assert (then(judged(200, {"ok": said}, answers=[rule])) == "retry") is fits


def test_a_pattern_is_looked_for_in_a_text_of_some_statuses() -> None:
    rule = {"status": [400, 403], "at": "error.code", "matches": "^RATE", "then": "retry"}

    told = [
        then(judged(status, {"error": {"code": code}}, answers=[rule]))
        for status, code in ((400, "RATE_LIMIT"), (403, "RATE"), (400, "MY_RATE"), (500, "RATE"))
    ]

    assert told == ["retry", "retry", "stop-stream", "retry"]
    assert not getattr(judged(500, {"error": {"code": "RATE"}}, answers=[rule]), "is_ruled", True)


@pytest.mark.parametrize("pattern", ["(xyz|xyz)+!", "(.*z){25}!"])
def test_no_pattern_takes_longer_than_its_text_is_long(pattern: str) -> None:
    rule = {"at": "error", "matches": pattern, "then": "retry"}
    begun = time.process_time()

    assert then(judged(400, {"error": "xyz" * 20}, answers=[rule])) == "stop-stream"

    assert time.process_time() - begun < 2.0


def test_rules_are_looked_at_in_order_and_before_the_status() -> None:
    answers = [
        {"status": 403, "at": "code", "is": "later", "then": "wait"},
        {"status": 403, "then": "stop-run", "say": "{stream} is closed for good."},
    ]
    failures = {403: "Never told."}

    assert then(judged(403, {"code": "later"}, answers=answers, failures=failures)) == "wait"
    found = judged(403, {"code": "x"}, answers=answers, failures=failures)
    assert found
    assert (found.then, found.told("Sales")) == ("stop-run", "Sales is closed for good.")


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ({"then": "retry"}, "Write which answers are meant"),
        ({"status": 200, "is": "x", "then": "retry"}, "Write the path of what is compared"),
        ({"at": "a", "is": 1, "matches": "x", "then": "retry"}, "either is or matches"),
        ({"at": "a", "then": "stop-stream"}, "needs a sentence"),
        ({"at": "a", "then": "ignore"}, "'retry', 'wait', 'stop-stream' or 'stop-run'"),
        ({"at": "a", "matches": "(", "then": "retry"}, "Not a regular expression"),
        ({"at": "a", "matches": "(?=a)b", "then": "retry"}, "without look-arounds"),
        ({"at": "a", "matches": "(a{1,999}){999}", "then": "retry"}, "large repetitions"),
        ({"status": 99, "then": "retry"}, "greater than or equal to 200"),
        ({"at": "a", "then": "retry", "say": "Ask {api_key}."}, "only {stream}"),
    ],
)
def test_a_rule_says_enough_and_nothing_else(rule: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError) as caught:
        RULES.validate_python([rule])

    assert reason in str(caught.value)


@pytest.mark.parametrize("status", [429, 503, 408])
def test_a_status_that_is_tried_again_needs_to_say_what_else_is_done(status: int) -> None:
    with pytest.raises(ValidationError, match="is not final: it is tried again"):
        FAILURES.validate_python({status: "No."})
    FAILURES.validate_python({status: {"then": "stop-stream", "say": "No."}})


def test_a_host_elsewhere_stops_no_run() -> None:
    found = judged(401)

    assert found
    assert found.of_stream().then == "stop-stream"


def usual(status: int, keys: dict[str, str] | None = None, address: list[str] | None = None) -> str:
    said = usual_failures(source="Till", keys=keys or {}, address=address or [])
    return said[status].say.replace("{stream}", "Sales")


def test_the_usual_sentence_names_source_and_stream_and_says_who_does_what() -> None:
    assert usual(400) == (
        "Till does not understand the request for Sales. Test the connection again; if it says the"
        " same, tell the operator of this platform."
    )
    assert usual(403) == (
        "Till does not let this connection read Sales. Allow it there, then test the connection"
        " again."
    )
    assert usual(404) == (
        "Till does not offer Sales to this connection. Test the connection again to see what can be"
        " read, and leave the rest out."
    )


def test_a_wrong_address_may_be_why_something_is_missing() -> None:
    assert "Check Shop and Region, then test" in usual(404, address=["Shop", "Region"])


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({}, "Till asks for a login, and this connector has none. Tell its developers."),
        (
            {"API key": "Settings > API."},
            "Till rejected what was entered as API key. Enter a valid one: Settings > API.",
        ),
        (
            {"API key": ""},
            "Till rejected what was entered as API key. Get a valid one there, and enter it in the"
            " connection.",
        ),
        (
            {"API key": "Like {stream}."},
            "Till rejected what was entered as API key. Get a valid one there, and enter it in the"
            " connection.",
        ),
        (
            {"Shop": "", "ID": "Settings > API.", "Secret": ""},
            "Till rejected what was entered as Shop, ID and Secret. Get valid ones there, and enter"
            " them in the connection.",
        ),
    ],
)
def test_a_refused_login_names_what_was_entered(keys: dict[str, str], sentence: str) -> None:
    assert usual(401, keys) == sentence


def connector(**changes: Any) -> Connector:
    document = asking.document({"by": "bearer", "token": "client_secret"}) | changes
    return parse_connector(name=document["name"], document=document)


def test_a_connector_has_the_usual_sentences_beside_its_own() -> None:
    said = connector(failures={403: "Ask Olga for {stream}.", 402: "Pay first."}).failures

    assert said[403].say == "Ask Olga for {stream}."
    assert said[402].say == "Pay first."
    assert said[401].say.startswith("Till rejected what was entered as Client secret.")
    assert set(said) == {400, 401, 402, 403, 404}


def test_the_usual_sentence_for_a_login_stops_the_run_and_the_others_their_stream() -> None:
    failures = connector().failures

    told = {
        status: then(verdict(status, b"", failures=failures, answers=(), answered=OK))
        for status in failures
    }

    assert told == {
        400: "stop-stream",
        401: "stop-run",
        403: "stop-stream",
        404: "stop-stream",
    }


def test_braces_in_titles_are_told_as_they_are() -> None:
    said = usual_failures(source="Till {new}", keys={"Key {1}": ""}, address=[])

    assert said[401].say.startswith("Till {new} rejected what was entered as Key {1}.")
