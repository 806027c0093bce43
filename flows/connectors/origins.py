"""Which addresses a key may be sent to: those of the origin it belongs to, and no other."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import unquote_plus, urlsplit, urlunsplit

from urllib3.util import parse_url

_PORTS = {"http": 80, "https": 443}


@lru_cache(maxsize=64)
def origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port; that of an address that makes no sense is equal to no other's.

    Read as `hosts` reads it when it connects: others see another host before a backslash.
    """
    try:
        parts = parse_url(url)
    except ValueError:
        return "", url, None
    scheme = parts.scheme or ""
    return scheme, (parts.host or "").strip("[]"), parts.port or _PORTS.get(scheme)


def is_among(url: str, hosts: Iterable[str], *, only_tls: bool) -> bool:
    """Whether an address is on one of these hosts; `*.example.com` is every name below it."""
    scheme, host, _ = origin(url)
    if scheme != "https" and (only_tls or scheme != "http"):
        return False
    return any(
        host.endswith(name[1:].lower()) if name.startswith("*.") else host == name.lower()
        for name in hosts
    )


def without(url: str, names: Iterable[str]) -> str:
    """The address without these query parameters; all else stays as it was written."""
    hidden = set(names)
    if not hidden:
        return url
    parts = urlsplit(url)
    kept = [
        each
        for each in parts.query.split("&")
        if each and unquote_plus(each.partition("=")[0]) not in hidden
    ]
    return urlunsplit(parts._replace(query="&".join(kept)))
