"""What every part of the grammar of a connector.yaml has in common."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from difflib import get_close_matches
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ValidationInfo,
    model_validator,
)

_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_ABBREVIATIONS = ("api", "id", "url")
_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
_DURATION = re.compile(r"(\d{1,5}) (second|minute|hour|day)s?")


class GrammarModel(BaseModel):
    """A part of a connector: nothing unknown in it, nothing changed afterwards."""

    # Built when first used: most connectors use a small part of the grammar.
    model_config = ConfigDict(
        extra="forbid", frozen=True, str_strip_whitespace=True, defer_build=True
    )

    @model_validator(mode="before")
    @classmethod
    def _notes_what_is_known(cls, value: Any, info: ValidationInfo) -> Any:
        """Leave the names it knows for whoever words the mistakes, if there is a context."""
        if isinstance(info.context, dict) and isinstance(value, dict):
            fields = cls.model_fields.items()
            info.context[id(value)] = [field.alias or name for name, field in fields]
        return value


def placeholders(template: str) -> list[str]:
    """The names in braces, in order."""
    return _PLACEHOLDER.findall(template)


def filled(template: str, values: dict[str, str]) -> str:
    """The template with its names replaced. Names without a value stay, so that a gap is seen."""
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), template)


def only_of(noun: str, value: object, choices: Iterable[str]) -> str:
    """A sentence for a choice that there is not."""
    known = list(choices)
    near = get_close_matches(str(value), known, n=1)
    advice = f"did you mean {near[0]}? Choose of" if near else "choose of"
    return f'There is no {noun} "{value}"; {advice} {", ".join(known)}'


def titled(name: str) -> str:
    """A name as people read it: `api_key` is an API key."""
    words = [word.upper() if word in _ABBREVIATIONS else word for word in name.split("_")]
    return " ".join([words[0][:1].upper() + words[0][1:], *words[1:]])


def _only_plain_names(template: str) -> str:
    if re.search(r"[{}]", _PLACEHOLDER.sub("", template)):
        raise ValueError("Braces may only hold one plain name, like {shop}")
    return template


def _duration(value: object) -> object:
    if isinstance(value, timedelta):
        return value
    if isinstance(value, str) and (found := _DURATION.fullmatch(value.strip())):
        return timedelta(seconds=int(found[1]) * _UNITS[found[2]])
    raise ValueError("Write a duration like '90 minutes', '2 hours' or '3 days'")


def _path(value: object) -> object:
    if isinstance(value, str) and all(value.split(".")):
        return value
    if isinstance(value, list | tuple) and value and all(isinstance(s, str) and s for s in value):
        return tuple(value)
    raise ValueError("Write a path like data.items or, for names with dots, a list of names")


Template = Annotated[str, AfterValidator(_only_plain_names)]
Duration = Annotated[timedelta, BeforeValidator(_duration)]
# Dots part the names of a path; one whose names hold dots is written as a list.
JsonPath = Annotated[str | tuple[str, ...], BeforeValidator(_path)]
