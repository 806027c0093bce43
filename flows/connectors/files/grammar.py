"""The grammar of a source that is a place with files: where it is, and what opens it.

Pure data: the portal draws its form from it without a bucket or a server in sight.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydantic import Field

from flows.connectors.grammar import GrammarModel

_LONGEST = 200
_SEGMENT = re.compile(r"[^/\\\x00-\x1f\x7f{}]+")


class FilesPlace(GrammarModel):
    """Names of credentials. `from` holds the place itself; which others count depends on its kind.

    A folder is opened by the `word` in its key file, a bucket by `key_id`, `secret` and `region`,
    a server by `user`, `host_key` and either `password` or `private_key`. `encoding` and `decimal`
    say how a connection's files are written, where a stream does not.
    """

    location: str = Field(alias="from", min_length=1)
    word: str | None = None
    key_id: str | None = None
    secret: str | None = None
    region: str | None = None
    user: str | None = None
    password: str | None = None
    private_key: str | None = None
    host_key: str | None = None
    encoding: str | None = None
    decimal: str | None = None

    def fields(self) -> Iterator[str]:
        """Names of the credentials it is made of."""
        for name in type(self).model_fields:
            field = getattr(self, name)
            if field is not None:
                yield field


def check_pattern(pattern: str) -> str:
    """A pattern of paths below the place, like `sales/*.csv`.

    :raises ValueError: if it could lead elsewhere
    """
    segments = pattern.split("/")
    if len(pattern) > _LONGEST or any(
        not _SEGMENT.fullmatch(segment) or segment in (".", "..") or segment != segment.strip()
        for segment in segments
    ):
        raise ValueError("Write a pattern of files below the place, like sales/*.csv")
    if "**" in pattern:
        raise ValueError("A star stands for a part of one name: write each folder, like */*.csv")
    return pattern


class FilesClient(GrammarModel):
    """The `client:` of a source that is a place with files, where others have an address."""

    files: FilesPlace
    probe: str

    def fields(self) -> Iterator[str]:
        """Names of the credentials it is made of."""
        return self.files.fields()
