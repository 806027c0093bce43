"""What the names in a vendor's document usually mean. Guesses, for a person to check."""

from __future__ import annotations

import re
from collections.abc import Iterable

PAGE = ("page", "pagenumber", "pageno", "pagenum", "pageindex", "p", "currentpage")
OFFSET = ("offset", "skip", "start", "startindex", "startat", "from", "startposition")
SIZE = (
    *("limit", "perpage", "pagesize", "pagelimit", "maxresults", "maxrecords", "size", "pagesize"),
    *("count", "top", "take", "rows", "itemsperpage", "resultsperpage", "maxpagesize"),
)
CURSOR = (
    *("cursor", "pagetoken", "nextpagetoken", "continuationtoken", "nexttoken", "pagecursor"),
    *("pageafter", "after", "nextcursor", "scrollid", "bookmark", "startcursor", "afterid"),
)
LAST = ("startingafter", "sinceid", "lastid")
NEXT_CURSOR = (
    *("nextcursor", "nextpagetoken", "nexttoken", "continuationtoken", "cursor", "endcursor"),
    *("pagetoken", "nextpage", "scrollid", "after"),
)
NEXT_URL = ("next", "nextlink", "nexturl", "nextpageurl", "nextpage", "nextpagelink", "nexthref")
MORE = ("hasmore", "more", "hasnext", "hasnextpage", "hasmoreitems", "moreitems", "morerecords")
TOTAL = ("total", "totalcount", "totalrecords", "totalitems", "totalresults", "totalrows", "count")
TOTAL_PAGES = ("totalpages", "pagecount", "lastpage", "numpages", "pages", "pagestotal")
LISTS = ("data", "items", "results", "records", "value", "values", "list", "content", "rows")
WRAPPERS = ("data", "result", "results", "response", "body", "payload", "embedded", "page")

_SINCE = re.compile(
    r"(updated|modified|changed|lastupdated|lastmodified|lastchanged|update|modification|change)"
    r"(at|on|date|time|datetime|timestamp)?(since|after|from|min|gte|gt|start|ge)"
    r"|(since|min|from|after|start)(updated|modified|changed|lastupdated|lastmodified)"
    r"(at|on|date|time)?|since|ifmodifiedsince|updatedsince|changessince"
)
_CHANGED = re.compile(
    r"(date|time)?(last)?(updated|modified|changed|edited|update|modification|change)"
    r"(at|on|date|time|datetime|timestamp|dateutc|atutc)?|dateupdated|datemodified|rowversiondate"
)
_PERSONAL = re.compile(
    r".*(e?mail(address)?|phone(number)?|mobile(number|phone)?|telephone|fax(number)?)"
    r"|(first|last|middle|given|family|full|sur|maiden|nick|display|contact|customer|user)name"
    r"|surname|salutation|birth(day|date)|date(of)?birth|dob|gender|sex|nationality"
    r"|.*address(line)?[0-9]?|street([0-9]|name|number)?|houseno|housenumber|zip(code)?"
    r"|postal(code)?|postcode|passport.*|ssn|socialsecurity.*|taxid|vatid|ip(address)?|signature"
    r"|(profile)?(photo|picture|avatar|image)(url)?|latitude|longitude|linkedin|twitter|skype"
)
_NEVER = re.compile(
    r".*(password|passwd|passcode|secret|iban|creditcard|cardnumber|cvv|cvc|bic|pin)"
)
_PEOPLE = re.compile(
    r".*(customer|contact|user|person|people|employee|staff|member|guest|patient|lead|agent|owner"
    r"|cashier|clerk|subscriber|profile|buyer|visitor|participant|attendee|student)s?"
)
_VERB = re.compile(
    r"(get|list|lists|retrieve|retrieves|fetch|fetches|returns?|search|find|finds|query|read|show"
    r"|browse|view)\b\s*(all|every|a list of|the list of|list of|multiple|many|available)?\b\s*"
    r"(the|of|a|an)?\b\s*",
    re.IGNORECASE,
)


def folded(name: str) -> str:
    """Letters and digits alone: per_page, perPage and page[size] lose what tells them apart."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def first_of(known: Iterable[str], names: Iterable[str]) -> str | None:
    """The name that means the first known word that any of them means."""
    by_meaning: dict[str, str] = {}
    for name in names:
        by_meaning.setdefault(folded(name), name)
    return next((by_meaning[word] for word in known if word in by_meaning), None)


def is_since(name: str) -> bool:
    return bool(_SINCE.fullmatch(folded(name)))


def is_changed(name: str) -> bool:
    return bool(_CHANGED.fullmatch(folded(name)))


def is_personal(name: str, *, of: str) -> bool:
    """
    :param of: the stream; a name means a person's only where records are people
    """
    word = folded(name)
    return bool(_PERSONAL.fullmatch(word)) or (word in {"name", "title"} and is_about_people(of))


def is_never_to_land(name: str) -> bool:
    return bool(_NEVER.fullmatch(folded(name)))


def is_about_people(stream: str) -> bool:
    return bool(_PEOPLE.fullmatch(folded(stream)))


def single(plural: str) -> str:
    """One of many: `orders` → `order`, `categories` → `category`."""
    if plural.endswith("ies"):
        return plural.removesuffix("ies") + "y"
    return plural.removesuffix("s") or plural


def key_of(names: list[str], *, stream: str) -> str | None:
    """The field that is most likely to tell records apart."""
    single = folded(stream).removesuffix("s").removesuffix("ie")
    known = ("id", "uuid", "guid", f"{single}id", f"{single}uuid", "key", f"{single}key")
    weaker = ("code", f"{single}code", "number", f"{single}number", "sku", "slug", "token")
    found = first_of((*known, *weaker), names)
    ids = [name for name in names if folded(name).endswith("id")]
    return found or (ids[0] if len(ids) == 1 else None)


def snake(name: str) -> str:
    """A name as streams and credentials have them; empty if nothing of it can be used."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    plain = re.sub(r"[^a-z0-9]+", "_", apart.lower()).strip("_")
    plain = re.sub(r"^[0-9_]+", "", plain)
    return plain[:40].rstrip("_")


def title_of(summary: str, *, stream: str) -> str:
    """A list's name out of a sentence such as "List all customers."."""
    words = _VERB.sub("", summary.strip().rstrip("."), count=1).strip(" .:")
    chosen = words if 0 < len(words) <= 60 else stream.replace("_", " ")
    return chosen[:1].upper() + chosen[1:]
