"""The grammar of where in an answer its records are, and in which form."""

from __future__ import annotations

import codecs
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from flows.connectors.grammar import GrammarModel, JsonPath

Form = Literal["list", "single", "values", "ndjson", "csv", "xlsx", "parquet"]
TABLES = frozenset({"csv", "xlsx", "parquet"})
# A tab is one, too.
Separator = Annotated[str, StringConstraints(strip_whitespace=False, min_length=1, max_length=1)]
_OF_TABLES = ("columns", "delimiter", "encoding", "sheet", "decimal", "numbers")


def _by_their_names(columns: Any) -> Any:
    is_list = isinstance(columns, list) and all(isinstance(name, str) for name in columns)
    return {name: name for name in columns} if is_list else columns


class Records(GrammarModel):
    """`at` is their path; without it the answer is the list.

    `single` is one record, `values` an object whose values are the records; both become lists.
    `optional` takes a missing path for an empty list. The rest is for tables: `columns` gives the
    source's names for columns others, or lists those that have to be there under their own,
    `decimal` is the sign for fractions in the fields `numbers`.
    """

    at: JsonPath | None = None
    form: Form | None = Field(default=None, alias="as")
    optional: bool = False
    columns: Annotated[
        dict[str, Annotated[str, Field(min_length=1)]], BeforeValidator(_by_their_names)
    ] = {}
    delimiter: Separator | None = None
    encoding: str = "utf-8"
    sheet: str | None = Field(default=None, min_length=1)
    decimal: str | None = Field(default=None, min_length=1)
    numbers: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _fits_together(self) -> Records:
        if self.form in TABLES | {"ndjson"} and self.at is not None:
            raise ValueError(f"{self.form} has no path inside: drop at")
        said = sorted(set(_OF_TABLES) & self.model_fields_set)
        if said and self.form in ("list", "single", "values", "ndjson"):
            raise ValueError(f"{said[0]} is for tables: csv, xlsx or parquet")
        if twice := sorted(name for name in {*self.columns.values()} if self._times(name) > 1):
            raise ValueError(f"columns: Two columns cannot both be {', '.join(twice)}")
        try:
            codecs.lookup(self.encoding)
        except LookupError:
            raise ValueError(f"encoding: There is no encoding {self.encoding}") from None
        return self

    def _times(self, name: str) -> int:
        return list(self.columns.values()).count(name)


def _spelled_out(value: Any) -> Any:
    return {"at": value} if value is None or isinstance(value, str | list) else value


RecordsIn = Annotated[Records, BeforeValidator(_spelled_out)]
