"""What every part of the grammar of a connector.yaml has in common."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")


class GrammarModel(BaseModel):
    """A part of a connector: nothing unknown in it, nothing changed afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


def placeholders(template: str) -> list[str]:
    """The names in braces, in order."""
    return _PLACEHOLDER.findall(template)


def filled(template: str, values: dict[str, str]) -> str:
    """The template with its names replaced. Names without a value stay, so that a gap is seen."""
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), template)


def _only_plain_names(template: str) -> str:
    if re.search(r"[{}]", _PLACEHOLDER.sub("", template)):
        raise ValueError("Braces may only hold one plain name, like {shop}")
    return template


Template = Annotated[str, AfterValidator(_only_plain_names)]
