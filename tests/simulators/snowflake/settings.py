"""Statements about the session and the account that touch no data."""

from __future__ import annotations

import re

from tests.simulators.snowflake.logins import Logins
from tests.simulators.snowflake.results import Result, listed, said
from tests.simulators.snowflake.session import Session

_ALTER_SESSION = re.compile(r"(?is)^alter\s+session\s+(set|unset)\s+(.*?);?$")
_ASSIGNED = re.compile(r"(?is)(\w+)\s*=\s*('(?:[^'\\]|''|\\.)*'|[^\s,']+)")
_USE = re.compile(r'(?is)^use\s+(role|warehouse|secondary\s+roles)\s+("[^"]+"|[\w$]+)\s*;?$')
_SHOW_PARAMETERS = re.compile(
    r"(?is)^show\s+parameters(?:\s+like\s+'([^']*)')?(?:\s+(?:in|for)\s+.*)?;?$"
)
_DESCRIBE_USER = re.compile(r'(?is)^desc(?:ribe)?\s+user\s+"?(\w+)"?\s*;?$')
_SHOW_NOTHING = re.compile(
    r"(?is)^show\s+(terse\s+)?(grants|future\s+grants|roles|resource\s+monitors|network\s+(policies|rules)"
    r"|(row\s+access|masking)\s+policies|integrations|storage\s+integrations)\b"
)
# Without the account model these succeed and do nothing; the ledger has their text.
_ACCOUNT_STATEMENTS = [
    r"(create|alter|drop)\s+(or\s+(replace|alter)\s+)?(if\s+(not\s+)?exists\s+)?(warehouse|role|database\s+role|user|"
    r"resource\s+monitor|row\s+access\s+policy|masking\s+policy|network\s+(policy|rule)|"
    r"storage\s+integration|session\s+policy|password\s+policy|authentication\s+policy|tag)\b",
    r"(grant|revoke)\s",
    r"alter\s+(account|database|schema)\b",
    r"alter\s+(table|view)\s+.*\b(row\s+access|masking)\s+policy\b",
    r"alter\s+(table|view)\s+(if\s+exists\s+)?\S+\s+(set|unset)\s+(data_retention|max_data|change_tracking|tag|"
    r"default_ddl|enable_schema|comment|secure)",
    r"alter\s+table\s+(if\s+exists\s+)?\S+\s+(add|drop|alter|modify)\s+(constraint|primary\s+key|unique|foreign\s+key)\b",
    r"comment\s+(if\s+exists\s+)?on\s+(?!table|view)",
]
_NOTHING_TO_DO = re.compile(f"(?is)^({'|'.join(_ACCOUNT_STATEMENTS)})")


def answer_setting(session: Session, sql: str, logins: Logins) -> Result | None:
    """The result of a session's or an account's statement; None for anything else."""
    if found := _ALTER_SESSION.match(sql):
        return _alter_session(session, found)
    if found := _USE.match(sql):
        return _use(session, found)
    if found := _SHOW_PARAMETERS.match(sql):
        return _parameters(session, found[1])
    if found := _DESCRIBE_USER.match(sql):
        return _user(found[1], logins)
    if _SHOW_NOTHING.match(sql):
        return listed(["created_on", "name"], [])
    if _NOTHING_TO_DO.match(sql):
        logins.observe(sql)
        return said()
    return None


def set_parameter(session: Session, name: str, value: object) -> None:
    name = name.upper()
    session.parameters[name] = value
    if name == "AUTOCOMMIT":
        session.autocommit = str(value).lower() == "true"
    if name == "TIMEZONE":
        zone = str(value).replace("'", "''")
        session.connection._duck_conn.execute(f"SET TimeZone = '{zone}'")


def _alter_session(session: Session, found: re.Match[str]) -> Result:
    if found[1].lower() == "unset":
        for name in re.split(r"\s*,\s*", found[2].strip()):
            session.parameters.pop(name.upper(), None)
        return said()
    for name, value in _ASSIGNED.findall(found[2]):
        set_parameter(session, name, _unquoted(value))
    return said()


def _use(session: Session, found: re.Match[str]) -> Result:
    name = found[2].strip('"') if found[2].startswith('"') else found[2].upper()
    kind = found[1].lower()
    if kind == "role":
        session.role = name
    elif kind == "warehouse":
        session.warehouse = name
    return said()


def _parameters(session: Session, pattern: str | None) -> Result:
    known: dict[str, object] = {"QUERY_TAG": "", "TIMEZONE": "Etc/UTC", "AUTOCOMMIT": "true"}
    known |= session.parameters
    like = re.escape(pattern or "%").replace("%", ".*").replace("_", ".")
    rows = [
        [name, str(value), "", "SESSION" if name in session.parameters else "", "", "STRING"]
        for name, value in sorted(known.items())
        if re.fullmatch(like, name, re.IGNORECASE)
    ]
    return listed(["key", "value", "default", "level", "description", "type"], rows)


def _user(name: str, logins: Logins) -> Result:
    rows = [["NAME", name.upper()], *map(list, logins.fingerprints(name).items())]
    return listed(["property", "value"], rows)


def _unquoted(text: str) -> str:
    if not text.startswith("'"):
        return text
    return re.sub(r"\\(.)", r"\1", text[1:-1].replace("''", "'"))
