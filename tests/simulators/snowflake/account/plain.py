"""CREATE statements without what only the account understands, for an engine without policies."""

from __future__ import annotations

from tests.simulators.snowflake.account.words import Words

_CLAUSES = (
    "ROW ACCESS POLICY", "MASKING POLICY", "TAG", "MANAGED ACCESS", "COPY GRANTS",
)  # fmt: skip


def plain(sql: str) -> str:
    """Without ``WITH ROW ACCESS POLICY … ON (…)``, masks, tags, managed access and COPY GRANTS."""
    words = Words(sql)
    if not words.take("CREATE"):
        return sql
    kept, since = "", 0
    while not (words.done or words.at("AS")):
        start = words.token.start
        if _clause(words):
            kept += sql[since:start]
            since = words.token.start
        elif not words.done:
            words.skip()
    return kept + sql[since:]


def _clause(words: Words) -> bool:
    for clause in _CLAUSES:
        parts = clause.split()
        # A kind of object comes first in its own CREATE: there it is no clause.
        if not words.take("WITH", *parts) and (parts[0] == "TAG" or not words.take(*parts)):
            continue
        if "POLICY" in parts:
            words.path()
        if words.take("ON") or words.take("USING") or parts[0] == "TAG":
            _brackets(words)
        return True
    return False


def _brackets(words: Words) -> None:
    words.need("(")
    depth = 1
    while depth:
        token = words.skip()
        depth += {"(": 1, ")": -1}.get(token.text, 0) if token.kind == "sign" else 0
