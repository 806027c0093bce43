"""PUT, COPY INTO and the files of stages on the local Snowflake."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import snowflake.connector
from snowflake.connector import SnowflakeConnection
from snowflake.connector.errors import Error

from tests.simulators.snowflake.asking import run
from tests.simulators.snowflake.process import SnowflakeServer

_ROWS = {
    "record_key": ["a", "b"],
    "payload": ['{"price": 1.10, "lines": [{"n": 1}]}', '{"price": null}'],
    "read_at": pa.array([datetime(2026, 1, 1, 1, 2, 3, 456789), None], pa.timestamp("us")),  # noqa: DTZ001 - without a zone
    "amount": pa.array([Decimal("1.25"), None], pa.decimal128(18, 2)),
    "flag": [True, None],
}
_SELECTED = """
    copy into RAW (record_key, payload, parsed, read_at, amount, flag) from (
        select $1:record_key::varchar, $1:payload::varchar, parse_json($1:payload::varchar),
            $1:read_at::timestamp_ntz, $1:amount::number(18, 2), $1:flag::boolean
        from @FILES/{path}
    )
    file_format = (type = parquet use_logical_type = true) on_error = abort_statement
"""
_MATCHED = (
    "copy into RAW from @FILES/{path} file_format = (type = parquet use_logical_type = true) "
    "match_by_column_name = case_insensitive {more}"
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SnowflakeServer]:
    with SnowflakeServer(tmp_path_factory.mktemp("snowflake")) as started:
        with snowflake.connector.connect(**started.parameters()) as connection:
            connection.cursor().execute("create database SHOP")
        yield started


@pytest.fixture
def alice(server: SnowflakeServer) -> Iterator[SnowflakeConnection]:
    parameters = server.parameters(database="SHOP", schema="PUBLIC")
    with snowflake.connector.connect(**parameters) as connection:
        run(
            connection,
            "create or replace table RAW (record_key varchar not null, payload varchar, "
            "parsed variant, read_at timestamp_ntz, amount number(18, 2), flag boolean)",
        )
        run(connection, "create or replace stage FILES")
        yield connection


@pytest.fixture
def file(tmp_path: Path) -> Path:
    written = tmp_path / "part-1.parquet"
    pq.write_table(pa.table(_ROWS), written)
    return written


def put(connection: SnowflakeConnection, file: Path, path: str = "run") -> list[Any]:
    return run(connection, f"put file://{file} @FILES/{path} auto_compress = false")


def count(connection: SnowflakeConnection) -> int:
    return int(run(connection, "select count(*) from RAW")[0][0])


def names(connection: SnowflakeConnection) -> list[str]:
    return [row[0] for row in run(connection, "list @FILES")]


def test_a_selected_copy_parses_and_casts(alice: SnowflakeConnection, file: Path) -> None:
    put(alice, file)
    loaded = run(alice, _SELECTED.format(path="run/part-1.parquet"))

    assert loaded[0][:4] == ("files/run/part-1.parquet", "LOADED", 2, 2)
    sql = "select record_key, parsed:lines[0].n::int, read_at, amount, flag from RAW order by 1"
    assert run(alice, sql) == [
        ("a", 1, datetime(2026, 1, 1, 1, 2, 3, 456789), Decimal("1.25"), True),  # noqa: DTZ001
        ("b", None, None, None, None),
    ]


def test_rows_know_their_file_and_place(alice: SnowflakeConnection, file: Path) -> None:
    put(alice, file)
    run(alice, "create or replace table PLACES (file varchar, place int, k varchar)")
    run(
        alice,
        "copy into PLACES from (select metadata$filename, metadata$file_row_number, "
        "f.$1:record_key from @FILES/run f) file_format = (type = parquet)",
    )

    assert run(alice, "select place, k, file from PLACES order by 1") == [
        (1, "a", "files/run/part-1.parquet"),
        (2, "b", "files/run/part-1.parquet"),
    ]


def test_columns_are_matched_by_name(alice: SnowflakeConnection, file: Path) -> None:
    put(alice, file)
    run(alice, _MATCHED.format(path="run/", more=""))

    assert run(alice, "select record_key, amount, parsed from RAW order by 1")[0] == (
        "a",
        Decimal("1.25"),
        None,
    )


def test_a_file_is_loaded_once_unless_forced_changed_or_truncated(
    alice: SnowflakeConnection, file: Path
) -> None:
    copy = _MATCHED.format(path="run", more="")
    put(alice, file)
    run(alice, copy)
    assert run(alice, copy)[0][1] == "LOAD_SKIPPED"
    assert run(alice, copy + " force = true")[0][1] == "LOADED"
    run(alice, "truncate table RAW")
    assert run(alice, copy)[0][1] == "LOADED"
    pq.write_table(pa.table({"record_key": ["c"]}), file)
    run(alice, f"put file://{file} @FILES/run auto_compress = false overwrite = true")
    assert run(alice, copy)[0][1] == "LOADED"

    assert count(alice) == 3


def test_put_does_not_overwrite_unless_told_to(
    server: SnowflakeServer, alice: SnowflakeConnection, file: Path
) -> None:
    staged = server.stage_folder("SHOP", "PUBLIC", "FILES") / "run" / file.name
    put(alice, file)
    first = file.read_bytes()
    file.write_bytes(b"another")
    put(alice, file)
    assert staged.read_bytes() == first
    run(alice, f"put file://{file} @FILES/run auto_compress = false overwrite = true")

    assert staged.read_bytes() == b"another"


def test_purge_takes_the_files_away_only_with_the_commit(
    alice: SnowflakeConnection, file: Path
) -> None:
    put(alice, file)
    run(alice, "begin")
    run(alice, _MATCHED.format(path="run", more="purge = true"))
    run(alice, "rollback")
    assert (count(alice), len(names(alice))) == (0, 1)
    run(alice, _MATCHED.format(path="run", more="purge = true"))

    assert (count(alice), names(alice)) == (2, [])


def test_a_copy_belongs_to_its_transaction(alice: SnowflakeConnection, file: Path) -> None:
    put(alice, file)
    copy = _MATCHED.format(path="run", more="")
    run(alice, "begin")
    run(alice, copy)
    assert count(alice) == 2
    run(alice, "rollback")
    assert count(alice) == 0

    assert run(alice, copy)[0][1] == "LOADED", "the memory of loads is rolled back, too"


def test_a_torn_file_is_refused_and_nothing_of_its_statement_stays(
    server: SnowflakeServer, alice: SnowflakeConnection, file: Path
) -> None:
    put(alice, file)
    torn = server.stage_folder("SHOP", "PUBLIC", "FILES") / "run" / "part-2.parquet"
    whole = file.read_bytes()
    torn.write_bytes(whole[: len(whole) // 2])

    run(alice, "begin")
    run(alice, "insert into RAW (record_key) values ('before')")
    with pytest.raises(Error, match="parquet") as refused:
        run(alice, _MATCHED.format(path="run", more=""))

    assert refused.value.errno == 100184
    assert count(alice) == 1, "the transaction goes on without the statement"
    run(alice, "rollback")
    assert count(alice) == 0


@pytest.mark.parametrize(
    ("copy", "errno"),
    [
        ("copy into RAW (record_key) from (select null from @FILES/run)", 100072),
        (
            "copy into RAW (record_key, amount) from (select 'a', $1:record_key::number "
            "from @FILES/run)",
            100038,
        ),
        ("copy into RAW from @FILES/run", 2019),
        ("copy into RAW (record_key) from (select 'a', 'b' from @FILES/run)", 2057),
        ("copy into NOWHERE (record_key) from (select 'a' from @FILES/run)", 2003),
        ("copy into RAW (record_key) from (select 'a' from @NOWHERE/run)", 2003),
        ("copy into RAW (record_key) from (select 'a' from @FILES) files = ('none')", 100016),
    ],
)
def test_a_copy_that_cannot_be_is_refused(
    alice: SnowflakeConnection, file: Path, copy: str, errno: int
) -> None:
    put(alice, file)
    with pytest.raises(Error) as refused:
        run(alice, f"{copy} file_format = (type = parquet)")

    assert refused.value.errno == errno
    assert count(alice) == 0


def test_a_text_becomes_no_object_unless_it_is_parsed(
    alice: SnowflakeConnection, file: Path
) -> None:
    put(alice, file)
    run(alice, "create or replace table ROWS_OF_FILES (v variant)")
    run(alice, "copy into ROWS_OF_FILES from @FILES/run file_format = (type = parquet)")

    sql = "select typeof(v), typeof(v:payload), v:amount::varchar from ROWS_OF_FILES order by 3"
    assert run(alice, sql)[0] == ("OBJECT", "VARCHAR", "1.25")


def test_files_are_listed_fetched_and_removed(
    alice: SnowflakeConnection, file: Path, tmp_path: Path
) -> None:
    put(alice, file, "run=1")
    put(alice, file, "run=2")
    assert names(alice) == ["files/run=1/part-1.parquet", "files/run=2/part-1.parquet"]
    (tmp_path / "fetched").mkdir()
    run(alice, f"get @FILES/run=1 file://{tmp_path}/fetched/")
    assert (tmp_path / "fetched" / "part-1.parquet").read_bytes() == file.read_bytes()

    removed = run(alice, "remove @FILES/run=1")
    assert removed == [("files/run=1/part-1.parquet", "removed")]
    assert names(alice) == ["files/run=2/part-1.parquet"]


def test_a_dropped_stage_is_gone_with_its_files(alice: SnowflakeConnection, file: Path) -> None:
    put(alice, file)
    run(alice, "drop stage FILES")
    with pytest.raises(Error, match="does not exist"):
        run(alice, "list @FILES")
    run(alice, "create stage FILES")

    assert names(alice) == []
