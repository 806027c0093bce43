"""What a check found, in words for whoever writes the connector."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from flows.connectors.kit.bench import Bench


class Outcome(StrEnum):
    PASSED = "PASSED"
    FAILED = "FAILED"
    NOT_APPLICABLE = "NOT APPLICABLE"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """`sentence` says what is wrong and what to do; or why there was nothing to check."""

    check: str
    stream: str | None
    outcome: Outcome
    sentence: str = ""


class NotApplicable(Exception):
    """There is nothing to check here; the text says why."""


@dataclass(frozen=True, kw_only=True)
class Check:
    """One promise. `look` yields a sentence for each way in which it is broken.

    :param of_streams: whether it is asked of every stream; of the connector as a whole otherwise,
        with an empty text for the stream
    """

    name: str
    look: Callable[[Bench, str], Iterator[str]]
    of_streams: bool = True

    def found(self, bench: Bench, stream: str = "") -> Finding:
        try:
            problems = list(dict.fromkeys(self.look(bench, stream)))
        except NotApplicable as reason:
            return Finding(
                check=self.name,
                stream=stream or None,
                outcome=Outcome.NOT_APPLICABLE,
                sentence=str(reason),
            )
        return Finding(
            check=self.name,
            stream=stream or None,
            outcome=Outcome.FAILED if problems else Outcome.PASSED,
            sentence=" ".join(problems),
        )
