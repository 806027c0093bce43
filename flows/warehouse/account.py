"""The account of a batch, by the same rules on every engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from datetime import datetime
from typing import Any

from flows.connectors.bookmarks import Bookmark, from_text
from flows.warehouse.deletes import Swept
from flows.warehouse.moments import utc
from flows.warehouse.warehouse import Batch, Landed, Unaccounted


def account_of(
    batch: Batch,
    counts: Sequence[Any],
    *,
    newest: datetime | None,
    before: Bookmark,
    swept: Swept | None = None,
) -> Landed:
    """
    :param counts: new, changed, unchanged, rejected, as the engine found them
    :param newest: the latest change in the batch, UTC without saying so
    :param before: the bookmark so far; it never falls
    :raises Unaccounted: if they are not all that was read
    """
    new, changed, unchanged, rejected = map(int, counts)
    if new + changed + unchanged + rejected != batch.records:
        raise Unaccounted(
            f"{batch.records} records of {batch.stream} were read, and"
            f" {new + changed + unchanged + rejected} reached the warehouse. None has landed."
        )
    return Landed(
        extracted=batch.records,
        new=new,
        changed=changed,
        unchanged=unchanged,
        rejected=rejected,
        bookmark=before.followed_by(replace(batch.noted, moment=utc(newest))),
        swept=swept,
    )


def account_again(rows: Sequence[Sequence[Any]]) -> Landed | None:
    """The account of a batch that has landed already, from its line in the ledger."""
    if not rows:
        return None
    *counts, bookmark, held, missing, deleted, returned = rows[0]
    extracted, new, changed, unchanged, rejected = map(int, counts)
    return Landed(
        extracted=extracted,
        new=new,
        changed=changed,
        unchanged=unchanged,
        rejected=rejected,
        bookmark=from_text(bookmark),
        swept=None if held is None else Swept(int(held), int(missing), int(deleted), int(returned)),
    )


def sweep_values(swept: Swept | None) -> dict[str, int | None]:
    """What the ledger has of a sweep; nothing if there was none."""
    return asdict(swept) if swept else dict.fromkeys(names_of_sweep())


def names_of_sweep() -> list[str]:
    return [each.name for each in fields(Swept)]
