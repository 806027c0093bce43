"""The lists that can be read: one stream for each GET that answers with records."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from flows.connectors.kit.openapi import names
from flows.connectors.kit.openapi.children import DraftedStream, above
from flows.connectors.kit.openapi.description import Description, Node, mapping, sequence, text
from flows.connectors.kit.openapi.schemas import Listed, kind_of, listed, properties, records

MOST_STREAMS = 100
MOST_PAGE = 1000
USUAL_PAGE = 100
_PATH = re.compile(r"[\w.~-]+(/[\w.~-]+)*", re.ASCII)
_VERSION = re.compile(r"v?[0-9.]+|api|rest")


@dataclass
class Lists:
    streams: list[DraftedStream] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def lists_of(description: Description) -> Lists:
    found = Lists()
    # What is below another list comes when that one is known.
    for path, operation, shared in sorted(_reads(description), key=lambda each: "{" in each[0]):
        if len(found.streams) == MOST_STREAMS:
            found.left_out.append(f"{text(path)}: There are {MOST_STREAMS} streams already.")
            break
        stream = _stream(description, path, operation, shared, found.streams)
        if isinstance(stream, str):
            found.left_out.append(f"{text(path)}: {stream}")
        elif stream is not None:
            found.streams.append(stream)
    return found


def _reads(description: Description) -> Iterator[tuple[str, Node, list[Any]]]:
    for path, each in description.paths.items():
        item = description.resolved(each)
        operation = mapping(item.get("get"))
        if operation:
            yield str(path), operation, sequence(item.get("parameters"))


def _stream(
    description: Description,
    path: str,
    operation: Node,
    shared: list[Any],
    others: list[DraftedStream],
) -> DraftedStream | str | None:
    """The stream; a sentence why a list was left out; None if it is no list."""
    schema, example, headers = _answer(description, operation)
    below = path.strip("/")
    found = listed(description, schema, of=below.rpartition("/")[2])
    if found is None:
        return None
    parent = above(path, others)
    if "{" in path and parent is None:
        return "It is asked for each record of another list; write it with each."
    plain = parent.plain_path if parent else below
    if not _PATH.fullmatch(plain) or ".." in plain:
        return "Its address cannot be written as a path."
    name = _name(plain, {each.name for each in others})
    if not name:
        return "No name for it could be made of its address."
    fields = properties(description, found.item)
    key = names.key_of(list(fields), stream=name)
    title = names.title_of(text(operation.get("summary"), most=80), stream=name)
    stream = DraftedStream(name, said={"path": below, "title": title}, records=[], fields=[*fields])
    stream.said["key"] = [key] if key else "content"
    if key is None:
        stream.checks.append("key: No field looks like an id. What tells records apart?")
    if found.path:
        stream.said["records"] = _path(found.path)
    parameters = _parameters(description, [*shared, *sequence(operation.get("parameters"))])
    _add_load(stream, parameters, fields)
    _add_pages(stream, parameters, found, headers, key)
    _add_required(stream, parameters)
    _add_personal(stream, list(fields), key)
    stream.records = _distinct(records(description, found, example), key)
    if parent is not None:
        parent.add_to(stream)
    return stream


def _answer(description: Description, operation: Node) -> tuple[Any, Any, Node]:
    """The schema, an example and the headers of what is answered when all is well."""
    responses = mapping(operation.get("responses"))
    well = [code for code in responses if re.fullmatch(r"2[0-9X]{2}|default", str(code))]
    response = description.resolved(responses[min(well, key=str)]) if well else {}
    headers = mapping(response.get("headers"))
    if description.is_swagger:
        examples = mapping(response.get("examples"))
        return response.get("schema"), next(iter(examples.values()), None), headers
    for kind, media in mapping(response.get("content")).items():
        if "json" in str(kind) or kind == "*/*":
            found = mapping(media)
            shown = [description.resolved(each) for each in mapping(found.get("examples")).values()]
            example = found.get("example", next((each.get("value") for each in shown), None))
            return found.get("schema"), example, headers
    return None, None, headers


def _name(below: str, taken: set[str]) -> str:
    steps = [names.snake(each) for each in below.split("/") if not _VERSION.fullmatch(each)]
    plain = [each for each in steps if each]
    for count in range(1, len(plain) + 1):
        name = "_".join(plain[-count:])[:40].strip("_")
        if name not in taken and re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
            return name
    return ""


def _parameters(description: Description, said: list[Any]) -> dict[str, Node]:
    """Those of the query, each with its schema beside it as OpenAPI 3 has it."""
    found: dict[str, Node] = {}
    for each in said[:200]:
        node = description.resolved(each)
        if node.get("in") == "query" and isinstance(node.get("name"), str):
            schema = description.resolved(node.get("schema")) if "schema" in node else node
            found[text(node["name"], most=200)] = {**node, "schema": schema}
    return found


def _add_load(stream: DraftedStream, parameters: dict[str, Node], fields: dict[str, Node]) -> None:
    since = next((name for name in parameters if names.is_since(name)), None)
    changed = next((name for name in fields if names.is_changed(name)), None)
    if changed is not None:
        number = kind_of(fields[changed]) in {"integer", "number"}
        form = "epoch-seconds" if number else "iso"
        stream.said["changed"] = {"take": _path((changed,)), "zone": "utc" if number else "offset"}
        if number:
            stream.said["changed"]["format"] = form
        stream.checks.append(f"changed: Does {changed} move with every change, and in which zone?")
    if since is None or changed is None:
        stream.said["load"] = "full"
        if since is not None:
            stream.checks.append(f"load: {since} asks for changes, but no field says when.")
        return
    load = {"by": "parameter", "send": since, "overlap": "1 hour"}
    schema = parameters[since]["schema"]
    if kind_of(schema) in {"integer", "number"}:
        load["format"] = "epoch-seconds"
    elif schema.get("format") == "date":
        load |= {"format": "%Y-%m-%d", "overlap": "1 day"}
    elif schema.get("format") == "date-time":
        load["format"] = "%Y-%m-%dT%H:%M:%SZ"
        load["zone"] = "utc"
    else:
        stream.checks.append(f"load: The document does not say how {since} writes a moment.")
    stream.said["load"] = load
    stream.checks.append(f"load: Does {since} compare with {changed}, and include its own value?")


def _add_pages(
    stream: DraftedStream,
    parameters: dict[str, Node],
    found: Listed,
    headers: Node,
    key: str | None,
) -> None:
    pages = _pages(parameters, found, headers, key)
    if pages is None:
        stream.checks.append("pages: No paging was recognised. Is all of it in one answer?")
        return
    size = names.first_of(names.SIZE, parameters)
    if size is not None and size != pages.get("send"):
        pages["size"] = {size: _size(parameters[size]["schema"])}
        stream.checks.append(f"pages: Is {pages['size'][size]} the largest {size}?")
    elif "total" in pages:
        del pages["total"]
    stream.said["pages"] = pages


def _pages(
    parameters: dict[str, Node], found: Listed, headers: Node, key: str | None
) -> dict[str, Any] | None:
    following = _beside(found, names.NEXT_URL, kinds={"string", "object"})
    cursor, taken = names.first_of(names.CURSOR, parameters), _beside(found, names.NEXT_CURSOR)
    last = names.first_of(names.LAST, parameters)
    more = _beside(found, names.MORE, kinds={"boolean", ""})
    if last is not None and key is not None:
        return {"by": "last", "send": last, "take": _path((key,)), **_flag(more)}
    if cursor is not None and taken is not None:
        return {"by": "cursor", "send": cursor, "take": _path(taken), **_flag(more)}
    if (page := names.first_of(names.PAGE, parameters)) is not None:
        schema = parameters[page]["schema"]
        counted = _counted(found, "total_pages", names.TOTAL_PAGES)
        first = schema.get("minimum", schema.get("default", 1))
        start = {"start": 0} if str(first) == "0" else {}
        return {"by": "number", "send": page, **start, **_flag(more), **counted}
    if (offset := names.first_of(names.OFFSET, parameters)) is not None:
        counted = _counted(found, "total", names.TOTAL)
        return {"by": "offset", "send": offset, **_flag(more), **counted}
    if following is not None:
        return {"by": "next-url", "take": _path(following)}
    if any(str(name).lower() == "link" for name in headers):
        return {"by": "link"}
    return None


def _flag(more: tuple[str, ...] | None) -> dict[str, Any]:
    return {"stop": {"flag": _path(more)}} if more else {}


def _counted(found: Listed, word: str, known: tuple[str, ...]) -> dict[str, Any]:
    total = _beside(found, known, kinds={"integer", "number"})
    # A path of several names is written with dots; a count knows no other form.
    plain = total is not None and not any("." in step for step in total)
    return {word: ".".join(total)} if total is not None and plain else {}


def _beside(
    found: Listed, known: tuple[str, ...], *, kinds: Collection[str] = ("string", "integer", "")
) -> tuple[str, ...] | None:
    """Where the answer says such a thing, by the last name of its place; the shallowest wins."""
    places = sorted(found.beside, key=len)
    for word in known:
        for place in places:
            # In HAL a link is an object: _links.next.href.
            name = place[-2] if len(place) > 1 and place[-1] == "href" else place[-1]
            said = names.folded(name.removeprefix("@odata."))
            if said == word and kind_of(found.beside[place]) in kinds:
                return place
    return None


def _size(schema: Node) -> int:
    for word in ("maximum", "default"):
        found = schema.get(word)
        if isinstance(found, int) and not isinstance(found, bool) and found > 0:
            return min(found, MOST_PAGE)
    return USUAL_PAGE


def _add_required(stream: DraftedStream, parameters: dict[str, Node]) -> None:
    """What has to be asked for, as a constant if the document knows one."""
    load, pages = stream.said["load"], stream.said.get("pages", {})
    used = {load["send"]} if isinstance(load, dict) else set()
    used |= {pages.get("send"), *pages.get("size", {})}
    constants = {}
    for name, node in parameters.items():
        if node.get("required") is not True or name in used:
            continue
        schema = node["schema"]
        known = [node.get("example"), schema.get("default"), *sequence(schema.get("enum"))]
        value = next((each for each in known if isinstance(each, str | int | float)), None)
        if value is not None and not re.search(r"[{}]", str(value)):
            constants[name] = text(value)
        stream.checks.append(f"params: {name} has to be asked for. Which value is right?")
    if constants:
        stream.said["params"] = constants


def _add_personal(stream: DraftedStream, fields: list[str], key: str | None) -> None:
    needed = {key, stream.said.get("changed", {}).get("take")}
    never = [name for name in fields if names.is_never_to_land(name) and name not in needed]
    dropped = [
        name
        for name in fields
        if names.is_personal(name, of=stream.name) and name not in {*needed, *never}
    ]
    personal = {"drop": _once(dropped), "never": _once(never)}
    said = {word: found for word, found in personal.items() if found}
    if said:
        stream.said["personal"] = said
    stream.checks.append("personal: Are these all the fields about people?")


def _once(found: list[str]) -> list[str]:
    """Personal fields are known whatever the case of their letters."""
    return sorted({name.casefold(): name for name in found}.values())


def _path(steps: tuple[str, ...]) -> str | list[str]:
    return list(steps) if any("." in each for each in steps) else ".".join(steps)


def _distinct(found: list[dict[str, Any]], key: str | None) -> list[dict[str, Any]]:
    """Examples of a vendor often all have the same id."""
    kept, seen = [], set()
    for each in found:
        value = str(each.get(key)) if key else str(each)
        if value not in seen:
            seen.add(value)
            kept.append(each)
    return kept
