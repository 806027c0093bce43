"""The grammar of what in a record is about people."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import model_validator

from flows.connectors.grammar import GrammarModel

FieldNames = frozenset[str]


class Personal(GrammarModel):
    """Which fields of a record are about people, whatever the case of their letters.

    A field inside an object is written with a dot, `contact.name`; where the object is in a list,
    it is meant in each of them. A plain value in the object's place goes, for it may be the name.

    `drop` does not land, `hash` lands as a keyed hash so that it can be joined, and a tenant may
    opt in to both field by field. `never` does not land, whatever the tenant says: passwords and
    bank accounts.

    `known` names the fields that are not about people. Where it is given, what nobody has judged
    does not land: neither a field without a name here, nor an object or a list inside a known one.
    So it is of no use to name what is inside of objects.
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
        inside = sorted(name for name in names if "." in name)
        if self.known is not None and inside:
            raise ValueError(f"Drop the whole object, known lets none land: {', '.join(inside)}")
        if within := [name for name in inside if any(map(set(names).__contains__, _around(name)))]:
            raise ValueError(f"Named by itself and with what is around it: {', '.join(within)}")
        return self

    def marked(self, fields: Iterable[str]) -> list[str]:
        """Those of the fields that are about people, sorted."""
        marked = {name.casefold() for name in self.drop | self.hash | self.never}
        return sorted(
            {
                name
                for name in fields
                if name.casefold() in marked
                or any(map(marked.__contains__, _around(name.casefold())))
            }
        )

    def marks_inside(self, field: str) -> bool:
        """Whether something in this object is about people, though not all of it."""
        named = self.drop | self.hash | self.never
        return any(name.casefold().startswith(f"{field.casefold()}.") for name in named)

    def unjudged(self, fields: Iterable[str]) -> list[str]:
        """Those of the fields that do not land because nothing is said about them, sorted."""
        if self.known is None:
            return []
        judged = {name.casefold() for name in self.known | self.drop | self.hash | self.never}
        return sorted({name for name in fields if name.casefold() not in judged})


def _around(name: str) -> list[str]:
    """The objects that a dotted name is inside of: `a` and `a.b` for `a.b.c`."""
    parts = name.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts))]
