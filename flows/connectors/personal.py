"""The grammar of what in a record is about people."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import model_validator

from flows.connectors.grammar import GrammarModel

FieldNames = frozenset[str]


class Personal(GrammarModel):
    """Which top-level fields of a record are about people, whatever the case of their letters.

    `drop` does not land, `hash` lands as a keyed hash so that it can be joined, and a tenant may
    opt in to both field by field. `never` does not land, whatever the tenant says: passwords and
    bank accounts.

    `known` names the fields that are not about people. Where it is given, what nobody has judged
    does not land: neither a field without a name here, nor an object or a list inside a known one.
    """

    known: FieldNames | None = None
    drop: FieldNames = frozenset()
    hash: FieldNames = frozenset()
    never: FieldNames = frozenset()

    @model_validator(mode="after")
    def _says_one_thing_about_a_field(self) -> Personal:
        lists = (self.known or (), self.drop, self.hash, self.never)
        names = [name.casefold() for fields in lists for name in fields]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"Named more than once: {', '.join(twice)}")
        return self

    def marked(self, fields: Iterable[str]) -> list[str]:
        """Those of the fields that are about people, sorted."""
        marked = {name.casefold() for name in self.drop | self.hash | self.never}
        return sorted({name for name in fields if name.casefold() in marked})

    def unjudged(self, fields: Iterable[str]) -> list[str]:
        """Those of the fields that do not land because nothing is said about them, sorted."""
        if self.known is None:
            return []
        judged = {name.casefold() for name in self.known | self.drop | self.hash | self.never}
        return sorted({name for name in fields if name.casefold() not in judged})
