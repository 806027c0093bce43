"""What things are called in Snowflake: plain upper-case names, of which none needs quotes."""

from __future__ import annotations

import re

LAYERS = ("RAW", "STAGING", "STANDARD", "ANALYTICS")
SHARED = ("RAW", "STANDARD", "ANALYTICS", "ADMIN")

ACCOUNT_ADMIN = "ACCOUNTADMIN"
ADMIN = "MERCURIOS_ADMIN"
DEVELOPER = "MERCURIOS_DEVELOPER"
ANALYST = "MERCURIOS_ANALYST"
TRANSFORMER = "MERCURIOS_TRANSFORMER"
API = "MERCURIOS_API"

LOADING_WH = "MERCURIOS_LOADING_WH"
ANALYTICS_WH = "MERCURIOS_ANALYTICS_WH"
DEV_WH = "MERCURIOS_DEV_WH"
TASK_WH = "MERCURIOS_TASK_WH"
WAREHOUSES = (LOADING_WH, ANALYTICS_WH, DEV_WH, TASK_WH)

NETWORK_POLICY = "MERCURIOS_NETWORK"
MAPPING = "ROLE_TENANTS"
ROW_POLICY = "TENANT_ROWS"
TEXT_MASK = "PERSONAL_TEXT"
DATE_MASK = "PERSONAL_DATE"

_PLAIN = re.compile(r"[A-Z_][A-Z0-9_]{0,254}")
_SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def checked(name: str) -> str:
    """A name, or names with points between them, that may stand in a statement without quotes.

    :raises ValueError: if it may not
    """
    if not all(_PLAIN.fullmatch(part) for part in name.split(".")):
        raise ValueError(f"{name!r} is no plain name of Snowflake")
    return name


def text(value: str) -> str:
    """A text as a literal."""
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def tenant_prefix(slug: str) -> str:
    """No two slugs have the same: they hold no underscore that a hyphen could become.

    :raises ValueError: for what is no slug
    """
    if not _SLUG.fullmatch(slug):
        raise ValueError(f"{slug!r} is no slug")
    return checked("TENANT_" + slug.upper().replace("-", "_"))


def tenant_schema(slug: str, layer: str) -> str:
    return f"{tenant_prefix(slug)}_{layer}"


def tenant_role(slug: str) -> str:
    return f"{tenant_prefix(slug)}_ROLE"


def monitor_of(warehouse: str) -> str:
    return warehouse.removesuffix("_WH") + "_MONITOR"
