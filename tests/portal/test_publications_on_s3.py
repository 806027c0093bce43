"""Published figures in a bucket: read as from a folder, copied once, never across tenants."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from portal.publications.lake import Lake, NotInLake, lake
from portal.publications.query import run_query
from portal.publications.reader import (
    NoSuchPublication,
    NothingPublished,
    current_publication,
    open_publication,
    publications,
    read_manifest,
)
from portal.publications.reading import LakeUnreadable, PublicationBroken
from tests.portal.publication_of import VIEWS, make_current, publish
from tests.simulators.aws import AwsServer
from tests.simulators.aws_front import AwsFront, Fault
from tests.simulators.buckets import ADDRESS, BUCKET, bucket_of

MORNING = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
TENANT = UUID("6f0b1c9e-54c8-4f57-9c21-5e25c2b5d7aa")
CHARLIES = UUID("c4a211e0-0000-4000-8000-000000000003")
SHOP = {"shop_id": "1", "shop_name": "Harbour", "currency": "EUR", "total_revenue": "10.10"}
ASKED = "select shop_name, total_revenue from shop_performance"


@pytest.fixture(scope="module")
def aws() -> Iterator[AwsServer]:
    with AwsServer() as running:
        yield running


@pytest.fixture
def front(
    aws: AwsServer, monkeypatch: pytest.MonkeyPatch, settings: Settings, tmp_path: Path
) -> Iterator[AwsFront]:
    with bucket_of(aws, monkeypatch) as door:
        settings.LAKE = ADDRESS
        settings.LAKE_CACHE = tmp_path / "cache"
        yield door


@pytest.fixture
def store(front: AwsFront) -> Lake:
    return lake()


@pytest.fixture
def local(tmp_path: Path) -> Path:
    """Where publications are made before they are uploaded."""
    return tmp_path / "made"


def upload(aws: AwsServer, local: Path) -> None:
    for path in sorted(each for each in local.rglob("*") if each.is_file()):
        place = f"data/{path.relative_to(local).as_posix()}"
        aws.client("s3").put_object(Bucket=BUCKET, Key=place, Body=path.read_bytes())


def published(aws: AwsServer, local: Path, *, tenant: UUID = TENANT, at: datetime = MORNING) -> str:
    name = publish(lake=local, tenant=tenant, rows={"shop_performance": [SHOP]}, at=at)
    upload(aws, local)
    return name


def downloads(front: AwsFront) -> int:
    return len([each for each in front.seen if each.path.endswith(".parquet")])


def shops(store: Lake, tenant: UUID = TENANT) -> list[tuple[str, str]]:
    manifest = read_manifest(lake=store, tenant=tenant)
    with open_publication(lake=store, tenant=tenant, manifest=manifest) as reading:
        return [(row["shop_name"], str(row["total_revenue"])) for row in reading.rows(ASKED)]


def copies(settings: Settings, tenant: UUID = TENANT) -> list[Path]:
    return sorted((settings.LAKE_CACHE / str(tenant)).glob("*.parquet"))


def test_the_figures_of_a_bucket_are_read(aws: AwsServer, store: Lake, local: Path) -> None:
    published(aws, local)

    assert shops(store) == [("Harbour", "10.10")]


def test_a_query_is_answered_from_a_bucket_and_reaches_no_other_file(
    aws: AwsServer, store: Lake, local: Path
) -> None:
    published(aws, local)
    manifest = read_manifest(lake=store, tenant=TENANT)

    with open_publication(lake=store, tenant=TENANT, manifest=manifest) as reading:
        found = run_query(reading=reading, sql=ASKED)
        with pytest.raises(Exception, match="reads the published views and no other files"):
            run_query(reading=reading, sql="select * from read_text('/etc/hostname')")

    assert [tuple(map(str, row)) for row in found.rows] == [("Harbour", "10.10")]


def test_a_new_publication_is_seen_at_once(aws: AwsServer, store: Lake, local: Path) -> None:
    first = published(aws, local)
    before = current_publication(lake=store, tenant=TENANT)

    second = published(aws, local, at=MORNING + timedelta(days=1))

    assert before == first
    assert current_publication(lake=store, tenant=TENANT) == second
    assert publications(lake=store, tenant=TENANT) == [second, first]


def test_the_list_of_publications_costs_two_requests(
    aws: AwsServer, front: AwsFront, store: Lake, local: Path
) -> None:
    for day in range(3):
        publish(lake=local, tenant=TENANT, at=MORNING + timedelta(days=day))
    upload(aws, local)
    front.seen.clear()

    assert len(publications(lake=store, tenant=TENANT)) == 3
    assert len(front.seen) == 2


def test_a_publication_that_is_still_being_written_is_not_listed(
    aws: AwsServer, store: Lake, local: Path
) -> None:
    ready = publish(lake=local, tenant=TENANT, at=MORNING)
    half = local / str(TENANT) / "publications" / "20261119T050000Z-00000000"
    half.mkdir()
    (half / "shop_performance.parquet").write_text("PAR1")
    publish(lake=local, tenant=TENANT, at=MORNING + timedelta(days=1))
    make_current(lake=local, tenant=TENANT, publication=ready)
    upload(aws, local)

    assert publications(lake=store, tenant=TENANT) == [ready]


def test_a_tenant_without_publications_has_an_empty_list_and_no_current_one(store: Lake) -> None:
    assert publications(lake=store, tenant=TENANT) == []
    with pytest.raises(NothingPublished):
        read_manifest(lake=store, tenant=TENANT)


def test_a_tenant_is_not_offered_the_publications_of_another(
    aws: AwsServer, store: Lake, local: Path
) -> None:
    theirs = published(aws, local)
    published(aws, local, tenant=CHARLIES, at=MORNING + timedelta(days=1))

    assert theirs not in publications(lake=store, tenant=CHARLIES)
    with pytest.raises(NoSuchPublication):
        read_manifest(lake=store, tenant=CHARLIES, publication=theirs)


@pytest.mark.parametrize(
    "key",
    [
        f"../{CHARLIES}/secret",
        f"publications/../../{CHARLIES}/secret",
        f"/{CHARLIES}/secret",
        "publications//secret",
        ".",
        "",
        "a\0b",
        "publications/current.json\n",
    ],
)
def test_no_key_leads_out_of_the_tenants_prefix(
    aws: AwsServer, front: AwsFront, store: Lake, key: str
) -> None:
    aws.client("s3").put_object(Bucket=BUCKET, Key=f"data/{CHARLIES}/secret", Body=b"Charlie's")

    with pytest.raises(NotInLake):
        store.read(tenant=TENANT, key=key)
    with pytest.raises(NotInLake):
        store.local_path(tenant=TENANT, key=key, sha256="0" * 64)
    with pytest.raises(NotInLake):
        store.folders_with("secret", tenant=TENANT, key=key)

    assert front.seen == []


def test_two_tenants_with_equal_figures_have_copies_of_their_own(
    aws: AwsServer, front: AwsFront, store: Lake, local: Path, settings: Settings
) -> None:
    published(aws, local)
    published(aws, local, tenant=CHARLIES)

    shops(store)

    assert copies(settings)
    assert copies(settings, CHARLIES) == []


def test_a_file_is_copied_once_and_serves_every_publication_it_is_part_of(
    aws: AwsServer, front: AwsFront, store: Lake, local: Path
) -> None:
    published(aws, local)
    shops(store)
    first = downloads(front)

    shops(store)
    published(aws, local, at=MORNING + timedelta(days=1))
    shops(store)

    assert 0 < first <= len(VIEWS)
    assert downloads(front) == first


def test_many_who_ask_at_the_same_time_wait_for_one_download(
    aws: AwsServer, front: AwsFront, store: Lake, local: Path
) -> None:
    published(aws, local)
    manifest = read_manifest(lake=store, tenant=TENANT)
    view = manifest.views["shop_performance"]
    key = f"publications/{manifest.publication}/{view.file}"
    start, found = threading.Barrier(6), []

    def ask() -> None:
        start.wait()
        found.append(lake().local_path(tenant=TENANT, key=key, sha256=view.sha256))

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 6
    assert len(set(found)) == 1
    assert downloads(front) == 1


def test_a_torn_copy_is_fetched_again(
    aws: AwsServer, front: AwsFront, store: Lake, local: Path, settings: Settings
) -> None:
    published(aws, local)
    shops(store)
    before = downloads(front)
    for path in copies(settings):
        path.write_bytes(path.read_bytes()[:-1])

    assert shops(store) == [("Harbour", "10.10")]
    assert downloads(front) == 2 * before


def test_a_download_that_breaks_off_leaves_no_copy_and_the_next_one_works(
    aws: AwsServer, front: AwsFront, store: Lake, local: Path, settings: Settings
) -> None:
    published(aws, local)
    front.faults.append(Fault("GET", ".parquet", status=200, body="PAR1 and no more"))

    with pytest.raises(PublicationBroken, match="is not the one published"):
        shops(store)

    assert copies(settings) == []
    assert not list(settings.LAKE_CACHE.rglob(".waiting-*"))
    assert shops(store) == [("Harbour", "10.10")]


@pytest.mark.parametrize("harm", ["missing", "swapped"])
def test_a_file_that_is_not_the_published_one_is_a_sentence(
    aws: AwsServer, store: Lake, local: Path, harm: str
) -> None:
    name = published(aws, local)
    place = {"Bucket": BUCKET, "Key": f"data/{TENANT}/publications/{name}/shop_performance.parquet"}
    if harm == "missing":
        aws.client("s3").delete_object(**place)
    else:
        aws.client("s3").put_object(**place, Body=b"PAR1 of somebody else")

    with pytest.raises(PublicationBroken, match=r"The file shop_performance.parquet is"):
        shops(store)


def test_the_least_recently_asked_copies_make_room_and_those_in_use_stay(
    aws: AwsServer, store: Lake, local: Path, settings: Settings
) -> None:
    settings.LAKE_CACHE_MB = 1
    folder = settings.LAKE_CACHE / str(CHARLIES)
    folder.mkdir(parents=True)
    hours_ago = time.time() - 7200
    for name in ("old.parquet", "older.parquet", "in-use.parquet", ".waiting-dead"):
        (folder / name).write_bytes(b"x" * 600_000)
        asked = {"older.parquet": hours_ago - 1, "in-use.parquet": time.time()}.get(name, hours_ago)
        os.utime(folder / name, (asked, hours_ago))
    published(aws, local)

    shops(lake())

    assert [path.name for path in folder.iterdir()] == ["in-use.parquet"]
    assert copies(settings)


@pytest.mark.parametrize(
    "fault",
    [
        Fault("GET", status=503, code="SlowDown", times=9),
        Fault("GET", status=403, code="AccessDenied", times=9),
        Fault("GET", times=9),
    ],
)
def test_a_bucket_that_does_not_answer_is_a_sentence_and_the_log_has_the_reason(
    aws: AwsServer,
    front: AwsFront,
    store: Lake,
    caplog: pytest.LogCaptureFixture,
    fault: Fault,
) -> None:
    front.faults.append(fault)

    with pytest.raises(LakeUnreadable, match="cannot be fetched just now") as caught:
        current_publication(lake=store, tenant=TENANT)

    assert BUCKET not in str(caught.value)
    assert BUCKET in caplog.text


def test_archived_figures_are_a_sentence(aws: AwsServer, store: Lake, local: Path) -> None:
    name = published(aws, local)
    place = f"data/{TENANT}/publications/{name}/manifest.json"
    aws.client("s3").put_object(Bucket=BUCKET, Key=place, Body=b"{}", StorageClass="GLACIER")

    with pytest.raises(LakeUnreadable, match="These figures are archived"):
        read_manifest(lake=store, tenant=TENANT)


def test_an_unknown_tenant_finds_nothing(aws: AwsServer, store: Lake, local: Path) -> None:
    published(aws, local)

    with pytest.raises(NothingPublished):
        current_publication(lake=store, tenant=uuid4())


@pytest.mark.parametrize("address", ["s3://", "s3://b", "s3://bucket/../x", "gs://bucket/x"])
def test_an_address_that_is_none_is_told_to_the_operator(settings: Settings, address: str) -> None:
    settings.LAKE = address

    with pytest.raises(ImproperlyConfigured, match="Write a folder of this machine, or s3://"):
        lake()
