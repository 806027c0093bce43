"""Hand out a list in pages, in the style that a connector.yaml says its source has."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from flows.connectors.kit.http import Asked
from flows.connectors.kit.paths import Path, value_at
from flows.connectors.kit.world import PAGE, Made

_TOKEN = "page_token"  # noqa: S105 - a name in a query


class NotUnderstood(Exception):
    """The request is not one that the source could answer; the text says why.

    `matched` is how much of it was as declared before that.
    """

    def __init__(self, sentence: str, *, matched: int = 0) -> None:
        super().__init__(sentence)
        self.matched = matched


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One page. `extras` are put into the answer at their paths; `place` is where it begins."""

    made: Sequence[Made]
    place: int
    extras: list[tuple[Path, Any]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)


def turn(
    pages: Mapping[str, Any],
    asked: Asked,
    made: Sequence[Made],
    *,
    url: str,
    secret_params: frozenset[str],
    most: int | None = None,
    counter: Path | None = None,
) -> Turn:
    """The page that is asked for.

    :param url: of the server, for absolute addresses
    :param secret_params: names that are not repeated in an address
    :param counter: where the number of a change is that a cursor names: `made` begins after it
    :param most: no more records than this, whatever is asked for, where pages need not be full
    :raises NotUnderstood: if the request does not say which page in the declared way
    """
    style, size = pages.get("by", "none"), _size(pages, asked)
    if style == "none":
        return Turn(made=made, place=0)
    if style == "last":
        made, place = _after_last(pages, asked, made), 0
    elif style == "cursor" and counter is not None:
        place = 0
    else:
        place = _place(pages, asked, size)
    if most is not None and _may_be_short(pages):
        size = min(size, most)
    here = made[place : place + size]
    rest = len(made) - place - len(here)
    extras, headers = _signs(pages, rest=rest, whole=len(made), size=size)
    following = _following(pages, place + size, rest=rest, is_empty=not here)
    if style == "cursor":
        if counter is not None:
            following = str(here[-1].count) if here else None
        if header := pages.get("take_header"):
            headers |= {header: following} if following else {}
        else:
            extras.append((pages["take"], following))
    if style in ("next-url", "link"):
        below = urlsplit(url).path
        origin = url.removesuffix(below)
        target = below + asked.target(without=secret_params | {_TOKEN})
        address = f"{target}{'&' if '?' in target else '?'}{_TOKEN}={following}"
        first = f"{origin}{target}"
        if style == "link":
            others = f'<{first}>; rel="first", <{first}>; title="a, b"; rel=last'
            rel = pages.get("rel", "next")
            links = f'<{origin}{address}>; rel="{rel}", {others}' if following else others
            headers["Link"] = links
        else:
            # Both forms are allowed, so both are given: relative at first, absolute after that.
            whole = address if place == 0 else f"{origin}{address}"
            extras.append((pages["take"], whole if following else None))
    return Turn(made=here, place=place, extras=extras, headers=headers)


def _may_be_short(pages: Mapping[str, Any]) -> bool:
    """Whether a page in the middle may have fewer records than were asked for."""
    return pages["by"] != "number" and pages.get("stop") != "short"


def _asked_for(pages: Mapping[str, Any], asked: Asked, name: str) -> Any:
    match pages.get("in", "query"):
        case "body":
            return value_at(asked.body, name)
        case "header":
            return asked.headers.get(name.lower())
        case _:
            return asked.query.get(name)


def _size(pages: Mapping[str, Any], asked: Asked) -> int:
    for name in pages.get("size") or {}:
        for found in (_asked_for(pages, asked, name), asked.query.get(name)):
            if found is not None:
                return max(1, _number(found, name))
    return PAGE


def _number(value: Any, name: str) -> int:
    try:
        return int(value)
    except (ValueError, TypeError):
        raise NotUnderstood(f"{name} is not a number: {value}") from None


def _place(pages: Mapping[str, Any], asked: Asked, size: int) -> int:
    match pages["by"]:
        case "number":
            name = pages.get("send", "page")
            start = int(pages.get("start", 1))
            found = _asked_for(pages, asked, name)
            return (_number(found, name) - start) * size if found is not None else 0
        case "offset":
            name = pages.get("send", "offset")
            found = _asked_for(pages, asked, name)
            return _number(found, name) - int(pages.get("start", 0)) if found is not None else 0
        case "cursor":
            return _opened(_asked_for(pages, asked, pages["send"]))
        case "next-url" | "link":
            return _opened(asked.query.get(_TOKEN))
    raise NotUnderstood(f"There is no paging {pages['by']}")


def _after_last(pages: Mapping[str, Any], asked: Asked, made: Sequence[Made]) -> list[Made]:
    take = pages["take"]

    def rank(value: Any) -> tuple[Any, ...]:
        text = str(value)
        return (0, int(text)) if text.lstrip("-").isdigit() else (1, text)

    def of(each: Made) -> tuple[Any, ...]:
        return rank(value_at(each.record, take))

    after = _asked_for(pages, asked, pages["send"])
    ordered = sorted(made, key=of)
    return ordered if after is None else [each for each in ordered if of(each) > rank(after)]


def _signs(
    pages: Mapping[str, Any], *, rest: int, whole: int, size: int
) -> tuple[list[tuple[Path, Any]], dict[str, str]]:
    """What else the source says about where the list ends."""
    extras: list[tuple[Path, Any]] = []
    headers: dict[str, str] = {}
    stop = pages.get("stop")
    if isinstance(stop, dict):
        is_yes = (rest > 0) != bool(stop.get("ends"))
        if "header" in stop:
            headers[stop["header"]] = str(is_yes)
        if "flag" in stop:
            extras.append((stop["flag"], is_yes))
    for name, number in (("total", whole), ("total_pages", -(-whole // size))):
        match pages.get(name):
            case None:
                pass
            case {"header": header}:
                headers[header] = str(number)
            case path:
                extras.append((path, number))
    return extras, headers


def _following(pages: Mapping[str, Any], place: int, *, rest: int, is_empty: bool) -> str | None:
    """The opaque text that leads to the next page; None at the end, if that is how it is known."""
    stop = pages.get("stop")
    goes_on_anyway = pages["by"] == "cursor" and stop is not None and not is_empty
    if rest <= 0 and not goes_on_anyway:
        return None
    return base64.urlsafe_b64encode(f"at {place}".encode()).decode().rstrip("=")


def _opened(token: Any) -> int:
    if token is None:
        return 0
    try:
        text = base64.urlsafe_b64decode(f"{token}===").decode()
        return int(text.removeprefix("at "))
    except (ValueError, binascii.Error):
        raise NotUnderstood("That is no cursor of ours") from None
