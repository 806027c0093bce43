"""Taking statements back: one that was refused half-way, or that the engine could not run."""

from __future__ import annotations

from dataclasses import dataclass

from tests.simulators.snowflake.account.errors import Path
from tests.simulators.snowflake.account.model import Grant, Key, PolicyUse, State, Thing


@dataclass
class Change:
    """What one statement added and removed."""

    added: list[Key]
    removed: list[Thing]
    grants: list[Grant]
    uses: list[PolicyUse]
    temporary: list[Path]

    def undo(self, state: State) -> None:
        for key in self.added:
            if key in state.things:
                state.remove(state.things[key])
        for thing in self.removed:
            state.things[thing.key] = thing
        for grant in self.grants:
            state.give(grant)
        state.uses += [use for use in self.uses if use not in state.uses]
        for path in self.temporary:
            state.temporary.pop(path, None)


class Kept:
    """An account as it was before a statement. Objects are kept as they are, not copied:
    statements look before they touch what is in one."""

    def __init__(self, state: State) -> None:
        self._things = dict(state.things)
        self._grants = dict(state.grants)
        self._future = dict(state.future)
        self._members = dict(state.members)
        self._uses = list(state.uses)
        self._temporary = dict(state.temporary)

    def restore(self, state: State) -> None:
        state.things = self._things
        state.grants = self._grants
        state.future = self._future
        state.members = self._members
        state.uses = self._uses
        state.temporary = self._temporary

    def change(self, state: State) -> Change:
        now = state.things
        return Change(
            added=[k for k, thing in now.items() if self._things.get(k) is not thing],
            removed=[t for k, t in self._things.items() if now.get(k) is not t],
            grants=[g for k, g in self._grants.items() if k not in state.grants],
            uses=[use for use in self._uses if use not in state.uses],
            temporary=[path for path in state.temporary if path not in self._temporary],
        )
