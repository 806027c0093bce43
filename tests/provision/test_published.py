"""The published models, as the shared views show them."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from flows.provision.names import TEXT_MASK
from flows.provision.published import Published, PublishedWrong, published_models


def model(folder: Path, *columns: dict[str, object], published: object = True) -> Path:
    told = {
        "models": [
            {
                "name": "buyers",
                "config": {"meta": {"published": published}},
                "columns": [{"data_type": "varchar", **column} for column in columns],
            }
        ]
    }
    (folder / "buyers.yml").write_text(yaml.safe_dump(told))
    return folder


def only(folder: Path) -> Published:
    (found,) = published_models(folder)
    return found


def test_the_projects_own_all_say_their_tenant_and_name_nobody() -> None:
    found = published_models()

    assert len(found) >= 6
    assert all(each.says_its_tenant for each in found)
    assert not [column.name for each in found for column in each.columns if column.mask]


def test_what_is_not_published_is_not_shared(tmp_path: Path) -> None:
    assert published_models(model(tmp_path, {"name": "tenant_id"}, published=False)) == ()


def test_a_model_without_a_tenant_gets_the_column(tmp_path: Path) -> None:
    found = only(model(tmp_path, {"name": "total"}))

    assert [column.name for column in found.columns] == ["TENANT_ID", "TOTAL"]
    assert not found.says_its_tenant


@pytest.mark.parametrize(
    ("column", "mask"),
    [
        ({"name": "email"}, TEXT_MASK),
        ({"name": "nickname", "meta": {"personal": True}}, TEXT_MASK),
        ({"name": "nickname", "config": {"meta": {"personal": True}}}, TEXT_MASK),
        ({"name": "birth_date", "data_type": "date"}, "PERSONAL_DATE"),
        ({"name": "email", "meta": {"personal": False}}, None),
        ({"name": "product_name"}, None),
    ],
)
def test_a_column_is_masked_by_its_name_or_its_yaml(
    tmp_path: Path, column: dict[str, object], mask: str | None
) -> None:
    assert only(model(tmp_path, column)).columns[-1].mask == mask


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ({"name": "phone", "data_type": "bigint"}, "PHONE is BIGINT, for which there is no mask"),
        ({"name": "a b"}, "no plain name"),
        ({"name": "a", "data_type": "varchar) as select 1 --"}, "is no type"),
    ],
)
def test_what_no_view_can_be_made_of_is_refused_by_name(
    tmp_path: Path, column: dict[str, object], said: str
) -> None:
    with pytest.raises(PublishedWrong, match=f"buyers: .*{said}"):
        published_models(model(tmp_path, column))
