"""The columns of CREATE TABLE and VIEW, with the policies that are set on them there."""

from __future__ import annotations

from tests.simulators.snowflake.account.attachments import Wanted
from tests.simulators.snowflake.account.call import Call
from tests.simulators.snowflake.account.words import Words

MASKING, ROW_ACCESS = "MASKING POLICY", "ROW ACCESS POLICY"
_CONSTRAINTS = ("CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN")


def read_columns(call: Call) -> tuple[list[list[str]], list[Wanted]]:
    """``(name type …)``: pairs of name and type, and the masking policies wanted."""
    words = call.words
    columns: list[list[str]] = []
    wanted: list[Wanted] = []
    words.need("(")
    while not words.take(")"):
        if any(words.at(word) for word in _CONSTRAINTS):
            _rest_of_column(words)
        else:
            name = words.name()
            type_, masks = _column(call, name)
            columns.append([name, type_])
            wanted += masks
        words.take(",")
    return columns, wanted


def _column(call: Call, name: str) -> tuple[str, list[Wanted]]:
    words = call.words
    start = words.token.start
    end = start
    if words.token.kind == "word" and not (words.at("WITH") or words.at("MASKING")):
        end = words.skip().end
        if words.at("("):
            end = _brackets(words)
    masks = []
    while not (words.at(",") or words.at(")")):
        if found := read_policy(call, column=name):
            masks.append(found)
        elif words.at("("):
            _brackets(words)
        else:
            words.skip()
    return words.sql[start:end].upper(), masks


def _rest_of_column(words: Words) -> None:
    while not (words.at(",") or words.at(")")):
        if words.at("("):
            _brackets(words)
        else:
            words.skip()


def _brackets(words: Words) -> int:
    depth = 0
    while True:
        token = words.skip()
        depth += {"(": 1, ")": -1}.get(token.text, 0) if token.kind == "sign" else 0
        if not depth:
            return token.end


def read_policy(call: Call, column: str = "") -> Wanted | None:
    """``[WITH] ROW ACCESS POLICY p ON (…)`` or ``[WITH] MASKING POLICY p [USING (…)]``, if next."""
    words = call.words
    for kind in (ROW_ACCESS, MASKING):
        if not (words.take("WITH", *kind.split()) or words.take(*kind.split())):
            continue
        policy = call.full(kind, words.path())
        if kind == ROW_ACCESS:
            words.need("ON")
            return Wanted(kind, policy, "", tuple(words.names()))
        names = tuple(words.names()) if words.take("USING") else (column,)
        return Wanted(kind, policy, column, names)
    return None
