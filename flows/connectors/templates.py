"""Fill credentials and fields of a parent into the texts of a stream.

What is filled in cannot change what a text means: in a path it is quoted, in an expression of the
source's own it may only hold plain characters, and what has been filled in is not looked at again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec import Raw

from flows.connectors.json_path import text_at

_NAME = re.compile(r"\{([a-z][a-z0-9_]*)(?:\.([^{}\s]+))?\}")
_WORD = re.compile(r"[A-Za-z0-9.:+_-]*")
_PLAIN = re.compile(r"[A-Za-z0-9 .:+_-]*")
_OPENING = ("'", '"', "[")


class Unfillable(Exception):
    """A value is missing or cannot stand where it should; the text says which and repeats none."""


def names_in(template: str) -> Iterator[tuple[str, str | None]]:
    """Each name in braces with the path behind its dot: a credential has none, a parent has one."""
    for found in _NAME.finditer(template):
        yield found[1], found[2]


class Filling:
    """The values of one request. `fields` holds a parent's fields by their path, as JSON texts.

    :param credentials: gives the value of one, or the empty text
    :param own: values for names of this moment, such as `job`
    """

    def __init__(
        self,
        *,
        credentials: Callable[[str], str],
        parent: str | None = None,
        fields: Mapping[str, Raw] | None = None,
        own: Mapping[str, str] | None = None,
    ) -> None:
        self._credentials = credentials
        self._parent = parent
        self._fields = fields or {}
        self._own = own or {}

    def with_own(self, **own: str) -> Filling:
        """The same with more names of this moment."""
        return Filling(
            credentials=self._credentials,
            parent=self._parent,
            fields=self._fields,
            own={**self._own, **own},
        )

    def path(self, template: str) -> str:
        """Every value becomes one segment, or a part of one."""
        return _NAME.sub(lambda found: _segment(found[0], self._text(found)), template)

    def text(self, template: str) -> str:
        return _NAME.sub(self._text, template)

    def expression(self, template: str) -> str:
        """For an expression of the source's own, where a quote or a bracket would end a value.

        A blank ends one, too, where it is not between quotes or brackets.
        """

        def checked(found: re.Match[str]) -> str:
            text = self._text(found)
            if found[2] is None and found[1] in self._own:
                # A moment in the form that the expression's own author chose.
                return text
            is_enclosed = template[found.start() - 1 : found.start()] in _OPENING
            if not (_PLAIN if is_enclosed else _WORD).fullmatch(text):
                raise Unfillable(
                    f"The value of {found[0]} cannot be part of a filter: only letters, digits "
                    "and . : + - _ can, and blanks between quotes"
                )
            return text

        return _NAME.sub(checked, template)

    def json(self, value: Any) -> Any:
        """A JSON value with its texts filled. A text that is one name alone keeps the JSON type."""
        match value:
            case str() if (found := _NAME.fullmatch(value)) and found[2] is not None:
                self._text(found)
                return msgspec.json.decode(self._fields[found[2]])
            case str():
                return self.text(value)
            case dict():
                return {name: self.json(member) for name, member in value.items()}
            case list():
                return [self.json(item) for item in value]
            case _:
                return value

    def _text(self, found: re.Match[str]) -> str:
        name, field = found[1], found[2]
        if field is None:
            return self._own[name] if name in self._own else self._credentials(name)
        raw = self._fields.get(field) if name == self._parent else None
        text = text_at(raw, ()) if raw is not None else None
        if not text:
            raise Unfillable(f"A record of {name} has no {field}, so nothing can be asked for it")
        return text


def _segment(name: str, text: str) -> str:
    quoted = quote(text, safe="")
    if quoted.strip(".") == "":
        raise Unfillable(f"The value of {name} cannot be part of an address")
    return quoted
