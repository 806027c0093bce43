"""How a source says that there is more, or how much there is in all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from pydantic import BeforeValidator, Field, model_validator

from flows.connectors.grammar import GrammarModel, JsonPath, only_of
from flows.connectors.json_path import raw_at, whole_number_at

_YES = frozenset({"true", "1", "yes"})
_NO = frozenset({"false", "0", "no"})
_SCALAR = msgspec.json.Decoder(str | int | float | bool | None)
_WORDS = ("empty", "short", "total")


class StopRule(GrammarModel):
    """Where the last page is told: a word, or a header or a field that says yes or no.

    Yes means that there is more; with `ends` it means that this was the last.
    """

    when: Literal["empty", "short", "total"] | None = None
    header: str | None = Field(default=None, min_length=1)
    flag: JsonPath | None = None
    ends: bool = False

    @model_validator(mode="after")
    def _is_one_thing(self) -> StopRule:
        if sum(rule is not None for rule in (self.when, self.header, self.flag)) != 1:
            raise ValueError(f"Write one of {', '.join(_WORDS)}, {{header: …}} or {{flag: …}}")
        return self

    def more(self, *, headers: Mapping[str, str], body: bytes) -> bool | None:
        """Whether there is more; None where nothing usable is said."""
        if self.header is not None:
            said: str | None = headers.get(self.header)
        elif self.flag is not None:
            # A field that is not there says no: there is no more. Of an end it says nothing.
            said = flag_at(body, self.flag) or (None if self.ends else "no")
        else:
            return None
        word = (said or "").strip().lower()
        return (word in _YES) is not self.ends if word in _YES | _NO else None


class CountIn(GrammarModel):
    """A field of the answer that holds a number, or a header that does."""

    path: JsonPath | None = None
    header: str | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _is_in_one_place(self) -> CountIn:
        if (self.path is None) == (self.header is None):
            raise ValueError("Write a path like meta.total, or {header: X-Total}")
        return self

    def read(self, *, headers: Mapping[str, str], body: bytes) -> int | None:
        if self.path is not None:
            return whole_number_at(body, self.path)
        text = headers.get(self.header or "", "").strip()
        return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def _stop(value: Any) -> Any:
    if isinstance(value, str):
        if value not in _WORDS:
            raise ValueError(only_of("end of pages", value, (*_WORDS, "{header: …}", "{flag: …}")))
        return {"when": value}
    return value


def _count(value: Any) -> Any:
    return {"path": value} if isinstance(value, str | list) else value


def flag_at(body: bytes, path: JsonPath) -> str | None:
    """The word, number, true or false at a path as text; None where there is none of them."""
    found = raw_at(body, path)
    try:
        value = _SCALAR.decode(found) if found is not None else None
    except msgspec.ValidationError:
        return None
    return None if value is None else str(value)


Stop = Annotated[StopRule, BeforeValidator(_stop)]
Count = Annotated[CountIn, BeforeValidator(_count)]
