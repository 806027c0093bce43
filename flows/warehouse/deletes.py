"""What a whole listing says of the records held, by the same rules on every engine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from flows.connectors.deletes import may_be_marked

# In place of the hash of a content: a record that is gone has none. No hash is written like it.
GONE = "deleted"


@dataclass(frozen=True)
class Sweep:
    """Marks as deleted what a whole listing of a stream does not name.

    :param listed: how many records the listing has
    :param blocked_above: the percentage of the records held that may be gone at once
    :param allowed: so many that are gone were let pass by somebody, and do not count
    :param beginning: what changed before it (UTC) was not listed, and stays as it is
    :param file: Parquet with the `record_key` of all that is listed; without it, the batch is it
    """

    listed: int
    blocked_above: int
    allowed: int = 0
    beginning: datetime | None = None
    file: Path | None = None


@dataclass(frozen=True)
class Swept:
    """Of so many records `held`, so many are `missing` from the listing, and `deleted` are marked:
    all that are missing, or none. `returned` are there again and were brought by no batch."""

    held: int
    missing: int
    deleted: int
    returned: int

    @property
    def is_done(self) -> bool:
        """Whether nothing was held back."""
        return self.deleted == self.missing


def is_plausible(sweep: Sweep, *, held: int, missing: int, rejected: int) -> bool:
    """Whether all that is missing may be marked.

    :param held: records that were there before the batch, and were not gone
    :param rejected: of the batch, which are of the listing only if it is the listing
    """
    return may_be_marked(
        held=held,
        missing=missing,
        listed=sweep.listed,
        blocked_above=sweep.blocked_above,
        allowed=sweep.allowed,
        rejected=0 if sweep.file else rejected,
    )


def needs_asking(sweep: Sweep | None, *, records: int) -> bool:
    """Whether only the warehouse can tell what a batch brings, though it be the same as the last.

    :param records: of the batch
    """
    return sweep is not None and (sweep.file is not None or not records)
