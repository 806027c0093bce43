"""Each check finds what it is there for, and says where it is and what to do."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from flows.connectors.kit.bench import Bench, NoCredentials, credentials_of
from flows.connectors.kit.conformance import check_folder
from flows.connectors.kit.faults import LASTING, PASSING, Fault
from flows.connectors.kit.findings import Outcome
from flows.connectors.kit.folder import FolderInvalid, read_folder
from tests.connectors.conformance.kiosk import SAMPLES, check_named, kiosk, misread

SALE = SAMPLES["sales"][0]
CURSOR = {"by": "cursor", "send": "after", "take": "next", "size": {"limit": 7}}


def test_a_good_folder_keeps_every_promise(tmp_path: Path) -> None:
    findings = check_folder(kiosk(tmp_path))

    assert [each.sentence for each in findings if each.outcome is Outcome.FAILED] == []
    passed = [each for each in findings if each.outcome is Outcome.PASSED]
    assert len(passed) > len(PASSING) + len(LASTING)


def test_only_the_checks_of_one_stream_are_made_if_that_is_asked_for(tmp_path: Path) -> None:
    findings = check_folder(kiosk(tmp_path), stream="sales")

    assert {each.stream for each in findings} == {"sales"}


@pytest.mark.parametrize(
    ("changes", "check", "stream", "told"),
    [
        ({"credentials.api_token.secret": None}, "secrets are marked", "", "api_token"),
        ({"streams.sales.key": ["number"]}, "keys are in the samples", "sales", "has no number"),
        (
            {"streams.sales.changed.format": "epoch-seconds"},
            "changes are in the samples",
            "sales",
            "none of the forms epoch-seconds",
        ),
        (
            {"streams.sales.personal.hash": None},
            "every field is judged",
            "sales",
            "says nothing of email",
        ),
    ],
)
def test_what_is_written_wrongly_is_found(
    tmp_path: Path, changes: dict[str, Any], check: str, stream: str, told: str
) -> None:
    if "streams.sales.key" in changes:
        changes |= {"streams.sales.personal.known": ["number", "changed_at"]}
    with Bench(kiosk(tmp_path, changes)) as bench:
        finding = check_named(check).found(bench, stream)

    assert finding.outcome is Outcome.FAILED
    assert told in finding.sentence


def test_a_credential_that_only_sounds_secret_may_say_so(tmp_path: Path) -> None:
    folder = kiosk(
        tmp_path, {"credentials.api_token.secret": None}, comment="  # not secret: it is printed"
    )

    with Bench(folder) as bench:
        assert check_named("secrets are marked").found(bench).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("record", "told"),
    [
        ({**SALE, "email": "someone@gmail.com"}, "an e-mail address at gmail.com"),
        ({**SALE, "note": "write to ann@kiosk-shop.de"}, "an e-mail address at kiosk-shop.de"),
        ({**SALE, "phone": "+49 171 8649320"}, "a telephone number"),
    ],
)
def test_a_sample_about_somebody_is_found(
    tmp_path: Path, record: dict[str, Any], told: str
) -> None:
    with Bench(kiosk(tmp_path, samples={"sales": [record]})) as bench:
        finding = check_named("samples name nobody").found(bench, "sales")

    assert told in finding.sentence
    assert "samples/sales.json" in finding.sentence


def test_a_stream_without_samples_is_named(tmp_path: Path) -> None:
    with Bench(kiosk(tmp_path, samples={"sales": []})) as bench:
        finding = check_named("samples are there").found(bench, "sales")

    assert "There are no samples of sales." in finding.sentence


@pytest.mark.parametrize(
    ("changes", "check", "stream", "told"),
    [
        ({"streams.sales.pages": {"by": "none"}}, "is read whole", "sales", "are missing"),
        ({"streams.sales.pages": {**CURSOR, "take": "nxt"}}, "is read whole", "sales", "missing"),
        ({"streams.sales.records": "data.items"}, "is read whole", "sales", "cannot be read"),
        ({"streams.sales.path": "sale"}, "is read whole", "sales", "There is nothing at sale"),
        (
            {"streams.sales.load.send": "sinse"},
            "goes on from any bookmark",
            "sales",
            "older than the overlap",
        ),
        (
            {"streams.sales.load.send": "sinse"},
            "reads nothing from the future",
            "sales",
            "since the year 2200",
        ),
        (
            {"streams.sales.personal": {"drop": ["email"]}},
            "leaves people out",
            "sales",
            "repeated in another field",
        ),
        (
            {"client.auth": {"by": "headers", "headers": {"X-Token": "{api_token}"}}},
            "good credentials are accepted",
            "",
            "The right credentials are refused",
        ),
        (
            {"client.headers": {"X-Trace": "{api_token}"}},
            "secrets stay secret",
            "",
            "api_token was sent in the header (x-trace)",
        ),
        (
            {"client.wait": {"header": "X-Wait", "as": "date"}},
            "the wait is understood",
            "",
            "asked for 13 s",
        ),
        ({"client.throttle": None}, "an allowance is heeded", "", "nothing is left for 11 s"),
        ({"client.requests_per_second": 100}, "limits are kept", "", "more than 5 in a second"),
        ({"failures": {}}, "failures are told", "", "failures.401: The tenant does not read"),
        ({"answers": []}, "failures are told", "", "answers.0: The tenant does not read"),
    ],
)
def test_a_connector_that_says_something_else_than_its_source_does_is_found(
    tmp_path: Path, changes: dict[str, Any], check: str, stream: str, told: str
) -> None:
    with Bench(kiosk(tmp_path)) as bench:
        misread(bench, changes)

        finding = check_named(check).found(bench, stream)

    assert finding.outcome is Outcome.FAILED
    assert told in finding.sentence
    assert "connector.yaml" in finding.sentence


def test_a_source_that_lets_everybody_in_is_found(tmp_path: Path) -> None:
    with Bench(kiosk(tmp_path)) as bench:
        bench.source.door.open()

        finding = check_named("bad credentials are refused").found(bench)

    assert finding.sentence.endswith(
        "A wrong api_token is not noticed by the test of a connection."
    )


def test_a_pattern_that_no_text_could_be_made_for_asks_for_one(tmp_path: Path) -> None:
    odd = {"credentials.api_token.pattern": "(?=.*[0-9])(?!kio)[a-z0-9]{30}"}
    folder = kiosk(tmp_path, odd)

    with pytest.raises(NoCredentials, match=r"samples/credentials\.json: .*api_token"):
        credentials_of(folder, "http://127.0.0.1")
    (folder.path / "samples" / "credentials.json").write_text('{"api_token": "abc123"}')

    assert credentials_of(read_folder(folder.path), "http://x")["api_token"] == "abc123"


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        ("connector.yaml", "name: [", "connector.yaml: line 1"),
        ("connector.yaml", "name: kiosk", "credentials: Field required"),
        ("samples/sales.json", '{"id": 1}', "sales.json: Write a list of records"),
        ("samples/sales.json", "[{]", "sales.json: It is not JSON"),
        ("samples/sales.json", '[{"id": NaN}]', "NaN is no JSON number"),
    ],
)
def test_a_folder_that_cannot_be_read_names_the_file(
    tmp_path: Path, file: str, text: str, told: str
) -> None:
    path = kiosk(tmp_path).path
    (path / file).write_text(text, encoding="utf-8")

    with pytest.raises(FolderInvalid) as refused:
        read_folder(path)

    assert told in str(refused.value)
    assert str(path) in str(refused.value)


def test_a_secret_in_a_log_is_found(tmp_path: Path) -> None:
    class Talkative(Bench):
        def reader(self, *given: Any, **named: Any) -> Any:
            logging.getLogger("kiosk").debug("reading with %s", self.values["api_token"])
            return super().reader(*given, **named)

    with Talkative(kiosk(tmp_path)) as bench:
        finding = check_named("secrets stay secret").found(bench)

    assert finding.sentence.endswith("connector.yaml: api_token was written into a log.")
    assert logging.getLogger("urllib3").level != logging.DEBUG


@pytest.mark.parametrize("fault", [each for each in PASSING if each.name.startswith("429 ")])
def test_a_fault_is_at_the_same_place_each_time(fault: Fault) -> None:
    placed = fault.placed(among=4, seed="sales")

    assert placed == fault.placed(among=4, seed="sales")
    assert [placed.covers(number) for number in range(1, 5)].count(True) == 1


@pytest.mark.parametrize(
    ("misread_as", "told"),
    [({"drop": ["buyer.name"]}, "repeated"), ({"drop": ["buyer.age", "email"]}, "repeated")],
)
def test_people_inside_of_objects_and_lists_are_looked_for(
    tmp_path: Path, misread_as: dict[str, Any], told: str
) -> None:
    sale = {**SALE, "buyer": [{"name": "Alice", "age": 7}]}
    marked = {"drop": ["buyer.name", "buyer.age"], "hash": ["email"]}
    folder = kiosk(tmp_path, {"streams.sales.personal": marked}, samples={"sales": [sale]})
    with Bench(folder) as bench:
        right = check_named("leaves people out").found(bench, "sales")
        misread(bench, {"streams.sales.personal": misread_as})
        wrong = check_named("leaves people out").found(bench, "sales")

    assert right.outcome is Outcome.PASSED
    assert told in wrong.sentence


SWEPT = {"streams.sales.deletes": {"by": "sweep", "path": "sales/ids", "params": {"only": "id"}}}
OF_DELETES = [
    "marks what is gone",
    "marks nothing after half a listing",
    "holds back what is not plausible",
]


@pytest.mark.parametrize("check", OF_DELETES)
@pytest.mark.parametrize("changes", [SWEPT, {"streams.sales.deletes": {"by": "sweep"}}])
def test_a_stream_that_looks_for_what_is_gone_finds_it(
    tmp_path: Path, check: str, changes: dict[str, Any]
) -> None:
    with Bench(kiosk(tmp_path, changes)) as bench:
        finding = check_named(check).found(bench, "sales")

    assert (finding.outcome, finding.sentence) == (Outcome.PASSED, "")


@pytest.mark.parametrize("check", OF_DELETES)
def test_what_does_not_look_for_deletes_is_not_asked_about_them(tmp_path: Path, check: str) -> None:
    with Bench(kiosk(tmp_path)) as bench:
        finding = check_named(check).found(bench, "sales")

    assert finding.sentence == "It does not look for what is gone."


def test_a_listing_that_the_source_does_not_have_is_found(tmp_path: Path) -> None:
    with Bench(kiosk(tmp_path, SWEPT)) as bench:
        misread(bench, {"streams.sales.deletes.path": "sales/numbers"})
        finding = check_named("marks what is gone").found(bench, "sales")

    assert finding.outcome is Outcome.FAILED
    assert "streams.sales.deletes: The listing cannot be read" in finding.sentence
