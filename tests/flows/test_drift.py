"""Fields that a source invents, drops or brings back: noted by name, and kept out where asked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.columns import Drift, Fields
from flows.columns.drift import MOST_NAMES, NAME_LENGTH
from flows.connectors.streams import Stream
from flows.extract import Privacy
from flows.land import land
from flows.native import library
from flows.transform import recipe_of
from tests.flows.fake_portal import FakePortal
from tests.flows.shop import ALICES, desk_of, session_of
from tests.flows.test_extract import NAMED, PLAIN, extracted, page, rows
from tests.flows.tillpoint import FOLDER, tillpoint
from tests.native import require_native
from tests.simulators.process import Simulator

KNOWN = {"id": True, "amount": True}
OLD = {"id": 1, "amount": "1.00"}
NEW = {"id": 2, "amount": "2.00", "colour": "CANARY-red"}


def saying(stream: Stream, **said: Any) -> Stream:
    """The stream with these words as well."""
    return stream.model_copy(update=said)


def with_people(stream: Stream, **lists: set[str]) -> Stream:
    personal = {name: frozenset(fields) for name, fields in lists.items()}
    return saying(stream, personal=stream.personal.model_copy(update=personal))


def read(
    folder: Path,
    *records: Mapping[str, Any],
    stream: Stream = PLAIN,
    held: Mapping[str, bool] | None = None,
    **options: Any,
) -> Drift:
    pages = [page(*(json.dumps(record).encode() for record in records))]
    columns = extracted(folder, pages, stream, held=held, **options).columns
    columns.make()
    return columns.drift


BOTH_WAYS = pytest.mark.parametrize(
    ("stream", "options"),
    [(PLAIN, {"held": KNOWN}), (NAMED, {}), (NAMED, {"as_columns": True})],
    ids=["as earlier batches had them", "as the connector names them", "read as columns"],
)


@BOTH_WAYS
@pytest.mark.parametrize("policy", ["evolve", "freeze"])
def test_a_new_field_is_noted_with_the_records_that_have_it_and_lands_in_the_lake(
    tmp_path: Path, stream: Stream, options: dict[str, Any], policy: str
) -> None:
    drift = read(tmp_path, OLD, NEW, NEW, stream=saying(stream, drift=policy), **options)

    assert (drift.policy, drift.appeared, drift.missing) == (policy, {"colour": 2}, ())
    assert [json.loads(text) for text in rows(tmp_path / "things.parquet")] == [OLD, NEW, NEW]


@pytest.mark.parametrize(("stream", "held"), [(PLAIN, KNOWN), (NAMED, None)])
def test_in_quarantine_a_record_with_it_is_rejected_and_the_others_land(
    tmp_path: Path, stream: Stream, held: Mapping[str, bool] | None
) -> None:
    drift = read(tmp_path, OLD, NEW, stream=saying(stream, drift="quarantine"), held=held)

    assert drift.appeared == {"colour": 1}
    assert rows(tmp_path / "things.rejects.parquet", "reason") == [
        "The record has a field that is not known: colour."
    ]
    assert [json.loads(text) for text in rows(tmp_path / "things.parquet")] == [OLD]


@BOTH_WAYS
@pytest.mark.parametrize("policy", ["evolve", "freeze", "quarantine"])
def test_a_field_that_somebody_took_in_is_known(
    tmp_path: Path, stream: Stream, options: dict[str, Any], policy: str
) -> None:
    options = options | {"held": {**options.get("held", {}), "colour": True}}

    drift = read(tmp_path, OLD, NEW, stream=saying(stream, drift=policy), **options)

    assert drift.for_portal(is_whole=True) is None
    assert rows(tmp_path / "things.rejects.parquet", "reason") == []


@pytest.mark.parametrize("policy", ["evolve", "freeze", "quarantine"])
def test_the_first_batch_shows_what_a_stream_has_and_nothing_of_it_is_new(
    tmp_path: Path, policy: str
) -> None:
    drift = read(tmp_path, OLD, NEW, stream=saying(PLAIN, drift=policy))

    assert (drift.learned, drift.appeared) == (("amount", "colour", "id"), {})
    assert drift.sentence(is_whole=True) == ""
    assert len(rows(tmp_path / "things.parquet")) == 2


def test_a_batch_of_nothing_shows_nothing(tmp_path: Path) -> None:
    assert read(tmp_path).for_portal(is_whole=True) is None
    assert read(tmp_path, held=KNOWN).for_portal(is_whole=True) is None


def test_a_known_field_that_no_record_of_a_whole_read_has_is_gone_and_told_once(
    tmp_path: Path,
) -> None:
    first = read(tmp_path, {"id": 1}, held=KNOWN)
    again = read(tmp_path, {"id": 1}, held=KNOWN | {"amount": False})

    assert first.missing == ("amount",)
    assert first.for_portal(is_whole=False) is None
    assert again.for_portal(is_whole=True) is None


def test_a_field_that_is_back_is_told_of_and_is_not_new(tmp_path: Path) -> None:
    drift = read(tmp_path, OLD, held=KNOWN | {"amount": False})

    assert (drift.returned, drift.appeared) == (("amount",), {})


def test_of_a_large_batch_of_columns_every_record_is_looked_at(tmp_path: Path) -> None:
    require_native()
    records = [{"id": number} for number in range(20_000)]

    drift = read(tmp_path, *records, {"id": 20_000, "late": 1}, stream=NAMED, as_columns=True)

    assert drift.missing == ("amount",)
    assert drift.appeared == {"late": 1}


def test_of_two_names_that_are_cut_to_one_a_record_counts_once(tmp_path: Path) -> None:
    record = {"id": 1, "x" * 100 + "1": 1, "x" * 100 + "2": 1}

    drift = read(tmp_path, record, record, stream=PLAIN, held=KNOWN)

    assert drift.appeared == {"x" * 100: 2}


def test_without_the_native_reader_only_some_are_looked_at_so_no_field_is_called_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library, "is_there", lambda: False)
    records = [{"id": number} for number in range(20_000)]

    drift = read(tmp_path, *records, stream=NAMED, as_columns=True)

    assert drift.missing == ()


def test_what_cannot_be_read_keeps_no_other_record_from_being_looked_at(tmp_path: Path) -> None:
    pages = [page(json.dumps(NEW).encode(), b'{"id": 3', b'{"id": 4, "size": 1}')]

    drift = extracted(tmp_path, pages, PLAIN, held=KNOWN).columns.drift

    assert drift.appeared == {"colour": 1, "size": 1}


# What is about people.


def test_a_field_that_nobody_has_judged_is_noted_though_it_does_not_land(tmp_path: Path) -> None:
    careful = with_people(PLAIN, known={"id"}, drop={"name"}, never={"iban"})
    record = {"id": 1, "name": "PII", "iban": "PII", "nickname": "PII-CANARY"}

    learned = read(tmp_path, record, stream=careful)
    drift = read(tmp_path, record, stream=careful, held={"id": True})

    assert learned.learned == ("id", "nickname")
    assert drift.appeared == {"nickname": 1}
    assert rows(tmp_path / "things.parquet") == ['{"id":1}']


def test_in_quarantine_it_has_the_record_rejected_without_its_value(tmp_path: Path) -> None:
    careful = with_people(saying(PLAIN, drift="quarantine"), known={"id"}, drop={"Name"})
    records = [{"ID": 1, "id": 1, "name": "PII"}, {"id": 2, "nickname": "PII-CANARY"}]

    drift = read(tmp_path, *records, stream=careful)

    assert drift.appeared == {"nickname": 1}
    assert rows(tmp_path / "things.rejects.parquet", "reason, payload") == [
        ("The record has a field that is not known: nickname.", '{"id":2,"nickname":null}')
    ]


def test_a_personal_field_that_the_tenant_keeps_is_no_reason_to_reject(tmp_path: Path) -> None:
    careful = with_people(saying(PLAIN, drift="quarantine"), known={"id"}, drop={"name"})
    keeps = Privacy(kept=frozenset({"name"}), pseudonym_key=b"k" * 32)

    made = extracted(tmp_path, [page(b'{"id":1,"Name":"Ada"}')], careful, privacy=keeps)

    assert rows(made.columns.file) == ['{"id":1,"Name":"Ada"}']


@given(
    st.lists(
        st.dictionaries(st.text(max_size=150), st.just("CANARY-value"), max_size=6), max_size=6
    ),
    st.sampled_from(["evolve", "freeze", "quarantine"]),
)
def test_what_is_told_is_names_within_bounds_and_never_a_value(
    records: list[dict[str, str]], policy: str
) -> None:
    fields = Fields(saying(PLAIN, drift=policy), {"id": True})
    for record in records:
        fields.see(record)

    drift = fields.drift(is_complete=True)

    told = json.dumps(drift.for_portal(is_whole=True)) + drift.sentence(is_whole=True)
    if not any("CANARY-value" in name for record in records for name in record):
        assert "CANARY-value" not in told
    assert all(len(name) <= NAME_LENGTH and "\x00" not in name for name in drift.appeared)


# A source that puts data into names.


def test_names_without_end_fill_no_memory_and_are_told_of_once() -> None:
    held: dict[str, bool] = {"id": True}
    told = []
    for batch in range(3):
        fields = Fields(PLAIN, held)
        for number in range(3000):
            fields.see(["id", f"key-{batch}-{number}"])
        drift = fields.drift(is_complete=False)
        told.append(drift)
        held = held | dict.fromkeys(drift.appeared, True)

    assert len(held) == MOST_NAMES
    assert [drift.is_flooded for drift in told] == [True, False, False]
    assert [bool(drift.sentence(is_whole=True)) for drift in told] == [True, False, False]


def test_a_long_name_is_known_by_its_beginning(tmp_path: Path) -> None:
    long = "x" * 150
    careful = saying(PLAIN, drift="quarantine")
    record = {"id": 1, long: 1}

    learned = read(tmp_path, record, stream=careful).learned
    drift = read(tmp_path, record, stream=careful, held=dict.fromkeys(learned, True))

    assert drift.for_portal(is_whole=True) is None
    assert len(rows(tmp_path / "things.parquet")) == 1


# From the claim of a run to its report.


@pytest.fixture
def kiosk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A till whose outlets are frozen and whose receipts are careful."""
    folder = tmp_path / "ours" / "tillpoint"
    folder.mkdir(parents=True)
    said = FOLDER.replace("    path: outlets\n", "    path: outlets\n    drift: freeze\n")
    said = said.replace("    path: receipts\n", "    path: receipts\n    drift: quarantine\n")
    (folder / "connector.yaml").write_text(said, encoding="utf-8")
    monkeypatch.setenv("MERCURIOS_CONNECTORS_PATH", str(folder.parent))
    with tillpoint() as running:
        yield running


