"""Which privileges exist for which kind of object: Snowflake's tables under GRANT <privileges>."""

from __future__ import annotations

OWNERSHIP = "OWNERSHIP"

_CREATED_IN_SCHEMAS = (
    "ALERT", "DYNAMIC TABLE", "EVENT TABLE", "EXTERNAL TABLE", "FILE FORMAT", "FUNCTION",
    "ICEBERG TABLE", "MASKING POLICY", "MATERIALIZED VIEW", "NETWORK RULE", "PASSWORD POLICY",
    "PIPE", "PROCEDURE", "ROW ACCESS POLICY", "SECRET", "SEQUENCE", "SESSION POLICY", "STAGE",
    "STREAM", "TABLE", "TAG", "TASK", "TEMPORARY TABLE", "VIEW",
)  # fmt: skip
_CREATED_IN_ACCOUNTS = (
    "DATABASE", "INTEGRATION", "NETWORK POLICY", "ROLE", "SHARE", "USER", "WAREHOUSE",
)  # fmt: skip

PRIVILEGES: dict[str, frozenset[str]] = {
    "ACCOUNT": frozenset({
        *(f"CREATE {kind}" for kind in _CREATED_IN_ACCOUNTS),
        "APPLY MASKING POLICY", "APPLY ROW ACCESS POLICY", "APPLY TAG", "ATTACH POLICY",
        "EXECUTE MANAGED TASK", "EXECUTE TASK", "IMPORT SHARE", "MANAGE GRANTS",
        "MANAGE WAREHOUSES", "MONITOR", "MONITOR EXECUTION", "MONITOR USAGE",
    }),
    "WAREHOUSE": frozenset({"APPLYBUDGET", "MODIFY", "MONITOR", "OPERATE", "USAGE"}),
    "RESOURCE MONITOR": frozenset({"MODIFY", "MONITOR"}),
    "DATABASE": frozenset({
        "APPLYBUDGET", "CREATE DATABASE ROLE", "CREATE SCHEMA", "MODIFY", "MONITOR", "USAGE",
    }),
    "SCHEMA": frozenset({
        *(f"CREATE {kind}" for kind in _CREATED_IN_SCHEMAS),
        "ADD SEARCH OPTIMIZATION", "APPLYBUDGET", "MODIFY", "MONITOR", "USAGE",
    }),
    "TABLE": frozenset({
        "APPLYBUDGET", "DELETE", "EVOLVE SCHEMA", "INSERT", "REFERENCES", "SELECT", "TRUNCATE",
        "UPDATE",
    }),
    "VIEW": frozenset({"REFERENCES", "SELECT"}),
    "STAGE": frozenset({"READ", "USAGE", "WRITE"}),
    "FILE FORMAT": frozenset({"USAGE"}),
    "FUNCTION": frozenset({"USAGE"}),
    "PROCEDURE": frozenset({"USAGE"}),
    "SEQUENCE": frozenset({"USAGE"}),
    "STREAM": frozenset({"SELECT"}),
    "TASK": frozenset({"APPLYBUDGET", "MONITOR", "OPERATE"}),
    "PIPE": frozenset({"APPLYBUDGET", "MONITOR", "OPERATE"}),
    "MASKING POLICY": frozenset({"APPLY"}),
    "ROW ACCESS POLICY": frozenset({"APPLY"}),
    "TAG": frozenset({"APPLY", "READ"}),
    "INTEGRATION": frozenset({"USAGE", "USE_ANY_ROLE"}),
    "USER": frozenset({"MONITOR"}),
    "NETWORK POLICY": frozenset({"USAGE"}),
    "ROLE": frozenset(),
}  # fmt: skip

# A database that came from a share, as SNOWFLAKE does, is granted as a whole.
IMPORTED = "IMPORTED PRIVILEGES"

PLURALS = {
    "SCHEMAS": "SCHEMA", "TABLES": "TABLE", "VIEWS": "VIEW", "STAGES": "STAGE",
    "FILE FORMATS": "FILE FORMAT", "FUNCTIONS": "FUNCTION", "PROCEDURES": "PROCEDURE",
    "SEQUENCES": "SEQUENCE", "STREAMS": "STREAM", "TASKS": "TASK", "PIPES": "PIPE",
    "MASKING POLICIES": "MASKING POLICY", "ROW ACCESS POLICIES": "ROW ACCESS POLICY",
    "TAGS": "TAG",
}  # fmt: skip
NOT_IN_FUTURE = frozenset({"MASKING POLICY", "ROW ACCESS POLICY", "TAG"})

# What each system role may do in a new account. ACCOUNTADMIN owns the account: all of it.
OF_SYSTEM_ROLES = {
    "SECURITYADMIN": ("MANAGE GRANTS", "CREATE NETWORK POLICY", "ATTACH POLICY"),
    "USERADMIN": ("CREATE USER", "CREATE ROLE"),
    "SYSADMIN": ("CREATE DATABASE", "CREATE WAREHOUSE"),
}


def exists_for(privilege: str, kind: str) -> bool:
    return privilege in PRIVILEGES[kind] or (privilege == IMPORTED and kind == "DATABASE")
