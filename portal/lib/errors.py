"""The one shared exception: what was asked for is not possible, and the caller can change that."""

from __future__ import annotations


class Refused(Exception):
    """The request cannot be carried out as it stands.

    `message` is one sentence that says what to do. `field` names the input it is about, if one is.
    """

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
