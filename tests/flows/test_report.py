"""What a run says of itself adds up and can be read."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime

from flows.connectors.bookmarks import Bookmark
from flows.report import Steps, StreamReport, summary
from flows.sync import ending
from flows.warehouse.deletes import Swept
from flows.warehouse.warehouse import Landed

SALE = StreamReport(
    stream="sale",
    landed=Landed(
        extracted=10,
        new=4,
        changed=3,
        unchanged=2,
        rejected=1,
        bookmark=Bookmark(moment=datetime(2026, 11, 20, tzinfo=UTC)),
    ),
    bytes_read=2048,
    seconds=1.23456,
    is_incremental=True,
)
STAFF = StreamReport(stream="staff", message="This key may not read Staff.", actor="TENANT")
SIZE = StreamReport(stream="size", message="Nobody expected this.", actor="OPERATOR")
BURN = "sum(range(12_000_000))"


def test_a_row_lists_every_count() -> None:
    assert SALE.for_table() == {
        "stream": "sale",
        "extracted": 10,
        "new": 4,
        "changed": 3,
        "unchanged": 2,
        "rejected": 1,
        "deleted": 0,
        "bytes": 2048,
        "seconds": 1.23,
        "read": "changes",
        "message": "",
    }


def test_the_portal_is_told_the_same() -> None:
    told = SALE.for_portal()

    assert told.pop("bookmark") == "2026-11-20T00:00:00+00:00"
    assert told == {
        "status": "LANDED",
        "extracted": 10,
        "new": 4,
        "changed": 3,
        "unchanged": 2,
        "rejected": 1,
        "bytes_read": 2048,
        "seconds": 1.235,
        "is_incremental": True,
        "message": "",
        "drift": None,
        "is_swept": False,
        "deleted": 0,
        "held_back": 0,
    }


def test_a_stream_that_failed_counts_nothing_and_says_why() -> None:
    told = STAFF.for_portal()

    assert (told["status"], told["extracted"]) == ("FAILED", 0)
    assert told["message"] == "This key may not read Staff."


def test_one_sentence_names_what_came_what_was_rejected_and_what_failed() -> None:
    assert summary([SALE, STAFF]) == (
        "4 new and 3 changed records; 1 rejected;"
        " 1 of 2 streams failed: This key may not read Staff."
    )


def test_what_was_marked_as_deleted_and_what_was_held_back_is_told() -> None:
    marked = StreamReport(stream="size", landed=Landed(swept=Swept(9, 2, 2, 0)))
    held = StreamReport(stream="unit", landed=Landed(swept=Swept(9, 8, 0, 0)))

    assert summary([marked, held]) == (
        "0 new and 0 changed records; 2 marked as deleted; 8 deletes held back"
    )
    told = [report.for_portal() for report in (marked, held)]
    assert [(each["is_swept"], each["deleted"], each["held_back"]) for each in told] == [
        (True, 2, 0),
        (True, 0, 8),
    ]


def test_a_run_ends_by_what_became_of_its_streams() -> None:
    ends = [ending(reports, publication="p") for reports in ([SALE], [SALE, STAFF], [STAFF])]

    assert [end.status for end in ends] == ["COMPLETED", "PARTIAL", "FAILED"]
    assert [end.actor for end in ends] == ["", "TENANT", "TENANT"]


def test_what_is_ours_to_mend_comes_before_what_the_tenant_can_do() -> None:
    assert ending([SALE, STAFF, SIZE], publication="").actor == "OPERATOR"


def test_a_step_counts_the_processor_time_of_its_children() -> None:
    steps = Steps()

    with steps.step("transform"):
        subprocess.run([sys.executable, "-c", BURN], check=True)

    assert steps.taken["transform"]["cpu_seconds"] > 0.05
    assert steps.taken["transform"]["seconds"] > 0.05


def test_a_step_that_fails_is_counted_too() -> None:
    steps = Steps()

    try:
        with steps.step("extract"):
            raise RuntimeError
    except RuntimeError:
        pass

    assert set(steps.taken["extract"]) == {"seconds", "cpu_seconds"}


def test_what_rejected_records_hold_back_is_nobodys_to_let_pass() -> None:
    # In the listing itself; beside what changed there is another one.
    listing = StreamReport(stream="size", landed=Landed(rejected=1, swept=Swept(9, 3, 0, 0)))
    beside = StreamReport(
        stream="unit", landed=Landed(rejected=1, swept=Swept(9, 8, 0, 0)), is_incremental=True
    )

    assert [each.for_portal()["held_back"] for each in (listing, beside)] == [0, 8]
    assert "8 deletes held back" in summary([listing, beside])


def test_the_portal_is_told_what_it_takes_whatever_a_source_has_said() -> None:
    odd = StreamReport(stream="size", message=f"It says a\x00b. {'x' * 2000}")

    told = odd.for_portal()["message"]

    assert told.startswith("It says a\ufffdb. xx")
    assert len(told) == 2000
