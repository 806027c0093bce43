"""Deletes that were held back: who is told, who may let them pass, and for how long that holds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django_scopes import scopes_disabled
from pytest_django import Settings

from portal.connections.models import Connection
from portal.lib.errors import Refused
from portal.pipelines.prefect import PrefectApi
from portal.pipelines.services import deploy
from portal.runs.models import Run
from portal.runs.sweeps import (
    held_back_sentence,
    let_deletes_pass,
    note_sweep,
    sweeps_of,
    waiting_deletes,
)
from tests.forms import Page, browse
from tests.portal.api_cast import World, the_world
from tests.portal.conftest import NOW
from tests.portal.fake_prefect import FakePrefect

NOTHING_TO_DO = "No deletes of alsterhaus-mode/tills are held back in these streams."
MORE_BY_NOW = (
    "By now 50,000 deletes of sale are held back, and you saw 100. Look at the source again before"
    " you let them pass."
)
WHAT_TO_SEND = (
    "Say of each stream that is meant how many deletes you saw held back, as GET shows it:"
    ' {"held_back": {"products": 120}}.'
)
SEEN = {"held_back": {"branch": 412}}


@pytest.fixture
def world(db: None, settings: Settings, tmp_path: Path) -> Iterator[World]:
    with the_world(settings, tmp_path) as world:
        yield world


def run_of(connection: Connection) -> Run:
    with scopes_disabled():  # the connection is named
        run: Run = Run.objects.create(
            tenant=connection.tenant,
            connection=connection,
            flow_run_id=uuid4(),
            requested_at=NOW,
        )
    return run


def swept(connection: Connection, *, held_back: int, stream: str = "country") -> None:
    note_sweep(run=run_of(connection), stream=stream, held_back=held_back, at=NOW)


def told(world: World, **counts: Any) -> None:
    """What the run of Alice's connection says of a stream."""
    body = {"status": "LANDED", "is_swept": True, **counts}
    path = f"/api/v1/flow/runs/{world.alster.run.code}/streams/branch"
    assert world.ask("PUT", path, body, key=world.flows).status_code == 204


def claimed(world: World) -> Any:
    body = {"connection": str(world.alster.connection.code), "flow_run_id": str(uuid4())}
    answer = world.ask("POST", "/api/v1/flow/runs", body, key=world.flows)
    return answer.json()["connection"]["sweeps"]


def test_what_a_run_held_back_is_let_pass_once(world: World) -> None:
    told(world, held_back=412)
    before = claimed(world)

    answer = world.ask("POST", f"{world.alster.tills}/deletes", SEEN)

    [said] = answer.json()
    assert (said["stream"], said["held_back"], said["allowed"]) == ("branch", 412, 412)
    assert (before["branch"]["allowed"], claimed(world)["branch"]["allowed"]) == (0, 412)
    told(world, deleted=412)
    assert claimed(world)["branch"]["allowed"] == 0


def test_a_run_shows_what_it_marked_and_what_it_held_back(world: World) -> None:
    told(world, deleted=3, held_back=0)

    answer = world.ask("GET", f"{world.alster.root}/runs/{world.alster.run.code}")

    streams = {each["stream"]: each for each in answer.json()["streams"]}
    assert (streams["branch"]["deleted"], streams["branch"]["held_back"]) == (3, 0)


def test_charlie_neither_sees_nor_lets_pass_what_alices_runs_held_back(world: World) -> None:
    told(world, held_back=412)
    place = f"{world.alster.tills}/deletes"

    answers = [
        world.ask("GET", place, key=world.barmbek.secret),
        world.ask("POST", place, SEEN, key=world.barmbek.secret),
    ]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert claimed(world)["branch"]["allowed"] == 0


def test_who_may_only_read_sees_what_is_held_back_and_lets_nothing_pass(world: World) -> None:
    told(world, held_back=412)
    place, key = f"{world.alster.tills}/deletes", world.alster.read_only

    seen = world.ask("GET", place, key=key)
    refused = world.ask("POST", place, SEEN, key=key)

    assert (seen.status_code, seen.json()[0]["held_back"]) == (200, 412)
    assert refused.status_code == 403
    assert claimed(world)["branch"]["allowed"] == 0


def test_a_stream_that_was_not_compared_has_no_sweep(world: World) -> None:
    told(world, is_swept=False)

    assert claimed(world) == {}


def test_where_nothing_is_held_back_nothing_can_be_let_pass(tills: Connection) -> None:
    swept(tills, held_back=0)

    with pytest.raises(Refused, match=f"^{NOTHING_TO_DO}$"):
        let_deletes_pass(connection=tills, seen={"country": 7}, at=NOW)


@pytest.mark.parametrize("held_back", [412, 3])
def test_what_was_seen_or_less_of_it_is_let_pass(tills: Connection, held_back: int) -> None:
    swept(tills, held_back=held_back)

    count = let_deletes_pass(connection=tills, seen={"country": 412}, at=NOW)

    assert count == held_back
    assert [each.allowed for each in sweeps_of(tills)] == [held_back]


def test_more_than_was_seen_is_not_let_pass(tills: Connection) -> None:
    swept(tills, held_back=412)
    swept(tills, held_back=50_000, stream="sale")

    with pytest.raises(Refused) as refused:
        let_deletes_pass(connection=tills, seen={"country": 412, "sale": 100}, at=NOW)

    assert refused.value.message == MORE_BY_NOW
    assert [each.allowed for each in sweeps_of(tills)] == [0, 0]


