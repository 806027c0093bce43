"""What every stream of a connector.yaml starts from, and how a stream says that it differs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Parts that are one of several styles: another `by` is another style, which starts from nothing.
_STYLES = ("load", "pages")


def filled_in(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document with its `defaults` in every stream, and none beside them any more.

    A part of a stream is merged into that of the defaults, name by name and however deep; any other
    value takes the place of the defaults', and null or {} takes away what these have. Fields that
    are personal add up, so that no stream lands by accident what the defaults keep back. A stream
    that takes `changed` away is read in full. `{asked}` in a filter is what its parameter holds
    where everything is asked for.
    """
    defaults, streams = document.get("defaults") or {}, document.get("streams")
    if not isinstance(defaults, Mapping) or not isinstance(streams, Mapping):
        return dict(document)
    whole = {
        name: _asked(_stream(defaults, own)) if isinstance(own, Mapping) else own
        for name, own in streams.items()
    }
    rest = {name: part for name, part in document.items() if name != "defaults"}
    return {**rest, "streams": whole}


def is_another_style(name: str, part: Any) -> bool:
    """Whether a part of a stream takes nothing from the defaults, because it says `by`."""
    return name in _STYLES and isinstance(part, Mapping) and "by" in part


def _stream(defaults: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    whole = _merged(defaults, own)
    for name in _STYLES:
        if is_another_style(name, own.get(name)):
            whole[name] = own[name]
    if "changed" in defaults and _is_nothing(own.get("changed", ...)) and "load" not in own:
        whole["load"] = "full"
    if "personal" in defaults and own.get("personal"):
        whole["personal"] = _added(defaults["personal"], own["personal"])
    return whole


def _asked(stream: dict[str, Any]) -> dict[str, Any]:
    load, params = stream.get("load"), stream.get("params")
    if not isinstance(load, Mapping) or not isinstance(params, Mapping):
        return stream
    written, constant = load.get("write"), params.get(str(load.get("send")))
    if not isinstance(written, str) or not isinstance(constant, str):
        return stream
    return {**stream, "load": {**load, "write": written.replace("{asked}", constant)}}


def _merged(defaults: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    whole = dict(defaults)
    for name, said in own.items():
        if name in defaults and _is_nothing(said):
            del whole[name]
        elif isinstance(said, Mapping) and isinstance(defaults.get(name), Mapping):
            whole[name] = _merged(defaults[name], said)
        else:
            whole[name] = said
    return whole


def _is_nothing(said: Any) -> bool:
    return said is None or said == {}


def _added(defaults: Any, own: Any) -> Any:
    """The lists of both. Of a field that is in two different ones the stream's word counts.

    Null takes one list away and no other: what the others keep back is not to land by it.
    """
    if not _are_lists(defaults) or not isinstance(own, Mapping):
        # A mistake, which is named where it is read.
        return own if _are_lists(defaults) else defaults
    nothing = {kind: said for kind, said in own.items() if _is_nothing(said)}
    more = {kind: names for kind, names in own.items() if kind not in nothing}
    if not _are_lists(more):
        return own
    judged = {name.casefold() for names in more.values() for name in names}
    whole = {
        kind: [name for name in names if name.casefold() not in judged]
        for kind, names in defaults.items()
        if kind not in nothing
    }
    added = {kind: [*whole.get(kind, []), *names] for kind, names in more.items()}
    against_nothing = {kind: said for kind, said in nothing.items() if kind not in defaults}
    return {**whole, **added, **against_nothing}


def _are_lists(personal: Any) -> bool:
    return isinstance(personal, Mapping) and all(
        isinstance(names, list) and all(isinstance(name, str) for name in names)
        for names in personal.values()
    )
