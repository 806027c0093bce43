"""Detail files of the lake: only what a ledger names is read, and what is wrong is a sentence."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from portal.publications.lake import LocalLake
from portal.publications.ledger_files import (
    DetailsUnreadable,
    LedgerFile,
    ledger_file,
    open_ledger_files,
)
from portal.publications.reading import PublicationBroken
from tests.portal.ledger_cast import a_detail, detail_files

DAY, NEXT = date(2026, 11, 20), date(2026, 11, 21)


def named(lake: Path, day: date, amount: int) -> LedgerFile:
    said = detail_files(lake, day, details=[a_detail(None, amount_nanos=amount)])
    return ledger_file(str(day), said["details"])


def test_files_of_several_days_are_one_view(tmp_path: Path) -> None:
    files = [named(tmp_path, DAY, 3), named(tmp_path, NEXT, 4)]

    with open_ledger_files(lake=LocalLake(tmp_path), files={"details": files}) as reading:
        found = reading.one("select sum(amount_nanos) as amount, count(*) as rows from details")

    assert found == {"amount": 7, "rows": 2}


def test_nothing_named_is_nothing_to_read(tmp_path: Path) -> None:
    with open_ledger_files(lake=LocalLake(tmp_path), files={"details": []}) as reading:
        assert reading.rows("select 1 as one") == [{"one": 1}]


def test_no_other_file_can_be_read(tmp_path: Path) -> None:
    file, _ = named(tmp_path, DAY, 3), named(tmp_path, NEXT, 4)
    other = next(tmp_path.rglob(f"{NEXT}/*.parquet"))

    with (
        open_ledger_files(lake=LocalLake(tmp_path), files={"details": [file]}) as reading,
        pytest.raises(PublicationBroken, match="Permission"),
    ):
        reading.rows(f"select * from read_parquet('{other}')")


@pytest.mark.parametrize("key", ["../secret.parquet", "/etc/passwd", "nowhere.parquet"])
def test_what_is_not_in_the_platforms_folder_is_a_sentence(tmp_path: Path, key: str) -> None:
    (tmp_path / "secret.parquet").write_bytes(b"PAR1")
    file = LedgerFile(str(DAY), key, "0" * 64, 4)

    with (
        pytest.raises(DetailsUnreadable, match="no longer in the lake"),
        open_ledger_files(lake=LocalLake(tmp_path), files={"details": [file]}),
    ):
        pass


def test_another_file_in_its_place_is_a_sentence(tmp_path: Path) -> None:
    file = named(tmp_path, DAY, 3)
    path = next(tmp_path.rglob("*.parquet"))
    path.write_bytes(path.read_bytes()[::-1])

    with (
        pytest.raises(DetailsUnreadable, match="not the one that the ledger names"),
        open_ledger_files(lake=LocalLake(tmp_path), files={"details": [file]}),
    ):
        pass


def test_a_ledger_that_says_too_little_is_a_sentence() -> None:
    with pytest.raises(DetailsUnreadable, match="2026-11-20"):
        ledger_file(str(DAY), {"key": "details.parquet"})
