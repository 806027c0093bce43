"""What Google Analytics and Klaviyo say of visits and people, typed, with the days that change."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from tests.transforms.builds import ALICE
from tests.transforms.samples import samples_of
from tests.transforms.warehouse_of_source import Record, WarehouseOfSource


def samples(source: str, stream: str) -> list[Record]:
    return [dict(record) for record in samples_of(source, stream)]


def test_visits_of_a_day_are_typed_and_a_restated_day_is_its_last_word(tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()
    warehouse = WarehouseOfSource(
        "google_analytics", ALICE, folder=tmp_path, target=tmp_path / "target"
    )
    for stream in warehouse.source.streams:
        warehouse.read(stream, *samples("google_analytics", stream), at="2026-03-03T02:00:00")
    [organic, *_] = samples("google_analytics", "daily_channel")
    values = ["121", "81", "101", "41", "351", "12.5", "4", "238"]
    restated = organic | {"metricValues": [{"value": value} for value in values]}
    warehouse.read("daily_channel", restated, at="2026-03-04T02:00:00")

    warehouse.run("--select", "stg_google_analytics__*")

    assert warehouse.rows(
        "select day, channel_group, sessions, key_events, transactions, purchase_revenue"
        " from staging.stg_google_analytics__daily_channels where unreadable_fields is null"
        " qualify row_number() over (partition by record_key order by extracted_at desc) = 1"
        " order by day, channel_group"
    ) == [
        ("20260301", "(other)", 5, Decimal(0), 0, Decimal(0)),
        ("20260301", "Organic Search", 121, Decimal("12.5"), 4, Decimal(238)),
        ("20260302", "Direct", 60, Decimal(4), 1, Decimal("59.5")),
    ]
    assert warehouse.rows(
        "select item_id, items_viewed, item_revenue, extensions"
        " from staging.stg_google_analytics__daily_items order by day limit 1"
    ) == [("LINEN-7", 45, Decimal("178.5"), "{}")]
    # A campaign's name with a comma or a bar is still one part of the key.
    assert warehouse.rows(
        "select campaign, sessions from staging.stg_google_analytics__daily_campaigns"
        " where medium = 'email'"
    ) == [("spring, part 1", 40)]


def test_events_say_who_did_what_and_when_and_nobodys_name(tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()
    warehouse = WarehouseOfSource("klaviyo", ALICE, folder=tmp_path, target=tmp_path / "target")
    for stream in warehouse.source.streams:
        warehouse.read(stream, *samples("klaviyo", stream), at="2026-03-03T02:00:00")

    warehouse.run("--select", "stg_klaviyo__*")

    assert warehouse.rows(
        "select profiles.external_id, metrics.metric_name, cast(events.happened_at as varchar)"
        " from staging.stg_klaviyo__events as events"
        " join staging.stg_klaviyo__profiles as profiles on events.profile_id = profiles.id"
        " join staging.stg_klaviyo__metrics as metrics on events.metric_id = metrics.id"
        " order by events.happened_at"
    ) == [
        ("25", "Placed Order", "2026-02-03 09:15:02"),
        ("27", "Placed Order", "2026-02-07 22:40:00"),
        ("27", "Opened Email", "2026-02-14 11:11:11"),
    ]
    assert warehouse.rows(
        "select list_name, opt_in_process from staging.stg_klaviyo__lists order by id"
    ) == [
        ("Newsletter", "double_opt_in"), ("Friends of the shop", "single_opt_in"), (None, None),
    ]  # fmt: skip
    assert warehouse.rows(
        "select count(*) from staging.stg_klaviyo__profiles where unreadable_fields is not null"
    ) == [(0,)]
