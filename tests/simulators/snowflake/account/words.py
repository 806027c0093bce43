"""Snowflake's statements as words: enough of its lexis to read what sqlglot cannot."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import NamedTuple

from tests.simulators.snowflake.account.errors import AccountError, Path, syntax

_TOKEN = re.compile(
    r"""
    (?P<space>\s+ | --[^\n]* | //[^\n]* | /\*.*?\*/)
  | (?P<text>'(?:[^'\\]|''|\\.)*' | \$\$.*?\$\$)
  | (?P<quoted>"(?:[^"]|"")*")
  | (?P<number>\d+(?:\.\d+)?)
  | (?P<word>[A-Za-z_][A-Za-z0-9_$]*)
  | (?P<sign>=>|->|::|<=|>=|<>|!=|\|\||.)
    """,
    re.VERBOSE | re.DOTALL,
)

Value = str | int | float | bool | list[str] | None


class Token(NamedTuple):
    kind: str  # text, quoted, number, word, sign, end
    text: str  # a word in upper case, a text without its quotes
    start: int
    end: int


class Words:
    """A cursor over one statement.

    :raises AccountError: 001003, where the next word is none that fits
    """

    def __init__(self, sql: str) -> None:
        self.sql = sql
        # Read as they are asked for: most statements of the engine are long and end here early.
        self._ahead = _tokens(sql)
        self._tokens: list[Token] = []
        self._next = 0

    @property
    def token(self) -> Token:
        return self._look(1)[0]

    def _look(self, count: int) -> list[Token]:
        lacking = self._next + count - len(self._tokens)
        if lacking > 0:
            self._tokens += itertools.islice(self._ahead, lacking)
        return self._tokens[self._next : self._next + count]

    @property
    def rest(self) -> str:
        """What is not read yet, as it was written."""
        return self.sql[self.token.start :].rstrip().removesuffix(";").rstrip()

    @property
    def done(self) -> bool:
        return self.token.kind == "end"

    def unexpected(self) -> AccountError:
        return syntax(self.sql, self.token.start, self.token.text or "<EOF>")

    def at(self, *words: str) -> bool:
        ahead = self._look(len(words))
        return [(t.kind in ("word", "sign"), t.text) for t in ahead] == [(True, w) for w in words]

    def take(self, *words: str) -> bool:
        if not self.at(*words):
            return False
        self._next += len(words)
        return True

    def need(self, *words: str) -> None:
        for word in words:
            if not self.take(word):
                raise self.unexpected()

    def one_of(self, *words: str) -> str:
        """The word of these that comes next; several words count as one."""
        for word in words:
            if self.take(*word.split()):
                return word
        raise self.unexpected()

    def any_word(self) -> str:
        if self.token.kind != "word":
            raise self.unexpected()
        return self._step().text

    def finish(self) -> None:
        self.take(";")
        if not self.done:
            raise self.unexpected()

    def name(self) -> str:
        """One identifier: upper-cased unless quoted."""
        if self.token.kind not in ("word", "quoted"):
            raise self.unexpected()
        return self._step().text

    def path(self) -> Path:
        if self.take("IDENTIFIER", "("):
            inner = Words(self.text())
            self.need(")")
            return inner.path()
        parts = [self.name()]
        while self.take("."):
            parts.append(self.name())
        return tuple(parts)

    def names(self) -> list[str]:
        """``(A, B)``"""
        self.need("(")
        found = [self.name()]
        while self.take(","):
            found.append(self.name())
        self.need(")")
        return found

    def text(self) -> str:
        if self.token.kind != "text":
            raise self.unexpected()
        return self._step().text

    def number(self) -> int | float:
        if self.token.kind != "number":
            raise self.unexpected()
        text = self._step().text
        return float(text) if "." in text else int(text)

    def value(self) -> Value:
        """What stands right of an equals sign: a text, a number, a word, or a list of them."""
        if self.take("("):
            return self._list()
        if self.token.kind == "number":
            return self.number()
        if self.token.kind == "text":
            return self.text()
        if self.take("TRUE"):
            return True
        if self.take("FALSE"):
            return False
        if self.take("NULL"):
            return None
        return ".".join(self.path())

    def skip(self) -> Token:
        if self.done:
            raise self.unexpected()
        return self._step()

    def _list(self) -> list[str]:
        found: list[str] = []
        while not self.take(")"):
            found.append(str(self.value()))
            if not self.at(")"):
                self.need(",")
        return found

    def _step(self) -> Token:
        token = self.token
        self._next += 1
        return token


def _tokens(sql: str) -> Iterator[Token]:
    for match in _TOKEN.finditer(sql):
        kind = str(match.lastgroup)
        if kind != "space":
            yield Token(kind, _plain(kind, match.group()), match.start(), match.end())
    # Whoever looks further than the end sees the end.
    yield from itertools.repeat(Token("end", "", len(sql), len(sql)))


def _plain(kind: str, written: str) -> str:
    if kind == "word":
        return written.upper()
    if kind == "quoted":
        return written[1:-1].replace('""', '"')
    if kind == "text":
        if written.startswith("$$"):
            return written[2:-2]
        return re.sub(r"''|\\(.)", lambda found: found[1] or "'", written[1:-1])
    return written