def test_a_stream_that_nobody_named_is_not_let_pass(tills: Connection) -> None:
    swept(tills, held_back=412)
    swept(tills, held_back=7, stream="sale")

    let_deletes_pass(connection=tills, seen={"country": 412}, at=NOW)

    assert waiting_deletes(tills) == {"sale": 7}


def test_a_stream_that_was_never_compared_is_refused_by_its_name(tills: Connection) -> None:
    swept(tills, held_back=412)

    with pytest.raises(Refused, match=r"compared for a stream contry\. Leave it out") as refused:
        let_deletes_pass(connection=tills, seen={"country": 412, "contry": 412}, at=NOW)

    assert refused.value.field == "held_back"
    assert waiting_deletes(tills) == {"country": 412}


def test_the_api_lets_no_more_pass_than_the_caller_saw(world: World) -> None:
    told(world, held_back=50_000)

    answer = world.ask("POST", f"{world.alster.tills}/deletes", SEEN)

    assert answer.status_code == 409
    assert answer.json()["detail"] == (
        "By now 50,000 deletes of branch are held back, and you saw 412. Look at the source again"
        " before you let them pass."
    )
    assert claimed(world)["branch"]["allowed"] == 0


@pytest.mark.parametrize("body", [None, {}, {"held_back": {}}, {"held_back": 412}])
def test_who_does_not_say_what_they_saw_is_told_what_to_send(world: World, body: Any) -> None:
    told(world, held_back=412)

    answer = world.ask("POST", f"{world.alster.tills}/deletes", body)

    assert answer.status_code == 400
    assert answer.json()["errors"] == {"held_back": [WHAT_TO_SEND]}
    assert claimed(world)["branch"]["allowed"] == 0


def test_of_two_connections_one_is_let_pass(tills: Connection, on_snowflake: Connection) -> None:
    for connection in (tills, on_snowflake):
        swept(connection, held_back=7)

    let_deletes_pass(connection=tills, seen={"country": 7}, at=NOW)

    assert [[each.allowed for each in sweeps_of(one)] for one in (tills, on_snowflake)] == [
        [7],
        [0],
    ]


def test_a_listing_that_is_held_back_again_has_to_be_let_pass_again(tills: Connection) -> None:
    swept(tills, held_back=7)
    let_deletes_pass(connection=tills, seen={"country": 7}, at=NOW)

    swept(tills, held_back=700)

    [sweep] = sweeps_of(tills)
    assert (sweep.held_back, sweep.allowed) == (700, 0)
    assert held_back_sentence(waiting_deletes(tills)) == (
        "More records have vanished from the source than is likely: 700 of country. They are not"
        " marked as deleted. If they are really gone, let the deletes pass and run it again."
    )


def test_what_is_let_pass_while_a_run_goes_on_is_for_the_next_one(tills: Connection) -> None:
    swept(tills, held_back=412)
    going_on = run_of(tills)
    let_deletes_pass(connection=tills, seen={"country": 412}, at=NOW + timedelta(minutes=1))

    note_sweep(run=going_on, stream="country", held_back=412, at=NOW + timedelta(minutes=2))

    [sweep] = sweeps_of(tills)
    assert (sweep.held_back, sweep.allowed) == (412, 412)


def test_of_what_was_let_pass_no_more_is_left_than_is_held_back(tills: Connection) -> None:
    swept(tills, held_back=412)
    going_on = run_of(tills)
    let_deletes_pass(connection=tills, seen={"country": 412}, at=NOW + timedelta(minutes=1))

    note_sweep(run=going_on, stream="country", held_back=3, at=NOW + timedelta(minutes=2))

    assert [each.allowed for each in sweeps_of(tills)] == [3]


def page_of(operator: Client, connection: Connection) -> Page:
    return browse(operator, f"/admin/connections/connection/{connection.pk}/change/")


@pytest.mark.usefixtures("every_tenant")
def test_the_button_lets_them_pass_and_is_gone_then(
    operator: Client, ready_tills: Connection, api: PrefectApi, prefect: FakePrefect
) -> None:
    deploy(connection=ready_tills, api=api, at=NOW)
    swept(ready_tills, held_back=1412)
    swept(ready_tills, held_back=7, stream="items")
    page = page_of(operator, ready_tills)

    answer = page.press("Let deletes pass")

    assert "1,412 of country, 7 of items" in page.words
    assert "may mark 1,419 records as deleted" in answer.words
    assert "Let deletes pass" not in answer.words
    assert [each.allowed for each in sweeps_of(ready_tills)] == [1412, 7]


@pytest.mark.usefixtures("every_tenant")
def test_the_button_lets_no_more_pass_than_its_page_showed(
    operator: Client, ready_tills: Connection
) -> None:
    swept(ready_tills, held_back=100)
    page = page_of(operator, ready_tills)
    swept(ready_tills, held_back=50_000)

    answer = page.press("Let deletes pass")

    assert "By now 50,000 deletes of country are held back, and you saw 100." in answer.words
    assert waiting_deletes(ready_tills) == {"country": 50_000}


@pytest.mark.usefixtures("every_tenant")
@pytest.mark.parametrize(
    "posted",
    [{"stream": [], "held_back": []}, {"held_back": "all"}, {"held_back": []}],
    ids=["nothing", "no number", "a stream alone"],
)
def test_a_page_that_does_not_say_what_it_showed_lets_nothing_pass(
    operator: Client, ready_tills: Connection, posted: dict[str, Any]
) -> None:
    swept(ready_tills, held_back=100)

    answer = page_of(operator, ready_tills).press("Let deletes pass", **posted)

    assert "Look at what is held back on this page" in answer.words
    assert waiting_deletes(ready_tills) == {"country": 100}
