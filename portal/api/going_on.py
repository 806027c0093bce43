"""What is beside the point of a request must not keep it from being done."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

log = logging.getLogger(__name__)


@contextmanager
def going_on(without: str) -> Iterator[None]:
    """Log whatever goes wrong inside, and go on.

    :param without: what does not happen then, as a sentence
    """
    try:
        yield
    except Exception:  # whatever it is, what was asked for matters more
        log.exception("%s. Please report this.", without)
