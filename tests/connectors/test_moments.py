from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from flows.columns.files import engine
from flows.columns.found import moment
from flows.connectors.moments import Change, write
from tests.connectors import shop

MOMENT = datetime(2026, 7, 1, 10, 20, 30, 999_999, tzinfo=UTC)
WHOLE = MOMENT.replace(microsecond=0)


def change(**written: Any) -> Change:
    return Change.model_validate({"take": "lastChange", "zone": "utc"} | written)


def read(text: str, **written: Any) -> datetime | None:
    return change(**written).read(text, time_zone=shop.BERLIN)


@pytest.mark.parametrize(
    ("zone", "form", "text"),
    [
        ("tenant", "iso", "2026-07-01T12:20:30"),
        ("utc", "iso", "2026-07-01T10:20:30Z"),
        ("offset", "iso", "2026-07-01T10:20:30Z"),
        ("utc", "epoch-seconds", "1782901230"),
        ("tenant", "epoch-milliseconds", "1782901230000"),
        ("utc", "ms-date", "/Date(1782901230000)/"),
        ("tenant", "rfc-2822", "Wed, 01 Jul 2026 10:20:30 +0000"),
        ("tenant", "%d.%m.%Y %H:%M", "01.07.2026 12:20"),
        ("utc", "%Y%m%d", "20260701"),
    ],
)
def test_a_moment_is_written_as_the_source_writes_it(zone: Any, form: str, text: str) -> None:
    assert write(MOMENT, form=form, zone=zone, time_zone=shop.BERLIN) == text


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("iso", "2026-07-01T12:20:30+02:00"),
        ("iso", "2026-07-01 12:20:30 +0200"),
        ("iso", "2026-07-01T10:20:30Z"),
        ("iso", "20260701T102030Z"),
        ("epoch-seconds", "1782901230"),
        ("epoch-milliseconds", "1782901230000"),
        ("rfc-2822", "Wed, 01 Jul 2026 12:20:30 +0200"),
        ("ms-date", "/Date(1782901230000)/"),
        ("ms-date", "/Date(1782901230000+0200)/"),
        ("%d.%m.%Y %H:%M:%S %z", "01.07.2026 12:20:30 +0200"),
    ],
)
def test_an_instant_is_read_in_every_form(form: str, text: str) -> None:
    assert read(text, zone="offset", format=form) == WHOLE


def test_seven_digits_of_a_second_are_cut_to_six() -> None:
    assert read("2026-07-01T10:20:30.9999999") == MOMENT


@pytest.mark.parametrize(
    ("form", "text"), [("iso", "2026-07-01T12:20:30"), ("%d.%m.%Y %H:%M:%S", "01.07.2026 12:20:30")]
)
def test_local_time_is_that_of_the_tenant(form: str, text: str) -> None:
    assert read(text, zone="tenant", format=form) == WHOLE


def test_the_first_form_that_fits_is_taken() -> None:
    forms = ["iso", "epoch-milliseconds", "%d.%m.%Y"]

    assert read("1782901230000", format=forms) == WHOLE
    assert read("01.07.2026", format=forms) == datetime(2026, 7, 1, tzinfo=UTC)
    assert read("2026-07-01", format=forms) == datetime(2026, 7, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["", "soon", "2026-13-01", "2026-02-30T00:00:00Z", "infinity", "epoch", "1e999", "9" * 15],
)
def test_what_is_no_moment_is_none(text: str) -> None:
    forms = ["iso", "epoch-seconds", "rfc-2822", "ms-date", "%H"]

    assert read(text, format=forms) is None


@pytest.mark.parametrize("zone", ["tenant", "offset", "utc"])
@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("iso", "2026-10-25T02:30:00"),
        ("iso", "2026-03-29T02:30:00"),
        ("iso", "2026-07-01T12:20:30+02:00"),
        ("%d.%m.%Y %H:%M", "25.10.2026 02:30"),
        ("%d.%m.%Y %H:%M %z", "01.07.2026 12:20 -0500"),
        ("rfc-2822", "Wed, 01 Jul 2026 12:20:30 +0200"),
    ],
)
def test_a_moment_is_compared_as_it_lands(form: str, text: str, zone: str) -> None:
    with engine() as db:
        found = moment(change(zone=zone, format=form), time_zone="Europe/Berlin")
        [(landed,)] = db.execute(f"select {found} from (select ? as changed)", [text]).fetchall()

    assert read(text, zone=zone, format=form) == landed.replace(tzinfo=UTC)


@pytest.mark.parametrize("hour", [0, 1])
def test_the_hour_that_comes_twice_is_never_written_too_late(hour: int) -> None:
    at = datetime(2026, 10, 25, hour, 30, tzinfo=UTC)

    text = write(at, form="iso", zone="tenant", time_zone=shop.BERLIN)

    earliest = datetime.fromisoformat(text).replace(tzinfo=shop.BERLIN, fold=0)
    assert earliest <= at


def test_the_forms_are_always_a_list() -> None:
    assert change().formats == ("iso",)
    assert change(format=["iso", "ms-date"]).formats == ("iso", "ms-date")
