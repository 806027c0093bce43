"""What a Snowflake account answers when it refuses, with its numbers and SQL states."""

from __future__ import annotations

Path = tuple[str, ...]

# These answer "Object '…'" when they are missing; every other kind is named.
_OBJECTS = frozenset({"TABLE", "VIEW"})
# Snowflake documents that it refuses, but not with which number.
UNDOCUMENTED = 2


class AccountError(Exception):
    """A refusal: what the connector raises as a ProgrammingError with this number and state."""

    def __init__(self, errno: int, sqlstate: str, message: str) -> None:
        super().__init__(f"{errno:06d} ({sqlstate}): {message}")
        self.errno = errno
        self.sqlstate = sqlstate
        self.message = message

    def __reduce__(self) -> tuple[type[AccountError], tuple[int, str, str]]:
        return AccountError, (self.errno, self.sqlstate, self.message)


def dotted(path: Path) -> str:
    return ".".join(path)


def syntax(sql: str, position: int, unexpected: str) -> AccountError:
    before = sql[:position].split("\n")
    where = f"syntax error line {len(before)} at position {len(before[-1])}"
    return compilation(1003, "42000", f"{where} unexpected '{unexpected}'.")


def compilation(errno: int, sqlstate: str, message: str) -> AccountError:
    return AccountError(errno, sqlstate, f"SQL compilation error:\n{message}")


def refused(message: str) -> AccountError:
    """A documented refusal whose number the documentation does not give."""
    return compilation(UNDOCUMENTED, "42601", message)


def missing(kind: str, path: Path) -> AccountError:
    named = "Object" if kind in _OBJECTS else kind.capitalize()
    text = f"{named} '{dotted(path)}' does not exist or not authorized."
    return compilation(2003, "02000", text)


def unusable() -> AccountError:
    """USE of something that is not there, or not for this role."""
    text = "Object does not exist, or operation cannot be performed."
    return compilation(2043, "02000", text)


def exists(path: Path) -> AccountError:
    return compilation(2002, "42710", f"Object '{dotted(path)}' already exists.")


def denied(kind: str, path: Path) -> AccountError:
    text = f"Insufficient privileges to operate on {kind.lower()} '{dotted(path[-1:])}'"
    return AccountError(3001, "42501", f"SQL access control error:\n{text}")


def bad_value(option: str, value: object) -> AccountError:
    return compilation(1008, "22023", f"invalid value [{value}] for parameter '{option}'")


def bad_property(option: str, kind: str) -> AccountError:
    return compilation(1006, "22023", f"invalid property '{option}' for '{kind}'")
