"""What provisioning has to be told, from the environment. `docs/settings.md` lists it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_network

from flows.provision.names import ADMIN, API, LAYERS, TRANSFORMER, checked
from flows.settings import SettingMissing

RETENTION_DAYS = {"RAW": 7, "STAGING": 0, "STANDARD": 1, "ANALYTICS": 1, "ADMIN": 7}
CREDITS_A_MONTH = {"ANALYTICS": 10, "DEV": 5, "LOADING": 8, "TASK": 2}
SIZES = ("XSMALL", "SMALL", "MEDIUM", "LARGE", "XLARGE", "XXLARGE")
# Rebuilt from raw by a run: worth no fail-safe, and Snowflake keeps them for a day at most.
TRANSIENT = frozenset(LAYERS[1:])
EVERYBODY = "*"


class SettingWrong(SettingMissing):
    """An environment variable holds what it cannot mean; the sentence names it."""


@dataclass(frozen=True)
class ProvisionSettings:
    """
    :param analyst_tenants: slugs that the analysts see, or `*`
    :param allowed_addresses: CIDR ranges that the service users may log in from; none for any
    """

    database: str = "MERCURIOS_DATA"
    loader_role: str = "MERCURIOS_LOADER"
    warehouse_size: str = "XSMALL"
    suspend_seconds: int = 60
    max_clusters: int = 1
    retention_days: tuple[tuple[str, int], ...] = tuple(RETENTION_DAYS.items())
    credits_a_month: tuple[tuple[str, int], ...] = tuple(CREDITS_A_MONTH.items())
    allowed_addresses: tuple[str, ...] = ()
    worker_user: str = "MERCURIOS_WORKER"
    provisioner_user: str = "MERCURIOS_PROVISIONER"
    analyst_tenants: tuple[str, ...] = ()


def platform_roles() -> tuple[str, ...]:
    """The roles in which the platform's own statements run, as Snowflake writes them."""
    loader = os.environ.get("MERCURIOS_SNOWFLAKE_LOADER_ROLE") or "MERCURIOS_LOADER"
    return ADMIN, loader.upper(), TRANSFORMER, API


def provision_settings() -> ProvisionSettings:
    """:raises SettingWrong: naming the variable"""
    env = os.environ
    return ProvisionSettings(
        database=_name(
            "MERCURIOS_SNOWFLAKE_DATABASE",
            env.get("MERCURIOS_SNOWFLAKE_DATABASE") or "MERCURIOS_DATA",
        ),
        loader_role=_name(
            "MERCURIOS_SNOWFLAKE_LOADER_ROLE",
            env.get("MERCURIOS_SNOWFLAKE_LOADER_ROLE") or "MERCURIOS_LOADER",
        ),
        warehouse_size=_size(env.get("MERCURIOS_SNOWFLAKE_WAREHOUSE_SIZE") or "XSMALL"),
        suspend_seconds=_count(
            "MERCURIOS_SNOWFLAKE_SUSPEND_SECONDS",
            env.get("MERCURIOS_SNOWFLAKE_SUSPEND_SECONDS") or "60",
            within=range(1, 86_401),
        ),
        max_clusters=_count(
            "MERCURIOS_SNOWFLAKE_MAX_CLUSTERS",
            env.get("MERCURIOS_SNOWFLAKE_MAX_CLUSTERS") or "1",
            within=range(1, 11),
        ),
        retention_days=_retention(env.get("MERCURIOS_SNOWFLAKE_RETENTION_DAYS") or ""),
        credits_a_month=_pairs(
            "MERCURIOS_SNOWFLAKE_CREDITS",
            env.get("MERCURIOS_SNOWFLAKE_CREDITS") or "",
            CREDITS_A_MONTH,
            within=range(1, 1_000_001),
        ),
        allowed_addresses=_addresses(env.get("MERCURIOS_SNOWFLAKE_ALLOWED_ADDRESSES") or ""),
        worker_user=_name(
            "MERCURIOS_SNOWFLAKE_USER", env.get("MERCURIOS_SNOWFLAKE_USER") or "MERCURIOS_WORKER"
        ),
        provisioner_user=_name(
            "MERCURIOS_SNOWFLAKE_PROVISIONER_USER",
            env.get("MERCURIOS_SNOWFLAKE_PROVISIONER_USER") or "MERCURIOS_PROVISIONER",
        ),
        analyst_tenants=_words(env.get("MERCURIOS_SNOWFLAKE_ANALYST_TENANTS") or ""),
    )


def _name(variable: str, value: str) -> str:
    try:
        return checked(value.upper())
    except ValueError as error:
        raise SettingWrong(f"{variable} is not a plain name: {value!r}. Correct it.") from error


def _size(value: str) -> str:
    size = value.upper().replace("-", "")
    if size not in SIZES:
        raise SettingWrong(
            f"MERCURIOS_SNOWFLAKE_WAREHOUSE_SIZE is {value!r}. Choose one of {', '.join(SIZES)}."
        )
    return size


def _count(variable: str, value: str, *, within: range) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", value) or int(value) not in within:
        raise SettingWrong(
            f"{variable} is {value!r}. Set a whole number from {within[0]} to {within[-1]}."
        )
    return int(value)


def _retention(value: str) -> tuple[tuple[str, int], ...]:
    variable = "MERCURIOS_SNOWFLAKE_RETENTION_DAYS"
    found = _pairs(variable, value, RETENTION_DAYS, within=range(91))
    for layer, days in found:
        if layer in TRANSIENT and days > 1:
            raise SettingWrong(
                f"{variable} keeps {layer} for {days} days. It is transient: set 0 or 1."
            )
    return found


def _pairs(
    variable: str, value: str, defaults: Mapping[str, int], *, within: range
) -> tuple[tuple[str, int], ...]:
    found = dict(defaults)
    for word in _words(value):
        key, _, number = word.upper().partition("=")
        if key not in defaults:
            known = ", ".join(f"{name}={default}" for name, default in defaults.items())
            raise SettingWrong(f"{variable} names {key!r}. It knows, with its defaults: {known}.")
        found[key] = _count(variable, number, within=within)
    return tuple(found.items())


def _addresses(value: str) -> tuple[str, ...]:
    variable = "MERCURIOS_SNOWFLAKE_ALLOWED_ADDRESSES"
    try:
        return tuple(sorted(str(ip_network(word)) for word in _words(value)))
    except ValueError as error:
        raise SettingWrong(f"{variable} holds no address range: {error}. Correct it.") from error


def _words(value: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in value.split(",") if word.strip())
