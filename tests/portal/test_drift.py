"""What runs see of the fields of their streams: known, noted once, and acknowledged by people."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from portal.alerts.models import Alert
from portal.connections.models import Connection
from portal.connections.services import create_connection, remove_connection
from portal.drift.models import MOST_FIELDS, DriftEvent, StreamField
from portal.drift.selectors import frozen_fields, known_fields
from portal.drift.services import Drift, acknowledge, note_drift, take_in
from portal.lib.errors import Refused
from portal.runs.models import Run
from portal.runs.services import claim_run
from portal.tenants.models import Tenant
from tests.portal.conftest import NOW

HOUR = timedelta(hours=1)

pytestmark = pytest.mark.usefixtures("every_tenant")


def run_of(connection: Connection) -> Run:
    return claim_run(connection=connection, flow_run_id=uuid4(), at=NOW).run


def note(run: Run, policy: str = "evolve", *, at: Any = NOW, **seen: Any) -> list[DriftEvent]:
    return note_drift(run=run, stream="sale", drift=Drift(policy, **seen), at=at)


def told(events: list[DriftEvent]) -> list[tuple[str, str, int]]:
    return [(event.kind, event.field, event.records) for event in events]


def test_of_a_stream_of_which_nothing_was_known_the_fields_are_kept_and_nobody_is_told(
    tills: Connection,
) -> None:
    events = note(run_of(tills), learned=["id", "amount"])

    assert events == []
    assert known_fields(tills) == {"sale": {"id": True, "amount": True}}


def test_a_new_field_is_an_event_and_known_from_then_on(tills: Connection) -> None:
    run = run_of(tills)

    events = note(run, appeared={"colour": 3})

    assert told(events) == [("APPEARED", "colour", 3)]
    assert known_fields(tills) == {"sale": {"colour": True}}
    assert StreamField.objects.get().first_run == run


@pytest.mark.parametrize(("policy", "kind"), [("freeze", "FROZEN"), ("quarantine", "QUARANTINED")])
def test_what_a_policy_keeps_out_is_not_known_until_somebody_takes_it_in(
    tills: Connection, policy: str, kind: str
) -> None:
    [event] = note(run_of(tills), policy, appeared={"colour": 3})
    before = known_fields(tills)

    take_in(event=event, who="olga", at=NOW + HOUR)

    event.refresh_from_db()
    assert (event.kind, before) == (kind, {})
    assert known_fields(tills) == {"sale": {"colour": True}}
    assert (event.acknowledged_by, event.acknowledged_at) == ("olga", NOW + HOUR)


def test_a_field_that_nothing_keeps_out_cannot_be_taken_in(tills: Connection) -> None:
    [event] = note(run_of(tills), appeared={"colour": 3})

    with pytest.raises(Refused, match=r"sale\.colour is not kept out\. Acknowledge it instead"):
        take_in(event=event, who="olga", at=NOW)


def test_a_later_run_adds_to_the_event_and_raises_no_other(tills: Connection) -> None:
    note(run_of(tills), "quarantine", appeared={"colour": 3})
    second = run_of(tills)

    again = note(second, "quarantine", at=NOW + HOUR, appeared={"colour": 2})

    event = DriftEvent.objects.get()
    assert again == []
    assert (event.records, event.last_run, event.last_seen_at) == (5, second, NOW + HOUR)
    assert (event.first_seen_at, event.run != second) == (NOW, True)


def test_what_is_counted_stays_a_number_that_the_database_holds(tills: Connection) -> None:
    for _ in range(2):
        note(run_of(tills), appeared={"colour": 2**63 - 1})

    assert DriftEvent.objects.get().records == 2**63 - 1


def test_a_report_that_comes_twice_counts_once(tills: Connection) -> None:
    run = run_of(tills)
    for _ in range(2):
        note(run, "quarantine", appeared={"colour": 3}, learned=["id"], is_flooded=True)

    kinds = DriftEvent.objects.order_by("kind").values_list("kind", "records")
    assert list(kinds) == [("FLOODED", 0), ("QUARANTINED", 3)]
    assert StreamField.objects.count() == 1


def test_a_field_that_is_gone_stays_known_and_one_that_is_back_is_there(tills: Connection) -> None:
    run = run_of(tills)
    note(run, learned=["id", "colour"])

    events = note(run, vanished=["colour", "never_seen"])
    gone = known_fields(tills)["sale"]
    note(run, returned=["colour"])

    assert told(events) == [("VANISHED", "colour", 0), ("VANISHED", "never_seen", 0)]
    assert gone == {"id": True, "colour": False, "never_seen": False}
    assert known_fields(tills)["sale"]["colour"] is True


def test_a_source_with_names_without_end_fills_no_database_and_that_is_said_once(
    tills: Connection,
) -> None:
    names = {f"key-{number}": 1 for number in range(MOST_FIELDS)}
    note(run_of(tills), appeared=names)
    for batch in range(3):
        more = {f"more-{batch}-{number}": 1 for number in range(MOST_FIELDS)}
        note(run_of(tills), appeared=more)

    assert StreamField.objects.count() == MOST_FIELDS
    assert DriftEvent.objects.count() == 2 * MOST_FIELDS + 1
    assert DriftEvent.objects.filter(kind="FLOODED").count() == 1


def test_where_there_is_no_room_a_field_cannot_be_taken_in(tills: Connection) -> None:
    run = run_of(tills)
    note(run, learned=[f"key-{number}" for number in range(MOST_FIELDS)])
    [event] = note(run, "freeze", appeared={"colour": 1})

    with pytest.raises(Refused, match=r"sale is known to have 500 fields.*connector's fields"):
        take_in(event=event, who="olga", at=NOW)

    event.refresh_from_db()
    assert event.acknowledged_at is None


def test_the_first_who_acknowledges_an_event_is_remembered(tills: Connection) -> None:
    events = note(run_of(tills), appeared={"colour": 3})

    counts = [acknowledge(events=events, who=who, at=NOW) for who in ("olga", "alice")]

    assert counts == [1, 0]
    assert DriftEvent.objects.get().acknowledged_by == "olga"


def test_two_connections_with_the_same_stream_know_nothing_of_each_other(
    tills: Connection, retailer: Tenant
) -> None:
    second = create_connection(tenant=retailer, connector="prohandel", name="second")
    note(run_of(tills), learned=["id"])

    events = note(run_of(second), learned=["other"])

    assert events == []
    assert known_fields(second) == {"sale": {"other": True}}


def test_it_goes_with_its_connection(tills: Connection) -> None:
    note(run_of(tills), learned=["id"], is_flooded=True)

    remove_connection(connection=tills)

    assert (StreamField.objects.count(), DriftEvent.objects.count()) == (0, 0)


def test_who_wants_it_is_alerted_once_for_a_run_and_without_a_value(
    tills: Connection, settings: Settings
) -> None:
    settings.ALERTS = ["log:"]
    tills.alerts_of_drift = True
    tills.save()
    run = run_of(tills)
    for _ in range(2):
        note(run, "freeze", appeared={"colour": 3}, vanished=["size"])

    alert = Alert.objects.get()
    assert alert.subject == "alsterhaus-mode/tills: the fields of sale have changed"
    assert "reach no table because the stream is frozen: colour." in alert.text
    assert "these fields any more: size." in alert.text
    assert "take the fields in there" in alert.text


def test_a_name_that_a_source_wrote_begins_no_line_of_an_alert(
    tills: Connection, settings: Settings
) -> None:
    settings.ALERTS = ["log:"]
    tills.alerts_of_drift = True
    tills.save()

    note(run_of(tills), appeared={"a\nPay at example.com\x1b[2J\u2028now": 3})

    text = Alert.objects.get().text
    assert "from now on: a Pay at example.com [2J now." in text
    assert len(text.splitlines()) == 3


def test_who_does_not_is_not(tills: Connection, settings: Settings) -> None:
    settings.ALERTS = ["log:"]

    note(run_of(tills), appeared={"colour": 3})

    assert not Alert.objects.exists()


FROZEN = """
name: kiosk
title: Kiosk
credentials: {token: {title: Token, secret: true}}
client:
  base_url: https://kiosk.example.com
  auth: {by: bearer, token: token}
  requests_per_second: 5
  probe: bon
streams:
  bon: {path: bons, key: [id], load: full, drift: freeze}
  item: {path: items, key: [id], load: full}
"""


def test_a_run_is_told_the_fields_of_frozen_streams_of_all_connections_of_its_tenant(
    retailer: Tenant,
    other_retailer: Tenant,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    folder = tmp_path_factory.mktemp("connectors") / "kiosk"
    folder.mkdir()
    (folder / "connector.yaml").write_text(FROZEN)
    monkeypatch.setenv("MERCURIOS_CONNECTORS_PATH", str(folder))
    first, second = (
        create_connection(tenant=retailer, connector="kiosk", name=name) for name in ("a", "b")
    )
    charlies = create_connection(tenant=other_retailer, connector="kiosk", name="a")
    for each in (first, charlies):
        for stream in ("bon", "item"):
            drift = Drift("freeze", learned=["id", each.tenant.slug])
            note_drift(run=run_of(each), stream=stream, drift=drift, at=NOW)

    with django_assert_num_queries(2):  # however many connections there are
        said = frozen_fields(retailer)

    assert said == {
        "kiosk__bon": {str(first.code): ["alsterhaus-mode", "id"], str(second.code): []}
    }
