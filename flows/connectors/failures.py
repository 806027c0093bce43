"""What an answer that is no data means: try again, wait, or stop, and what a tenant reads then.

Rules for answers come first, in their order and on any status; then the sentence for the status,
the connector's own or else the usual one; then what such a status means everywhere. There is no way
to ignore a failure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Annotated, Any, Literal

import msgspec
from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_core import SchemaError, SchemaValidator
from pydantic_core.core_schema import str_schema

from flows.connectors.grammar import GrammarModel, JsonPath, placeholders
from flows.connectors.json_path import raw_at

Then = Literal["retry", "wait", "stop-stream", "stop-run"]
_STOPS = ("stop-stream", "stop-run")
_LONGEST = 1000


def is_passing(status: int) -> bool:
    """Whether such an answer may be another one soon."""
    return status in (408, 429) or status >= 500


def _sentence(say: str) -> str:
    if not say or set(placeholders(say)) - {"stream"}:
        raise ValueError("It needs a sentence; only {stream} can be filled in")
    return say


class Failure(GrammarModel):
    """What to do and what a tenant reads. Left out, 401 stops the run, any other its stream."""

    then: Then | None = None
    say: Annotated[str, AfterValidator(_sentence)]


def _spelled_out(value: object) -> object:
    return {"say": value} if isinstance(value, str) else value


def _of_failures(failures: dict[int, Failure]) -> dict[int, Failure]:
    for status, failure in failures.items():
        if not 400 <= status <= 599 or (is_passing(status) and failure.then is None):
            raise ValueError(
                f"{status} is not final: it is tried again. Write {{then: …, say: …}} if this "
                "source means something else by it"
                if 400 <= status <= 599
                else f"{status} is not final: it is no failure. Write a rule under answers"
            )
    return failures


Failures = Annotated[
    dict[int, Annotated[Failure, BeforeValidator(_spelled_out)]], AfterValidator(_of_failures)
]


def usual_failures(
    *, source: str, keys: Mapping[str, str], address: Sequence[str]
) -> dict[int, Failure]:
    """What a tenant reads where a connector has no sentence of its own.

    :param source: the connector's title
    :param keys: of the credentials that log in: where each is found, by its title
    :param address: of those that are part of the address
    """
    missing = f"Check {_and(address)}, then test" if address else "Test"
    said = {
        400: f"{source} does not understand the request for {{stream}}. Test the connection again;"
        " if it says the same, tell the operator of this platform.",
        401: _rejected(source, keys),
        403: f"{source} does not let this connection read {{stream}}. Allow it there, then test the"
        " connection again.",
        404: f"{source} does not offer {{stream}} to this connection. {missing} the connection"
        " again to see what can be read, and leave the rest out.",
    }
    # As they are: a title may have braces, in which nothing is to be filled in.
    return {status: Failure.model_construct(say=sentence) for status, sentence in said.items()}


def _rejected(source: str, keys: Mapping[str, str]) -> str:
    titles, where = [*keys], " ".join(keys.values())
    match titles:
        case []:
            return f"{source} asks for a login, and this connector has none. Tell its developers."
        case [title] if where and not placeholders(where):
            return f"{source} rejected what was entered as {title}. Enter a valid one: {where}"
    valid, them = ("a valid one", "it") if len(titles) == 1 else ("valid ones", "them")
    return (
        f"{source} rejected what was entered as {_and(titles)}. Get {valid} there, and enter {them}"
        " in the connection."
    )


def _and(titles: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(titles[:-1]), titles[-1]]))


class AnswerRule(GrammarModel):
    """Looks at status and body. Without `is` and `matches`, what is `at` has to say something.

    Something is anything but null, false, zero, and an empty text, list or object.
    """

    status: Annotated[
        tuple[Annotated[int, Field(ge=200, le=599)], ...],
        BeforeValidator(lambda value: [value] if isinstance(value, int) else value),
    ] = ()
    at: JsonPath | None = None
    is_: str | int | float | bool | None = Field(default=None, alias="is")
    matches: str | None = None
    then: Then
    say: Annotated[str, AfterValidator(_sentence)] | None = None

    @model_validator(mode="after")
    def _says_enough(self) -> AnswerRule:
        if not self.status and self.at is None:
            raise ValueError("Write which answers are meant: a status, or what is at a path")
        has_is = "is_" in self.model_fields_set
        if (has_is or self.matches is not None) and self.at is None:
            raise ValueError("Write the path of what is compared: at")
        if has_is and self.matches is not None:
            raise ValueError("Write either is or matches")
        if self.then in _STOPS and self.say is None:
            raise ValueError(f"{self.then} needs a sentence: say")
        try:
            re.compile(self.matches or "")
            _pattern(self.matches or "")
        except re.error as error:
            raise ValueError(f"matches: Not a regular expression: {error}") from None
        except SchemaError:
            raise ValueError(
                "matches: Write a simpler regular expression, without look-arounds, references and "
                "large repetitions"
            ) from None
        return self

    def fits(self, status: int, body: bytes) -> bool:
        if self.status and status not in self.status:
            return False
        if self.at is None:
            return True
        try:
            found = raw_at(body, self.at)
            value: Any = msgspec.UNSET if found is None else msgspec.json.decode(found)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return False
        if value is msgspec.UNSET:
            return False
        if "is_" in self.model_fields_set:
            return _text(value) == _text(self.is_)
        if self.matches is not None:
            said = _text(value)
            return said is not None and _pattern(self.matches).isinstance_python(said[:_LONGEST])
        return bool(value)


AnswerRules = tuple[AnswerRule, ...]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """`own` is the connector's sentence, with {stream} still in it; `reason` is ours.

    `is_ruled` if a rule for answers said so, and not just the status.
    """

    then: Then
    reason: str
    own: str | None = None
    is_ruled: bool = False

    def told(self, title: str) -> str:
        """What a tenant reads of a stream of this title."""
        return (self.own or f"{{stream}}: {self.reason}").replace("{stream}", title)

    def why(self, title: str) -> str:
        """Why it is tried again: the same without title and stop, which whoever gives up adds."""
        return (self.own or self.reason).replace("{stream}", title).removesuffix(".")

    def of_stream(self) -> Verdict:
        """The same, of a host that says nothing about other streams."""
        return replace(self, then="stop-stream") if self.then == "stop-run" else self


def verdict(
    status: int,
    body: bytes,
    *,
    failures: Mapping[int, Failure],
    answers: AnswerRules,
    answered: frozenset[int],
) -> Verdict | None:
    """What a reply means; None if it is an answer that can be read.

    :param answered: the statuses that count as an answer to this question
    """
    usual = _usual(status, answered)
    for rule in answers:
        if rule.fits(status, body):
            reason = usual.reason if usual else "The source answered with a failure"
            return Verdict(then=rule.then, reason=reason, own=rule.say, is_ruled=True)
    if usual is None:
        return None
    failure = failures.get(status)
    if failure is None:
        return usual
    return Verdict(then=failure.then or usual.then, reason=usual.reason, own=failure.say)


def _usual(status: int, answered: frozenset[int]) -> Verdict | None:
    if status in answered:
        return None
    if status == 429:
        return Verdict(then="wait", reason="The source asked us to slow down")
    said = f"The source answered with status {status}"
    if is_passing(status):
        return Verdict(then="wait" if status == 503 else "retry", reason=said)
    if 300 <= status < 400:
        return Verdict(
            then="stop-stream",
            reason="The source points to another address, which is not followed. "
            "Check the address.",
        )
    stops_run = status == 401
    return Verdict(
        then="stop-run" if stops_run else "stop-stream",
        reason=f"{said}. Ask its support what that means.",
    )


@lru_cache(maxsize=256)
def _pattern(text: str) -> SchemaValidator:
    """Of the texts that hold the pattern, found in time that grows with their length alone.

    Python's own engine never ends for some patterns and texts, and nothing can stop it meanwhile.
    """
    return SchemaValidator(str_schema(pattern=text, regex_engine="rust-regex", strict=True))


def _text(value: Any) -> str | None:
    """A scalar as JSON has it, so that `true` in YAML is `true` in an answer; None for the rest."""
    match value:
        case str():
            return value
        case bool() | None:
            return msgspec.json.encode(value).decode()
        case int() | float():
            return f"{value:g}" if isinstance(value, float) else str(value)
        case _:
            return None
