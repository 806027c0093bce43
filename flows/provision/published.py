"""Which models of `transforms/` are published, and which of their columns are personal."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from flows.provision.names import DATE_MASK, TEXT_MASK, checked
from flows.settings import PROJECT

ANALYTICS = PROJECT / "transforms" / "models" / "analytics"

# What names or reaches a person, whatever the model. A column's `meta.personal` says so, too.
PERSONAL = frozenset(
    {
        "BIRTH_DATE", "CUSTOMER_NAME", "DATE_OF_BIRTH", "EMAIL",
        "EMPLOYEE_NAME", "FAX", "FIRST_NAME", "FULL_NAME", "HOUSE_NUMBER", "LAST_NAME", "MOBILE",
        "PHONE", "POSTAL_CODE", "POSTCODE", "SALESPERSON_NAME", "STREET", "ZIP_CODE",
    }
)  # fmt: skip
MASKS = {"VARCHAR": TEXT_MASK, "DATE": DATE_MASK}
TENANT_COLUMN = "TENANT_ID"
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times faster where it is built
_TYPE = re.compile(r"[A-Z]+(\([0-9]+(,[0-9]+)?\))?")


class PublishedWrong(Exception):
    """A published model's YAML says what provisioning cannot make a shared view of."""


@dataclass(frozen=True)
class Column:
    """`mask` is the masking policy of a personal column."""

    name: str
    type: str
    mask: str | None = None


@dataclass(frozen=True)
class Published:
    """A published model under its name in Snowflake. `columns` always hold the tenant's."""

    name: str
    columns: tuple[Column, ...]
    says_its_tenant: bool


def published_models(folder: Path = ANALYTICS) -> tuple[Published, ...]:
    """By name.

    :raises PublishedWrong: naming the model and the column
    """
    return tuple(
        sorted(
            (
                _published(model)
                for file in sorted(folder.rglob("*.yml"))
                for model in (_read(file) or {}).get("models", [])
                if model.get("config", {}).get("meta", {}).get("published") is True
            ),
            key=lambda each: each.name,
        )
    )


def _read(file: Path) -> Any:
    return yaml.load(file.read_bytes(), Loader=_Loader)  # noqa: S506 - both are safe loaders


def _published(model: Mapping[str, Any]) -> Published:
    try:
        columns = tuple(_column(each) for each in model["columns"])
        name = checked(model["name"].upper())
    except ValueError as error:
        raise PublishedWrong(f"{model['name']}: {error}. Correct its YAML.") from error
    says = any(column.name == TENANT_COLUMN for column in columns)
    if not says:  # then each tenant's branch says it, as a literal
        columns = (Column(TENANT_COLUMN, "VARCHAR"), *columns)
    return Published(name=name, columns=columns, says_its_tenant=says)


def _column(given: Mapping[str, Any]) -> Column:
    name = checked(given["name"].upper())
    type_ = given["data_type"].upper().replace(" ", "")
    if not _TYPE.fullmatch(type_):
        raise ValueError(f"{given['data_type']!r} is no type of a shared view")
    if not _is_personal(name, given):
        return Column(name, type_)
    if type_ not in MASKS:
        raise ValueError(f"the personal column {name} is {type_}, for which there is no mask")
    return Column(name, type_, MASKS[type_])


def _is_personal(name: str, given: Mapping[str, Any]) -> bool:
    meta = {**given.get("meta", {}), **given.get("config", {}).get("meta", {})}
    return bool(meta.get("personal", name in PERSONAL))
