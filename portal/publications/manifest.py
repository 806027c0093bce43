"""What a publication says about itself: `manifest.json`, checked before anything is believed."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

# The time of publishing and eight hex digits: sorting by name is sorting by time.
PUBLICATION_ID = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}")

PublicationId = Annotated[str, Field(pattern=rf"^{PUBLICATION_ID.pattern}$")]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
Count = Annotated[int, Field(ge=0)]


def _real_time(publication: str) -> str:
    published_at(publication)
    return publication


class Part(BaseModel):
    """A newer writer may say more than this reader knows; it may not say less."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Column(Part):
    name: Name
    type: str
    description: str = ""


class View(Part):
    file: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}\.parquet$")]
    rows: Count
    bytes: Count
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    description: str = ""
    columns: tuple[Column, ...]


class StreamRead(Part):
    connection: UUID
    stream: str
    read_at: AwareDatetime
    records: Count
    bookmark: str | None = None


class Manifest(Part):
    format: Literal[1]
    publication: Annotated[PublicationId, AfterValidator(_real_time)]
    tenant: UUID
    run: UUID | None = None
    published_at: AwareDatetime
    transforms: str = ""
    landed_through: AwareDatetime | None = None
    streams: tuple[StreamRead, ...] = ()
    views: dict[Name, View]

    def definition(self, *, view: str, column: str) -> str:
        """The one definition of a figure, as its model gives it; empty where it has none."""
        columns = self.views[view].columns if view in self.views else ()
        return next((each.description for each in columns if each.name == column), "")


class Current(Part):
    publication: Annotated[PublicationId, AfterValidator(_real_time)]


def published_at(publication: str) -> datetime:
    """When a publication was made, read from its name.

    :raises ValueError: if that is no publication's name
    """
    if not PUBLICATION_ID.fullmatch(publication):
        raise ValueError("That is not the name of a publication.")
    return datetime.strptime(publication[:16] + "+0000", "%Y%m%dT%H%M%SZ%z")


def is_publication(name: str) -> bool:
    try:
        published_at(name)
    except ValueError:
        return False
    return True