def test_a_run_compares_with_what_the_portal_knows_and_reports_what_is_new(
    kiosk: Any, till: Simulator, portal: FakePortal, tmp_path: Path
) -> None:
    known = {"outlets": {"id": True, "gone": True}, "receipts": {"id": True, "touched": True}}
    desk = desk_of(ALICES, till, name="kiosk", connector="tillpoint", known_fields=known)
    desk.credentials = kiosk.credentials

    with session_of(desk, portal=portal, home=tmp_path) as session:
        outlets, receipts = land("outlets", session), land("receipts", session)

    assert outlets.for_portal()["drift"] == {
        "policy": "freeze",
        "appeared": {"name": 3},
        "learned": [],
        "vanished": ["gone"],
        "returned": [],
        "is_flooded": False,
    }
    assert "They stay in the payload and reach no table." in outlets.message
    assert receipts.landed is not None
    assert (receipts.landed.new, receipts.landed.rejected) == (0, 7)


def test_what_is_frozen_is_a_part_of_the_recipe(
    kiosk: Any, till: Simulator, portal: FakePortal, tmp_path: Path
) -> None:
    desk = desk_of(ALICES, till, name="kiosk", connector="tillpoint")
    desk.credentials = kiosk.credentials
    desk.frozen_fields = {"tillpoint__outlets": {"another": ["id"]}}

    with session_of(desk, portal=portal, home=tmp_path) as session:
        land("outlets", session)
        said = json.loads(recipe_of(session).settings["frozen"])

    own = desk.connection["code"]
    assert said == {"tillpoint__outlets": {"": [], "another": ["id"], own: ["id", "name"]}}
