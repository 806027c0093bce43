"""What a batch shows of its stream's fields: names that are new, and known ones that are gone.

Only names at the top of a record, never a value; and no more of them than a person would read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flows.connectors.streams import Stream

# The portal keeps no more of a stream, and no longer ones.
MOST_NAMES = 500
_MOST_SHAPES = 1000
NAME_LENGTH = 100
# Of fields that a source invented, so many are told by name in a sentence.
_MOST_TOLD = 20
_POLICIES = {
    "evolve": "",
    "freeze": " They stay in the payload and reach no table.",
    "quarantine": " Records that have them are rejected.",
}


@dataclass(frozen=True)
class Drift:
    """How the fields of a batch differ from those that are known of its stream.

    `appeared` says in how many records a field is at least. Where nothing was known, `learned` are
    the fields the batch has: what comes later is compared with them. `returned` are known fields
    that were missing before.
    """

    policy: str = "evolve"
    appeared: Mapping[str, int] = field(default_factory=dict)
    learned: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    returned: tuple[str, ...] = ()
    is_flooded: bool = False

    @property
    def new(self) -> tuple[str, ...]:
        return tuple(self.appeared)

    def sentence(self, *, is_whole: bool) -> str:
        """What there is to tell; empty if a source sends what is known of it.

        :param is_whole: whether everything was read: in a handful of changes a field that is
            missing says nothing
        """
        told = []
        if self.new:
            told.append(f"The source sends fields that are not known here: {_named(self.new)}.")
            told[0] += _POLICIES[self.policy]
        if self.missing and is_whole:
            told.append(f"No record has the fields {_named(self.missing)}.")
        if self.is_flooded:
            told.append(f"It has names of fields without end: no more than {MOST_NAMES} are noted.")
        return " ".join(told)

    def for_portal(self, *, is_whole: bool) -> dict[str, Any] | None:
        """The same as data; None if there is nothing to tell."""
        missing = self.missing if is_whole else ()
        if not (self.appeared or self.learned or missing or self.returned or self.is_flooded):
            return None
        return {
            "policy": self.policy,
            "appeared": dict(self.appeared),
            "learned": [*self.learned],
            "vanished": [*missing],
            "returned": [*self.returned],
            "is_flooded": self.is_flooded,
        }


@dataclass
class Fields:
    """The names that the records of a batch have, compared with those that are known.

    Known are the fields that the connector names, and those in `held`, which earlier batches had or
    somebody took in; it says of each whether the last whole read had it. Of a stream of which
    nothing is known, the first batch shows what there is.

    :param left_out: names that were taken out of the records
    """

    stream: Stream
    held: Mapping[str, bool] = field(default_factory=dict)
    left_out: set[str] = field(default_factory=set)
    _seen: set[str] = field(default_factory=set)
    _new: Counter[str] = field(default_factory=Counter)
    _is_flooded: bool = False
    # Names that records had together, of which there is nothing more to note.
    _usual: set[tuple[str, ...]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.known = frozenset(self.held) | frozenset(self.stream.fields)
        self.judged = judged(self.stream)

    @property
    def refuses(self) -> bool:
        """Whether a record with a field that is not known is rejected."""
        return self.stream.drift == "quarantine" and not self._begins

    @property
    def has_new(self) -> bool:
        return bool(self._new)

    def see(self, names: Iterable[str], *, records: int = 1) -> None:
        shape = tuple(names)
        if shape in self._usual:
            return
        if self._is_known(shape) and len(self._usual) < _MOST_SHAPES:
            self._usual.add(shape)
        for name in {short(name) for name in shape}:
            if name in self.known:
                self._seen.add(name)
            elif name in self._new or len(self._new) <= MOST_NAMES:
                if name.casefold() not in self.judged or self._begins:
                    self._new[name] += records
            else:
                self._is_flooded = True

    def see_counted(self, names: Iterable[tuple[str, int]]) -> None:
        """Names, and how many records had each. Of two that are cut to one, the larger counts."""
        counted: dict[str, int] = {}
        for name, records in names:
            counted[short(name)] = max(records, counted.get(short(name), 0))
        for name, records in counted.items():
            self.see([name], records=records)

    def _is_known(self, names: Iterable[str]) -> bool:
        return all(name in self.known for name in names)

    def drift(self, *, is_complete: bool) -> Drift:
        """
        :param is_complete: whether each record was looked at
        """
        self.see(self.stream.personal.unjudged(self.left_out))
        if self._begins:
            learned, is_flooded = self._bounded()
            return Drift(self.stream.drift, learned=tuple(learned), is_flooded=is_flooded)
        appeared, is_flooded = self._bounded()
        is_complete = is_complete and bool(self._seen or self._new)
        return Drift(
            self.stream.drift,
            appeared={name: self._new[name] for name in appeared},
            missing=tuple(sorted(self._expected() - self._seen)) if is_complete else (),
            returned=tuple(sorted(name for name in self._seen if not self.held.get(name, True))),
            is_flooded=is_flooded,
        )

    @property
    def _begins(self) -> bool:
        """Whether nothing is known that this batch could be compared with."""
        is_told = self.stream.personal.known is not None and self.stream.drift == "quarantine"
        return not self.known and not is_told

    def _bounded(self) -> tuple[Sequence[str], bool]:
        """The new names for which there is room, and whether it has run out just now."""
        room = max(0, MOST_NAMES - len(self.held))
        is_flooded = room > 0 and (self._is_flooded or len(self._new) > room)
        return sorted(self._new)[:room], is_flooded

    def _expected(self) -> set[str]:
        """Of what is known, what a record could have, and the last whole read had."""
        personal = self.stream.personal
        gone = {name.casefold() for name in personal.drop | personal.never}
        return {
            name for name in self.known if self.held.get(name, True) and name.casefold() not in gone
        }


def judged(stream: Stream) -> frozenset[str]:
    """The fields that the connector names as about people or not, with their case folded."""
    personal = stream.personal
    names = (personal.known or frozenset()) | personal.hash | personal.drop
    return frozenset(name.casefold().partition(".")[0] for name in names)


def short(name: str) -> str:
    """A name as it is noted. Of two that begin with the same hundred characters one is."""
    return name[:NAME_LENGTH].replace("\x00", "\ufffd")


def _named(fields: Sequence[str]) -> str:
    more = f" and {len(fields) - _MOST_TOLD} more" if len(fields) > _MOST_TOLD else ""
    return ", ".join(field[:60] for field in fields[:_MOST_TOLD]) + more
