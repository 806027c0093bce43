"""Which publications a tenant has, and what happens to those that are not whole."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from portal.publications.lake import LocalLake, NotInLake
from portal.publications.reader import (
    NoSuchPublication,
    NothingPublished,
    open_publication,
    publications,
    read_manifest,
)
from portal.publications.reading import PublicationBroken
from tests.portal.publication_of import folder_of, make_current, publish

MORNING = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
TENANT = UUID("6f0b1c9e-54c8-4f57-9c21-5e25c2b5d7aa")
SHOP = {"shop_id": "1", "shop_name": "Harbour", "currency": "EUR", "total_revenue": "10.10"}


def test_publications_are_listed_newest_first(tmp_path: Path) -> None:
    first = publish(lake=tmp_path, tenant=TENANT, at=MORNING)
    second = publish(lake=tmp_path, tenant=TENANT, at=MORNING + timedelta(days=1))

    assert publications(lake=LocalLake(tmp_path), tenant=TENANT) == [second, first]


def test_a_publication_that_is_still_being_written_is_not_listed(tmp_path: Path) -> None:
    ready = publish(lake=tmp_path, tenant=TENANT, at=MORNING)
    half = folder_of(lake=tmp_path, tenant=TENANT, publication="20261119T050000Z-00000000")
    half.mkdir()
    publish(lake=tmp_path, tenant=TENANT, at=MORNING + timedelta(days=1))
    make_current(lake=tmp_path, tenant=TENANT, publication=ready)

    assert publications(lake=LocalLake(tmp_path), tenant=TENANT) == [ready]


def test_a_folder_with_an_impossible_time_for_a_name_is_not_listed(tmp_path: Path) -> None:
    impossible = publish(lake=tmp_path, tenant=TENANT, at=MORNING)
    folder = folder_of(lake=tmp_path, tenant=TENANT, publication=impossible)
    folder.rename(folder.with_name("20261020T256199Z-00000000"))
    real = publish(lake=tmp_path, tenant=TENANT, at=MORNING)

    assert publications(lake=LocalLake(tmp_path), tenant=TENANT) == [real]


def test_a_tenant_without_publications_has_an_empty_list_and_no_current_one(tmp_path: Path) -> None:
    lake = LocalLake(tmp_path)

    assert publications(lake=lake, tenant=TENANT) == []
    with pytest.raises(NothingPublished, match="Run one of the tenant's connections first"):
        read_manifest(lake=lake, tenant=TENANT)


def test_the_manifest_tells_what_a_column_means(tmp_path: Path) -> None:
    publish(lake=tmp_path, tenant=TENANT)

    manifest = read_manifest(lake=LocalLake(tmp_path), tenant=TENANT)

    said = manifest.definition(view="business_dashboard", column="sales_7d")
    assert said == "What sales_7d of business_dashboard means."
    assert manifest.definition(view="business_dashboard", column="nonsense") == ""


def test_an_earlier_publication_keeps_its_numbers(tmp_path: Path) -> None:
    first = publish(lake=tmp_path, tenant=TENANT, rows={"shop_performance": [SHOP]}, at=MORNING)
    publish(lake=tmp_path, tenant=TENANT, at=MORNING + timedelta(days=1))
    lake = LocalLake(tmp_path)

    manifest = read_manifest(lake=lake, tenant=TENANT, publication=first)
    with open_publication(lake=lake, tenant=TENANT, manifest=manifest) as reading:
        rows = reading.rows("select shop_name, total_revenue from shop_performance")

    assert [(row["shop_name"], str(row["total_revenue"])) for row in rows] == [("Harbour", "10.10")]


@pytest.mark.parametrize(
    "name",
    [
        "20200101T000000Z-00000000",
        "../../etc",
        "20991231T235959Z-ffffffff",
        "",
        "20261120T050000Z-0000000\n",
        "20261320T050000Z-00000000",
    ],
)
def test_a_name_that_is_none_of_the_tenants_publications_is_refused(
    tmp_path: Path, name: str
) -> None:
    publish(lake=tmp_path, tenant=TENANT)

    with pytest.raises(NoSuchPublication, match="There is no publication"):
        read_manifest(lake=LocalLake(tmp_path), tenant=TENANT, publication=name)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "Invalid JSON"),
        ("{}", "format: Field required"),
        ('{"format": 2}', "format: Input should be 1"),
        ("[]", "Input should be an object"),
        ("", "Invalid JSON"),
    ],
)
def test_a_torn_manifest_is_a_sentence(tmp_path: Path, text: str, reason: str) -> None:
    publication = publish(lake=tmp_path, tenant=TENANT)
    folder = folder_of(lake=tmp_path, tenant=TENANT, publication=publication)
    (folder / "manifest.json").write_text(text)

    with pytest.raises(PublicationBroken, match=reason) as caught:
        read_manifest(lake=LocalLake(tmp_path), tenant=TENANT)

    assert "Run one of the tenant's connections again" in str(caught.value)


def test_a_torn_list_of_publications_is_a_sentence(tmp_path: Path) -> None:
    publish(lake=tmp_path, tenant=TENANT)
    (tmp_path / str(TENANT) / "publications" / "current.json").write_text('{"publication": ".."}')

    with pytest.raises(PublicationBroken, match="The list of publications cannot be read"):
        publications(lake=LocalLake(tmp_path), tenant=TENANT)


def test_a_manifest_that_was_removed_is_a_sentence(tmp_path: Path) -> None:
    publication = publish(lake=tmp_path, tenant=TENANT)
    folder = folder_of(lake=tmp_path, tenant=TENANT, publication=publication)
    (folder / "manifest.json").unlink()

    with pytest.raises(PublicationBroken, match=r"The manifest of .* is missing"):
        read_manifest(lake=LocalLake(tmp_path), tenant=TENANT)


@pytest.mark.parametrize("field", ["tenant", "publication"])
def test_another_publications_manifest_is_not_believed(tmp_path: Path, field: str) -> None:
    publication = publish(lake=tmp_path, tenant=TENANT)
    path = folder_of(lake=tmp_path, tenant=TENANT, publication=publication) / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest[field] = {"tenant": str(uuid4()), "publication": "20200101T000000Z-00000000"}[field]
    path.write_text(json.dumps(manifest))

    with pytest.raises(PublicationBroken, match="is another publication's"):
        read_manifest(lake=LocalLake(tmp_path), tenant=TENANT)


@pytest.mark.parametrize("harm", ["missing", "torn", "swapped", "a link"])
def test_a_file_that_is_not_the_published_one_is_a_sentence(tmp_path: Path, harm: str) -> None:
    publication = publish(lake=tmp_path, tenant=TENANT)
    lake = LocalLake(tmp_path)
    manifest = read_manifest(lake=lake, tenant=TENANT)
    path = folder_of(lake=tmp_path, tenant=TENANT, publication=publication)
    path /= "shop_performance.parquet"
    content = path.read_bytes()
    path.unlink()
    match harm:
        case "torn":
            path.write_bytes(content[:-1])
        case "swapped":
            path.write_bytes(content[:-1] + b"X")
        case "a link":
            outside = tmp_path / "outside.parquet"
            outside.write_bytes(content)
            path.symlink_to(outside)

    with (
        pytest.raises(PublicationBroken, match=r"The file shop_performance.parquet is"),
        open_publication(lake=lake, tenant=TENANT, manifest=manifest),
    ):
        pass


def test_a_column_that_an_old_publication_lacks_is_a_sentence(tmp_path: Path) -> None:
    publish(lake=tmp_path, tenant=TENANT)
    lake = LocalLake(tmp_path)
    manifest = read_manifest(lake=lake, tenant=TENANT)

    with (
        open_publication(lake=lake, tenant=TENANT, manifest=manifest) as reading,
        pytest.raises(PublicationBroken, match="cannot be read"),
    ):
        reading.rows("select brand from product_performance")


@pytest.mark.parametrize(
    "key", ["../other/secret", "/etc/passwd", "publications/../../secret", "a\0b", "link/secret"]
)
def test_no_key_leads_out_of_the_tenants_folder(tmp_path: Path, key: str) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "secret").write_text("not yours")
    (tmp_path / "secret").write_text("not yours")
    (tmp_path / str(TENANT)).mkdir()
    (tmp_path / str(TENANT) / "link").symlink_to(other)
    lake = LocalLake(tmp_path)

    with pytest.raises(NotInLake):
        lake.read(tenant=TENANT, key=key)


def test_a_tenant_is_not_offered_the_publications_of_another(tmp_path: Path) -> None:
    theirs = publish(lake=tmp_path, tenant=TENANT, at=MORNING)
    stranger = uuid4()
    publish(lake=tmp_path, tenant=stranger, at=MORNING + timedelta(days=1))
    lake = LocalLake(tmp_path)

    assert theirs not in publications(lake=lake, tenant=stranger)
    with pytest.raises(NoSuchPublication):
        read_manifest(lake=lake, tenant=stranger, publication=theirs)
